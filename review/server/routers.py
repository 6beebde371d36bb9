"""How the routes of all rooms come into one app: each router's own, analysed once.

FastAPI's `include_router` keeps a router apart and analyses its routes a second time when the first request comes by.
"""

from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute


def _operation_id(route: APIRoute) -> str:
    """The name of the function that answers: what generated clients call it by."""
    return route.name


new_router = partial(APIRouter, generate_unique_id_function=_operation_id)


def add_router(app: FastAPI, router: APIRouter) -> None:
    """Adds the router's routes behind those that the app has; the first that fits a request answers it."""
    app.router.routes.extend(router.routes)

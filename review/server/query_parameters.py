"""The query of a request, held against what its route says that it takes: a parameter that is none is never ignored."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from review.errors import ReviewError

_SHOWN = 100


class QueryRefused(ReviewError):
    """A query parameter that the route does not have, or one that came twice; the caller can act."""

    def __init__(self, name: str, why: str, *, code: str) -> None:
        super().__init__(f"query.{name}: {why}")
        self.name = name
        self.code = code


def check_query(request: Request) -> None:
    """Returns if every parameter of the query is one of the route's, and comes as often as it may; QueryRefused."""
    query = request.query_params
    if not query:
        return
    allowed = _allowed(request.app, request.scope["route"], request.method.lower())
    if allowed is None:
        return
    for name in query:
        if name not in allowed:
            known = f"those of this route are {', '.join(sorted(allowed))}" if allowed else "this route has none"
            raise QueryRefused(name[:_SHOWN], f"no such parameter; {known}", code="unknown_parameter")
        if not allowed[name] and len(query.getlist(name)) > 1:
            raise QueryRefused(name, "came more than once; give it once", code="repeated_parameter")


def _allowed(app: FastAPI, route: APIRoute, method: str) -> Mapping[str, bool] | None:
    """The query parameters of the described operation, and whether one may be repeated; None: it is not described."""
    known: dict[tuple[str, str], Mapping[str, bool] | None] = app.state.query_parameters
    key = (route.path_format, method)
    if key not in known:
        known[key] = _described(route, method)
    return known[key]


def _described(route: APIRoute, method: str) -> Mapping[str, bool] | None:
    # The document of this route alone: that of all takes long to write.
    paths = get_openapi(title="", version="", routes=[route]).get("paths", {})
    operation = paths.get(route.path_format, {}).get(method)
    if operation is None:
        return None
    found = (one for one in operation.get("parameters", ()) if one["in"] == "query")
    return {one["name"]: _is_list(one["schema"]) for one in found}


def _is_list(schema: Mapping[str, Any]) -> bool:
    return any(one.get("type") == "array" for one in (schema, *schema.get("anyOf", ())))

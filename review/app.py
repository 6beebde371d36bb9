"""The server of the review side: pages for people, JSON for programs, clips for both."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from review.api import api_router
from review.assets import STATIC_DIR
from review.desk import Desk
from review.headers import SecurityHeaders
from review.problems import Problem, install_problem_handlers
from review.routes import pages_router
from review.store import Store

API_VERSION = "1.0"


def create_app(store: Store, data_dir: Path, *, class_names: Mapping[str, tuple[str, str]] | None = None) -> FastAPI:
    """An app over this store; `data_dir` is what clip paths are relative to.

    `class_names` gives each class of the taxonomy its Chinese and English name; a class without one shows its id.
    """
    app = FastAPI(title="Zhenyan", version=API_VERSION, docs_url=None, redoc_url=None)
    app.add_middleware(SecurityHeaders)
    install_problem_handlers(app)
    app.include_router(api_router(store, data_dir))
    app.include_router(pages_router(Desk(store, class_names or {}), store))
    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        app.openapi_schema = schema
    return app.openapi_schema

"""Apps whose routes are analysed once answer each by what stands in it."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.testclient import TestClient


def _app(name: str) -> FastAPI:
    """An app whose route answers with the name, and whose dependency is a function of its own."""
    app, router = FastAPI(), APIRouter()

    def mine(twice: bool = False) -> str:
        return name * 2 if twice else name

    @router.get("/name")
    def named(own: Annotated[str, Depends(mine)], times: Annotated[int, Query(ge=1)] = 1) -> list[str]:
        return [name, own * times]

    @router.get("/plain")
    def plain(times: int) -> str:
        return name * times

    app.router.routes.extend(router.routes)
    return app


def test_each_app_answers_by_its_own_functions_and_dependencies() -> None:
    one, other = (TestClient(_app(name)) for name in ("a", "b"))
    assert one.get("/name?twice=true&times=2").json() == ["a", "aaaa"]
    assert other.get("/name?times=3").json() == ["b", "bbb"]
    assert one.get("/name").json() == ["a", "a"]
    assert [client.get("/plain?times=2").json() for client in (one, other)] == ["aa", "bb"]


def test_what_a_function_asks_is_refused_where_it_is_missing_in_each() -> None:
    for name in ("a", "b"):
        assert TestClient(_app(name)).get("/plain").status_code == 422

"""Query parameters that a route does not have, on every route that programs use."""

import json
from functools import cache
from typing import Any

import httpx
import pytest

from review.server.openapi import described
from tests.review.server.api.conftest import As, Key, problem

FILLED = {"reanalysis_id": "0", "stream_id": "s", "sequence": "1", "finding_id": "f", "batch_id": "0"}


@cache
def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Those that programs use, but for what is not there without what texts are checked by; its guard is the same."""
    return [
        (method.upper(), path, operation)
        for path, methods in described()["paths"].items()
        for method, operation in methods.items()
        if path.startswith(("/v1/", "/clips/")) and not path.startswith("/v1/check")
    ]


def filled(path: str) -> str:
    for part in path.split("{")[1:]:
        name = part.partition("}")[0]
        path = path.replace(f"{{{name}}}", FILLED.get(name.partition(":")[0], "x"))
    return path


def test_no_route_ignores_a_parameter_that_it_does_not_have(as_key: As, key: Key) -> None:
    asking = as_key(key())
    for method, path, operation in operations():
        answer = asking.request(method, filled(path), params={"Limit": "1", "limitt": "1"})
        said = problem(answer, 422)
        assert answer.json()["code"] == "unknown_parameter", path
        assert said.startswith("query.Limit: no such parameter; ")
        names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        assert all(name in said for name in names)
        assert names or said.endswith("this route has none")
        several = {one["name"] for one in operation.get("parameters", ()) if '"array"' in json.dumps(one["schema"])}
        for name in names:
            twice = asking.request(method, filled(path), params=[(name, "1"), (name, "2")])
            assert (twice.json().get("code") == "repeated_parameter") != (name in several), (path, name)


def test_every_route_of_programs_is_described(app: Any) -> None:
    from review.server.auth.guard import api_routes

    hidden = [route.path for route in api_routes(app.routes) if not route.include_in_schema]
    assert not [path for path in hidden if path.startswith("/v1/")]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/findings?disposition=flags", "disposition"),
        ("/v1/findings?limit=all", "limit"),
        ("/v1/findings?limit=0", "limit"),
        ("/v1/findings?after=-1", "after"),
        ("/v1/cases?state=opened", "state"),
        ("/v1/cases?state=new&state=opened", "state"),
        ("/v1/cases?severity=terrible", "severity"),
        ("/v1/streams?state=on", "state"),
        ("/v1/streams?wanted=maybe", "wanted"),
        ("/v1/streams?after=x", "after"),
        ("/v1/deliveries?state=lost", "state"),
        ("/v1/events?wait=forever", "wait"),
        ("/v1/webhooks?callbacks=perhaps", "callbacks"),
        ("/v1/passports?gtin=123", "gtin"),
    ],
)
def test_a_value_that_a_parameter_does_not_take_is_named(as_key: As, key: Key, path: str, parameter: str) -> None:
    assert parameter in problem(as_key(key()).get(path), 422)


def test_who_is_not_let_in_is_told_that_first(as_key: As) -> None:
    problem(as_key("").get("/v1/findings?nonsense=1"), 401)


def test_people_are_told_as_well_and_pages_take_what_they_are_given(as_key: As, platform: Any) -> None:
    from review.accounts.types import Role
    from tests.review.accounts.support import as_login, let_in

    asking: httpx.Client = as_key("")
    headers = as_login(let_in(platform.people, Role.REVIEWER))
    problem(asking.get("/v1/cases?nonsense=1", headers=headers), 422)
    assert asking.get("/?nonsense=1", headers=headers).status_code == 200
    assert asking.get("/healthz?nonsense=1").status_code == 200

"""Every role at every route, against a real server, held against the table in permissions.yaml."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from fastapi import Depends, FastAPI
from starlette.routing import Mount, Route

from review.accounts.types import Role
from review.server.app import create_app
from review.server.auth.access import Access, Auth, OidcSettings
from review.server.auth.guard import allow, api_routes, unguarded
from review.stores import Stores
from tests.review.accounts.conftest import Serve
from tests.review.accounts.support import as_login, let_in

TABLE: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "permissions.yaml").read_text(encoding="utf-8"))
RIGHTS = {route: set(who.split(", ")) - {"open"} for who, routes in TABLE.items() for route in routes}
OPEN = set(TABLE["open"])
LOCAL = Access(auth=Auth.LOCAL)
PROVIDER = OidcSettings(issuer="http://127.0.0.1:9", client_id="desk", client_secret="a secret")


def routes_of(app: FastAPI) -> Iterator[str]:
    for api_route in api_routes(app.routes):
        yield from (f"{method} {api_route.path}" for method in sorted(api_route.methods or ()))
    for route in app.routes:
        if isinstance(route, Mount | Route) and route not in api_routes(app.routes):
            yield f"GET {route.path}"


def test_every_route_is_in_the_table_and_nothing_else_is(desk_store: Stores, tmp_path: Path) -> None:
    found: set[str] = set()
    for access in (Access(), LOCAL, Access(auth=Auth.OIDC, oidc=PROVIDER)):
        found |= set(routes_of(create_app(desk_store, tmp_path, access=access)))
    assert found == set(RIGHTS)
    assert sum(len(routes) for routes in TABLE.values()) == len(RIGHTS), "a route stands twice"


@pytest.fixture
def browser(serve: Serve) -> httpx.Client:
    return serve(LOCAL)


def ask(browser: httpx.Client, route: str, headers: dict[str, str], case_id: str) -> int:
    """The status of the route's answer; what it streams is left unread."""
    method, _, path = route.partition(" ")
    values = {"case_id": case_id, "finding_id": "f_power", "stream_id": "s1", "name": "class", "proposal_id": "p1"}
    values |= {"host_id": "h1", "measure_id": "m1", "appeal_id": "a1", "sha256": "0" * 64, "sequence": "1"}
    values |= {"replay_id": "r1", "digest": "0" * 64, "number": "1", "answer": "approve", "batch_id": "b1"}
    values |= {"product_id": "P-1", "code": "9520000000011", "webhook_id": "wh_1", "word_id": "w_1"}
    values |= {"reanalysis_id": "a1", "tenant_id": "local"}
    with browser.stream(method, path.replace(":path", "").format(**values), headers=headers) as answer:
        return answer.status_code


@pytest.mark.parametrize("who", [*Role, None], ids=[*Role, "nobody"])
def test_everybody_may_do_what_the_table_says_and_no_more(
    browser: httpx.Client, desk_store: Stores, who: Role | None
) -> None:
    case_id = desk_store.cases.case_of("f_power")
    assert case_id is not None
    served = set(routes_of(create_app(desk_store, Path(), access=LOCAL)))
    wrong = []
    for route in sorted(served - OPEN):
        headers = {} if who is None else as_login(let_in(desk_store.people, who))
        status = ask(browser, route, headers, case_id)
        may = who is not None and who.value in RIGHTS[route]
        expected = status not in {401, 403} if may else status == (401 if who is None else 403)
        # 503: this server was given nothing to read passports by, nor to judge by.
        if not expected or status == 500:
            wrong.append(f"{route}: {status}")
    assert wrong == []


@pytest.mark.parametrize("route", ["GET /healthz", "GET /readyz", "GET /openapi.json", "GET /login"])
def test_open_routes_ask_nobody(browser: httpx.Client, route: str) -> None:
    assert ask(browser, route, {}, "c1") == 200


@pytest.mark.parametrize("role", Role)
def test_no_write_of_any_role_goes_without_the_token(browser: httpx.Client, desk_store: Stores, role: Role) -> None:
    login = let_in(desk_store.people, role)
    cookie = {"Cookie": f"zhenyan={login.token}"}
    writes = [route for route in RIGHTS if not route.startswith("GET") and route not in OPEN]
    assert {ask(browser, route, cookie, "c1") for route in writes} == {403}


def test_an_app_with_a_route_that_nobody_guards_is_told_of(desk_store: Stores) -> None:
    app = FastAPI()

    @app.get("/forgotten")
    def forgotten() -> None: ...

    @app.get("/guarded", dependencies=[Depends(allow(Role.ADMIN))])
    def guarded() -> None: ...

    assert unguarded(app) == ["GET /forgotten"]

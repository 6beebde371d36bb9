"""People who work for some customers alone: every page and route, looked at with another customer's ids."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from review.accounts.types import Person, Role
from review.errors import AccountError
from review.server.auth.guard import api_routes
from review.server.auth.tenant_reach import LOOKED_AT, PAGES, TENANT_HEADER
from review.stores import Stores
from review.tenants.reach import OutOfReach
from tests.review.accounts.support import as_login
from tests.review.server.api.conftest import As, Key, problem
from tests.review.server.api.limited.logins import login_of
from tests.review.server.api.owned import Owned
from tests.review.server.api.test_tenants import kept

ON_BOTH_DATABASES = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)


def doors(app: FastAPI) -> list[str]:
    found = [f"{method} {route.path}" for route in api_routes(app.routes) for method in sorted(route.methods or ())]
    assert not any(isinstance(route, Mount) and route.path != "/static" for route in app.routes)
    return sorted(found)


def ask(address: str, headers: dict[str, str], door: str, of: Owned, **more: Any) -> tuple[int, str]:
    method, _, path = door.partition(" ")
    with httpx.stream(method, address + of.fill(path), headers=headers, timeout=30, **more) as answer:
        endless = answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, "" if endless else answer.read().decode(errors="replace")


def secrets_of(name: str, of: Owned) -> set[str]:
    found = {of.values[each] for each in ("stream_id", "finding_id", "case_id", "reanalysis_id")}
    found |= {f"{name} host", f"{name}-room", f"{name}/h1", f"{name}%2Fh1", f"clip of {name}", f'"{name}"'}
    found |= {f"{name} says", f"{name} charger", f"{name} word", f"{name} in shadow", f"{name} fit"}
    return found | {value for key, value in of.values.items() if key == "measure_id"}


@pytest.mark.slow
@ON_BOTH_DATABASES
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR, Role.AUDITOR])
def test_no_page_and_no_route_shows_or_changes_what_is_another_customers(
    app: FastAPI, address: str, platform: Stores, learnt: dict[str, Owned], role: Role, database_url: str
) -> None:
    acme, bolt = learnt["acme"], learnt["bolt"]
    login = login_of(platform, role, ["bolt"])
    headers = as_login(login)
    secrets = secrets_of("acme", acme)
    before = kept(database_url, "acme", acme)
    measure = platform.enforcement.measure(acme.values["measure_id"], "test")
    wrong, opened = [], 0
    for door in doors(app):
        # Metrics are the operator's: this machine, or a token. The other two end the session.
        if door.endswith((" /logout", " /password", " /metrics")):
            continue
        for of in (acme, bolt):
            body = of.bodies().get(door)
            status, told = ask(address, headers, door, of, **({} if body is None else {"json": body}))
            asked = of.fill(door) + json.dumps(body) if status == 404 else ""
            leaked = [secret for secret in secrets if secret in told and secret not in asked]
            opened += of is bolt and status < 400
            if (status >= 500 and status != 503) or leaked:
                wrong.append(f"{door} of {'acme' if of is acme else 'bolt'}: {status} {leaked}")
    assert wrong == []
    assert opened > 25, "what is their own they see"
    assert kept(database_url, "acme", acme) == before
    assert platform.enforcement.measure(acme.values["measure_id"], "test") == measure


@pytest.mark.parametrize(
    "query",
    [
        "/findings?stream={stream_id}",
        "/partials/summary?stream={stream_id}",
        "/partials/findings?stream={stream_id}",
        "/cases/{own_case}?hit={finding_id}",
        "/partials/findings/{own_finding}/card?case={case_id}",
    ],
)
def test_ids_behind_the_question_mark_are_looked_at_too(
    address: str, platform: Stores, owned: dict[str, Owned], query: str
) -> None:
    headers = as_login(login_of(platform, Role.REVIEWER, ["bolt"]))
    own = owned["bolt"].values
    path = query.format(own_case=own["case_id"], own_finding=own["finding_id"], **owned["acme"].values)
    assert httpx.get(address + path, headers=headers).status_code == 404
    path = query.format(own_case=own["case_id"], own_finding=own["finding_id"], **own)
    assert httpx.get(address + path, headers=headers).status_code == 200


def test_bodies_that_name_another_customers_things_change_nothing(
    address: str, platform: Stores, measured: dict[str, Owned], database_url: str
) -> None:
    acme, bolt = measured["acme"].values, measured["bolt"].values
    headers = as_login(login_of(platform, Role.SENIOR, ["bolt"]))
    before = kept(database_url, "acme", measured["acme"])
    case = platform.cases.case(acme["case_id"])
    one = {"case_id": case.id, "version": case.version, "request_id": "r9"}
    decided = {"choice": "lawful", "reason": "rule_wrong", "cases": [one]}
    assert httpx.post(f"{address}/bulk", headers=headers, json=decided).status_code == 404
    shown = httpx.post(
        f"{address}/bulk/preview",
        headers=headers,
        json={"case_ids": [acme["case_id"], bolt["case_id"]], "choice": "lawful", "reason": "rule_wrong"},
    )
    assert shown.status_code == 200
    assert "acme host" not in shown.text
    assert "bolt host" in shown.text
    for path in ("/words", "/words/remove"):
        sent = {"tenant": "acme", "kind": "watch", "word": "老铁", "word_id": "w_1", "csrf": headers["X-CSRF-Token"]}
        assert httpx.post(address + path, headers=headers, data=sent).status_code == 404
    assert kept(database_url, "acme", measured["acme"]) == before


def test_who_works_for_several_sees_these_at_the_desk_and_asks_for_one_at_a_time(
    address: str, platform: Stores, owned: dict[str, Owned]
) -> None:
    both = as_login(login_of(platform, Role.REVIEWER, ["acme", "bolt"]))
    page = httpx.get(f"{address}/", headers=both).text
    assert all(owned[name].values["case_id"] in page for name in owned)

    def listed(**more: str) -> list[str]:
        answer = httpx.get(f"{address}/v1/cases", headers=both | more)
        assert answer.status_code == 200, answer.text
        return [case["case_id"] for case in answer.json()["cases"]]

    assert listed() == [owned["acme"].values["case_id"]]
    assert listed(**{TENANT_HEADER: "bolt"}) == [owned["bolt"].values["case_id"]]
    assert "does not work for this customer" in problem(
        httpx.get(f"{address}/v1/cases", headers=both | {TENANT_HEADER: "local"}), 403
    )
    for name in owned:
        case_id = owned[name].values["case_id"]
        answer = httpx.get(f"{address}/v1/cases/{case_id}", headers=both)
        assert (answer.status_code, f"{name}/h1" in answer.text) == (200, False), "as its customer names the host"


def test_pages_about_all_customers_are_closed_and_not_linked(
    app: FastAPI, address: str, platform: Stores, owned: dict[str, Owned]
) -> None:
    headers = as_login(login_of(platform, Role.SENIOR, ["bolt"]))
    for path in ("/replays", "/replays/none", "/learning/decisions.jsonl"):
        answer = httpx.get(address + path, headers=headers)
        assert "about all customers" in problem(answer, 403)
    for path in ("/quality/bar", "/learning/shadow", "/learning/shadow/end", "/learning/forget", "/policies/back"):
        answer = httpx.post(address + path, headers=headers, data={"name": "SPEC_PARAM", "bar": "0.9", "digest": "d"})
        assert "about all customers" in problem(answer, 403)
    page = httpx.get(f"{address}/measures", headers=headers).text
    assert 'href="/dashboards"' in page
    assert 'href="/replays"' not in page
    free = as_login(login_of(platform, Role.SENIOR, None))
    assert 'href="/replays"' in httpx.get(f"{address}/measures", headers=free).text
    known = {route.path for route in api_routes(app.routes)}
    assert known >= PAGES | LOOKED_AT, "no page stands here that is not served"


def test_accounts_are_limited_by_administrators_and_the_trail_tells(platform: Stores) -> None:
    people = platform.people
    people.add("lan", "小兰", Role.REVIEWER, "0123456789abc", actor="boss", tenants=["acme"])
    [account] = people.accounts()
    assert account.person.tenants == frozenset({"acme"})
    people.change("lan", role=Role.SENIOR, actor="boss")
    assert people.accounts()[0].person.tenants == frozenset({"acme"}), "what is not named stays"
    for tenants, told in ((["nobody"], "customer 'nobody': there is none"), ([], "name one customer")):
        with pytest.raises(AccountError, match=told):
            people.change("lan", actor="boss", tenants=tenants)
    with pytest.raises(AccountError, match="an administrator works for all customers"):
        people.change("lan", role=Role.ADMIN, actor="boss")
    people.change("lan", role=Role.ADMIN, tenants=None, actor="boss")
    assert people.accounts()[0].person.tenants is None
    trail = [(entry.action, json.loads(entry.details).get("tenants")) for entry in platform.audit.entries()]
    assert ("account.added", "acme") in trail
    assert ("account.tenants_changed", "*") in trail


def test_a_thing_of_nobody_is_out_of_reach(platform: Stores) -> None:
    limited = Person(id="p", name="p", role=Role.REVIEWER, tenants=frozenset({"acme"}))
    with pytest.raises(OutOfReach, match="case 'c9' is not in the store"):
        platform.reach.check(limited, "case_id", "c9")
    assert platform.reach.within(Person(id="p", name="p", role=Role.REVIEWER), "case_id", ["c9"]) == ["c9"]


def test_the_pages_of_webhooks_show_and_change_ones_own_customers_alone(
    address: str, platform: Stores, as_key: As, key: Key
) -> None:
    url = "http://127.0.0.1:8080/"
    made = {
        name: as_key(key(name)).post("/v1/webhooks", json={"url": f"{url}{name}-hook"}).json()["id"]
        for name in ("acme", "bolt")
    }
    headers = as_login(login_of(platform, Role.SENIOR, ["bolt"]))
    for query in ("", "?tenant=acme", "?tenant=bolt"):
        page = httpx.get(f"{address}/webhooks{query}", headers=headers)
        assert (page.status_code, "bolt-hook" in page.text, "acme" in page.text.replace("tenant=acme", "")) == (
            200,
            True,
            False,
        )
    assert httpx.get(f"{address}/webhooks/{made['bolt']}", headers=headers).status_code == 200
    assert httpx.get(f"{address}/webhooks/{made['acme']}", headers=headers).status_code == 404
    sent = {"csrf": headers["X-CSRF-Token"]}
    for act in ("redeliver", "enable"):
        for name, status in (("acme", 404), ("bolt", 303)):
            answer = httpx.post(f"{address}/webhooks/{made[name]}/{act}", headers=headers, data=sent)
            assert answer.status_code == status, (act, name, answer.text)
    free = as_login(login_of(platform, Role.SENIOR, None))
    assert all(f"{name}-hook" in httpx.get(f"{address}/webhooks", headers=free).text for name in made)


def test_the_pages_of_a_customers_host_answer_for_its_id_with_a_stroke(
    address: str, platform: Stores, measured: dict[str, Owned]
) -> None:
    headers = as_login(login_of(platform, Role.SENIOR, ["acme"]))
    for path in ("/hosts/acme/h1", "/hosts/acme%2Fh1", "/hosts/acme/h1/propose"):
        answer = httpx.get(address + path, headers=headers)
        assert answer.status_code == 200, path
        assert "acme host" in answer.text
    assert "/hosts/acme/h1/measures" in httpx.get(f"{address}/hosts/acme/h1/propose", headers=headers).text
    for path in ("/hosts/bolt/h1", "/hosts/bolt/h1/propose"):
        assert httpx.get(address + path, headers=headers).status_code == 404

"""People who work for some customers alone: every page and route, looked at with another customer's ids."""

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from claims.law.texts import Laws
from claims.types import Finding
from ingest.types import Segment
from review.accounts.store import Login
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.types import Choice
from review.db.engine import open_engine
from review.enforcement.law_book import Book
from review.enforcement.linked_accounts import Identifier, IdentifierKind
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.enforcement.types import MeasureKind, Wanted
from review.errors import AccountError
from review.server.auth.guard import api_routes
from review.server.auth.tenant_reach import PAGES, TENANT_HEADER
from review.store import Store
from review.tenants.reach import OutOfReach
from tests.review.accounts.support import as_login
from tests.review.server.api.conftest import ENFORCEMENT_DIR, As, Clock, Key, problem
from tests.review.server.api.owned import Owned, have_a_day
from tests.review.server.api.test_tenants import kept

LetIn = Callable[..., dict[str, str]]
HOUR_S = 3_600
LAWS_FILE = ENFORCEMENT_DIR.parent / "laws" / "zh-CN.yaml"


def login_of(platform: Store, role: Role, tenants: Collection[str] | None) -> Login:
    name = f"{role.value}-{'-'.join(tenants or ())}"
    platform.people.log_in_known("test", name, name, name, role)
    platform.people.change(name, actor="test", tenants=tenants)
    return platform.people.log_in_known("test", name, name, name, role)


@pytest.fixture
def platform(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Store]:
    """A store with the customers acme and bolt, in which measures can be proposed."""
    due = EnforcementSetup(
        measures=read_measures(ENFORCEMENT_DIR),
        retention=read_retention(ENFORCEMENT_DIR),
        data_dir=tmp_path / "data",
        book=Book(classes={}, laws=Laws.read(LAWS_FILE)),
    )
    store = Store(open_engine(database_url), now=clock, second_share=0.0, enforcement=due)
    for name in ("acme", "bolt"):
        store.keys.add_tenant(name, name.title(), "test")
    yield store
    store.close()


@pytest.fixture
def owned(
    platform: Store,
    as_key: As,
    key: Key,
    work: Callable[[float], None],
    tmp_path: Path,
    make_finding: Callable[..., Finding],
    make_segment: Callable[..., Segment],
) -> dict[str, Owned]:
    work(100)
    return {
        name: have_a_day(name, as_key(key(name)), platform, tmp_path / "data", make_finding, make_segment)
        for name in ("acme", "bolt")
    }


@pytest.fixture
def measured(platform: Store, owned: dict[str, Owned], clock: Clock) -> dict[str, Owned]:
    """Both customers' hosts were found at fault, and one was proposed to be warned; their accounts are linked."""
    for name in ("acme", "bolt"):
        case = platform.cases.case(owned[name].values["case_id"])
        given = Submission(
            case_id=case.id, version=case.version, request_id=name, choice=Choice.VIOLATES, reason="as_found"
        )
        platform.cases.decide(given, Person(id=f"judge-{name}", name=f"judge of {name}", role=Role.SENIOR))
        same = Identifier(kind=IdentifierKind.CREDIT_CODE, value="91350100M000100Y43")
        platform.enforcement.link(f"{name}/h1", [same], "test")
    clock.wait(24 * HOUR_S)
    wanted = Wanted(host_id="acme/h1", kind=MeasureKind.WARNING, case_ids=(owned["acme"].values["case_id"],))
    measure = platform.enforcement.propose(wanted, Person(id="p1", name="p1", role=Role.REVIEWER))
    owned["acme"].values["measure_id"] = measure.id
    return owned


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
    return found | {value for key, value in of.values.items() if key == "measure_id"}


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SENIOR, Role.AUDITOR])
def test_no_page_and_no_route_shows_or_changes_what_is_another_customers(
    app: FastAPI, address: str, platform: Store, measured: dict[str, Owned], role: Role, database_url: str
) -> None:
    acme, bolt = measured["acme"], measured["bolt"]
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
    address: str, platform: Store, owned: dict[str, Owned], query: str
) -> None:
    headers = as_login(login_of(platform, Role.REVIEWER, ["bolt"]))
    own = owned["bolt"].values
    path = query.format(own_case=own["case_id"], own_finding=own["finding_id"], **owned["acme"].values)
    assert httpx.get(address + path, headers=headers).status_code == 404
    path = query.format(own_case=own["case_id"], own_finding=own["finding_id"], **own)
    assert httpx.get(address + path, headers=headers).status_code == 200


def test_bodies_that_name_another_customers_things_change_nothing(
    address: str, platform: Store, measured: dict[str, Owned], database_url: str
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
    address: str, platform: Store, owned: dict[str, Owned]
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
    app: FastAPI, address: str, platform: Store, owned: dict[str, Owned]
) -> None:
    headers = as_login(login_of(platform, Role.SENIOR, ["bolt"]))
    for path in ("/dashboards", "/dashboards/class.csv", "/teaching", "/quality", "/learning", "/replays"):
        answer = httpx.get(address + path, headers=headers)
        assert "about all customers" in problem(answer, 403)
    page = httpx.get(f"{address}/measures", headers=headers).text
    assert 'href="/appeals"' in page
    assert 'href="/dashboards"' not in page
    free = as_login(login_of(platform, Role.SENIOR, None))
    assert 'href="/dashboards"' in httpx.get(f"{address}/measures", headers=free).text
    known = {route.path for route in api_routes(app.routes)}
    assert known >= PAGES, "no page stands here that is not served"


def test_accounts_are_limited_by_administrators_and_the_trail_tells(platform: Store) -> None:
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


def test_a_thing_of_nobody_is_out_of_reach(platform: Store) -> None:
    limited = Person(id="p", name="p", role=Role.REVIEWER, tenants=frozenset({"acme"}))
    with pytest.raises(OutOfReach, match="case 'c9' is not in the store"):
        platform.reach.check(limited, "case_id", "c9")
    assert platform.reach.within(Person(id="p", name="p", role=Role.REVIEWER), "case_id", ["c9"]) == ["c9"]


def test_the_pages_of_webhooks_show_and_change_ones_own_customers_alone(
    address: str, platform: Store, as_key: As, key: Key
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
    address: str, platform: Store, measured: dict[str, Owned]
) -> None:
    headers = as_login(login_of(platform, Role.SENIOR, ["acme"]))
    for path in ("/hosts/acme/h1", "/hosts/acme%2Fh1", "/hosts/acme/h1/propose"):
        answer = httpx.get(address + path, headers=headers)
        assert answer.status_code == 200, path
        assert "acme host" in answer.text
    assert "/hosts/acme/h1/measures" in httpx.get(f"{address}/hosts/acme/h1/propose", headers=headers).text
    for path in ("/hosts/bolt/h1", "/hosts/bolt/h1/propose"):
        assert httpx.get(address + path, headers=headers).status_code == 404

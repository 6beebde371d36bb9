"""Rules of depth over HTTP: by room, by the host's history, by default; in versions, pinned at the order."""

from typing import Any

import httpx
import pytest

from ingest.decode.depth import EVERYTHING, Depth, DepthHours
from review.accounts.types import Role
from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.types import CaseState, Choice
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.accounts.support import as_login
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem
from tests.review.server.api.limited.logins import login_of
from tests.review.server.api.test_suggestions import banned

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)
NIGHT = [{"from": "22:00", "until": "02:00", "pictures": "none"}]
RULES: dict[str, Any] = {
    "rooms": [{"hosts": ["h1", "h2"], "depth": {"pictures": "sampled", "every_s": 4, "hours": NIGHT}}],
    "tiers": [
        {"name": "fined", "within_days": 30, "least_confirmed": 1, "depth": {"pictures": "all"}},
        {
            "name": "known",
            "within_days": 30,
            "least_days_known": 10,
            "most_confirmed": 0,
            "depth": {"pictures": "none"},
        },
    ],
    "default": {"pictures": "sampled", "every_s": 20},
}
DAY_S = 86_400


@pytest.fixture
def acme(as_key: As, key: Key, work: Any) -> httpx.Client:
    work(20)
    client = as_key(key("acme"))
    client.put("/v1/passports/P-1", json=PASSPORT)
    return client


def ordered(client: httpx.Client, host_id: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/streams", json=ORDER | {"host": {"id": host_id}} | more)
    assert answer.status_code == 201, answer.text
    shown = client.get(f"/v1/streams/{answer.json()['stream_id']}").json()
    assert shown["depth_source"] == answer.json()["depth_source"]
    return dict(shown)


def source(shown: dict[str, Any]) -> tuple[str, str, str]:
    found = shown["depth_source"]
    return found["by"], found["name"], found["rules"]


def confirm(stores: Stores, stream_id: str, name: str) -> None:
    """Has somebody find that a finding of this broadcast violates."""
    stores.stream_writer.add_findings([banned(stream_id, name)])
    anna = stores.people.log_in_known("test", "anna", "anna", "anna", Role.SENIOR).person
    [case] = stores.cases.queue(CaseQuery()).cases
    sent = Submission(
        case_id=case.id, version=case.version, request_id=f"r-{name}", choice=Choice.VIOLATES, reason="as_found"
    )
    stores.cases.decide(sent, anna)
    assert stores.cases.case(case.id).state is CaseState.CONFIRMED


@BOTH
def test_an_order_that_names_no_depth_gets_its_rooms_its_hosts_tiers_or_the_default(
    acme: httpx.Client, platform: Stores, clock: Clock, work: Any
) -> None:
    before = ordered(acme, "h7")
    assert (before["depth"], source(before)) == (None, ("default", "", "depth@0"))
    assert acme.put("/v1/depth", json=RULES).json()["name"] == "depth@1"
    assert acme.get(f"/v1/streams/{before['stream_id']}").json() == before, "what was ordered keeps its depth"

    room = ordered(acme, "h2")
    assert source(room) == ("room", "h2", "depth@1")
    order = platform.orders.ordered(room["stream_id"]).order
    assert order is not None
    assert order.depth.usual == Depth(pictures="sampled", every_ms=4000)
    assert order.depth.hours == (DepthHours(from_min=1320, until_min=120, depth=Depth(pictures="none")),)

    own = ordered(acme, "h2", depth={"pictures": "none"})
    assert (own["depth"], source(own)) == ("by order: sound alone", ("order", "", ""))
    first = ordered(acme, "h9")
    assert (first["depth"], source(first)) == ("by order: one picture in 20 s", ("default", "", "depth@1"))

    clock.wait(10 * DAY_S)
    work(20)
    known = ordered(acme, "h7")
    assert (known["depth"], source(known)) == ("by order: sound alone", ("tier", "known", "depth@1"))
    assert (known["depth_source"]["confirmed"], known["depth_source"]["days_known"]) == (0, 10)

    confirm(platform, before["stream_id"], "f1")
    fined = ordered(acme, "h7")
    assert (fined["depth"], source(fined)) == (None, ("tier", "fined", "depth@1"))
    assert fined["depth_source"]["confirmed"] == 1
    assert source(ordered(acme, "h9")) == ("tier", "known", "depth@1"), "a case is its own host's alone"
    kept = platform.orders.ordered(fined["stream_id"]).order
    assert kept is not None
    assert kept.depth == EVERYTHING

    clock.wait(31 * DAY_S)
    work(20)
    assert source(ordered(acme, "h7")) == ("tier", "known", "depth@1"), "what was confirmed long ago counts no more"
    assert acme.get(f"/v1/streams/{fined['stream_id']}").json()["depth_source"] == fined["depth_source"]


def test_the_same_order_again_keeps_the_depth_of_the_first(acme: httpx.Client) -> None:
    headers = {"Idempotency-Key": "one"}
    first = acme.post("/v1/streams", json=ORDER, headers=headers).json()
    acme.put("/v1/depth", json=RULES)
    again = acme.post("/v1/streams", json=ORDER, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json()["stream_id"], again.json()["depth_source"]) == (first["stream_id"], first["depth_source"])


@BOTH
def test_rules_have_versions_and_the_same_again_is_none(acme: httpx.Client, as_key: As, key: Key) -> None:
    nothing = acme.get("/v1/depth")
    assert (nothing.json()["name"], nothing.headers["etag"]) == ("depth@0", '"depth@0"')
    assert nothing.json()["settings"] == {"rooms": [], "tiers": [], "default": None}
    first = acme.put("/v1/depth", json=RULES, headers={"If-Match": '"depth@0"'})
    assert first.json()["settings"]["rooms"][0]["depth"]["hours"] == [NIGHT[0] | {"every_s": None}]
    assert acme.put("/v1/depth", json=first.json()["settings"]).json() == first.json(), "as it is read it can be sent"
    problem(acme.put("/v1/depth", json={}, headers={"If-Match": '"depth@0"'}), 412)
    assert acme.put("/v1/depth", json={}, headers={"If-Match": first.headers["etag"]}).json()["name"] == "depth@2"
    versions = acme.get("/v1/depth/versions").json()["versions"]
    assert [(one["name"], len(one["settings"]["tiers"])) for one in versions] == [("depth@2", 0), ("depth@1", 2)]
    other = as_key(key("bolt"))
    assert other.get("/v1/depth").json()["name"] == "depth@0", "another customer's rules are its own"
    reads = as_key(key("acme", [Scope.RULES_READ]))
    assert reads.get("/v1/depth").status_code == 200
    problem(reads.put("/v1/depth", json=RULES), 403)


TIER = {"name": "new", "most_days_known": 3, "depth": {}}


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"rooms": [{"hosts": ["a"], "depth": {"pictures": "sampled"}}]}, "rooms.0.depth.every_s"),
        ({"rooms": [{"hosts": ["a"], "depth": {}}, {"hosts": ["b", "a"], "depth": {}}]}, "rooms.1.hosts.1"),
        ({"rooms": [{"hosts": [], "depth": {}}]}, "rooms.0.hosts"),
        ({"rooms": [{"hosts": ["a/b"], "depth": {}}]}, "rooms.0.hosts.0"),
        ({"tiers": [{"name": "new", "depth": {}}]}, "tiers.0"),
        ({"tiers": [TIER, TIER]}, "tiers.1.name"),
        ({"tiers": [TIER | {"least_days_known": 4}]}, "tiers.0.least_days_known"),
        ({"tiers": [TIER | {"within_days": 0}]}, "tiers.0.within_days"),
        ({"default": {"hours": [{"from": "02:00", "until": "02:00", "pictures": "none"}]}}, "default.hours.0.until"),
        ({"default": {"hours": [{"from": "25:00", "until": "02:00", "pictures": "none"}]}}, "default.hours.0.from"),
        ({"default": {"pictures": "some"}}, "default.pictures"),
        ({"depth": {}}, "depth"),
    ],
)
def test_rules_that_can_not_be_set_are_told_by_field(acme: httpx.Client, rules: dict[str, Any], path: str) -> None:
    answer = acme.put("/v1/depth", json=rules)
    told = problem(answer, 422)
    assert told.startswith((f"{path}: ", f"body.{path}: ")), told
    assert acme.get("/v1/depth").json()["name"] == "depth@0"


def test_every_fault_is_told_at_once(acme: httpx.Client) -> None:
    rules = {"tiers": [{"name": "a", "depth": {"pictures": "none", "every_s": 5}}]}
    answer = acme.put("/v1/depth", json=rules)
    assert "and 1 more, see errors" in problem(answer, 422)
    assert [error["path"] for error in answer.json()["errors"]] == ["tiers.0", "tiers.0.depth.every_s"]


def test_the_settings_page_shows_the_rules_in_both_languages(
    acme: httpx.Client, platform: Stores, address: str
) -> None:
    senior = as_login(login_of(platform, Role.SENIOR, None))
    assert "看全部画面" in httpx.get(f"{address}/tenants/acme", headers=senior).text
    acme.put("/v1/depth", json=RULES)
    chinese = httpx.get(f"{address}/tenants/acme", headers=senior).text
    assert "每 4 秒看一帧画面 · 22:00–02:00 只听声音" in chinese
    for shown in ("h1 · h2", "30 天内确认违规 ≥ 1 件", "距首场直播 ≥ 10 天", "depth@1"):
        assert shown in chinese, shown
    english = httpx.get(f"{address}/tenants/acme?lang=en", headers=senior).text
    for shown in ("one picture in 20 s", "confirmed cases in 30 days ≤ 0", "All others", "sound alone"):
        assert shown in english, shown

"""A host's file as JSON says what the page says, and the documented interface has every call."""

from collections.abc import Callable

import httpx

from review.enforcement.penalty_table import DAY_MS
from review.stores import Stores
from tests.review.enforcement.people import REVIEWER, SENIOR, Clock, wanted

As = Callable[[str], httpx.Client]


def test_a_hosts_file_has_strikes_measures_and_deadlines(
    as_person: As, desk: Stores, confirmed: str, clock: Clock
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    appeal = desk.enforcement.appeal(desk.enforcement.issue_token(measure.id, "r1"), "不服")
    told = as_person("dora").get("/v1/hosts/h1").json()
    [strike] = told["strikes"]
    assert (strike["case_id"], strike["points"]) == (confirmed, 15)
    assert strike["factors"] == [{"name": "first", "percent": -25}]
    assert (told["proposal"]["measure"], told["proposal"]["points"]) == ("warning", 15)
    [entry] = told["measures"]
    assert (entry["kind"], entry["state"], entry["breach"]) == ("blacklist", "in_force", "广告法 28(2)(2)")
    assert entry["ends_at_ms"] == measure.ends_at_ms
    assert (entry["basis"], entry["basis_formal"]) == (["广告法 28(2)(2)"], ["《广告法》第二十八条第二款第（二）项"])
    [row] = entry["points"]
    assert (row["case_id"], row["points"], row["why"]) == (confirmed, 15, ["首次违规 -25 %"])
    assert entry["points_total"] == 15
    assert told["appeals"][0]["decide_due_ms"] == appeal.decide_due_ms
    assert "statement" not in told["appeals"][0]
    assert desk.audit.entries(subject="host:h1")[0].action == "host.read"
    clock.wait(400 * DAY_MS)
    assert as_person("dora").get("/v1/hosts/h1").json()["strikes"][0]["points"] == 0


def test_a_host_without_a_file_has_an_empty_one(as_person: As) -> None:
    told = as_person("dora").get("/v1/hosts/nobody").json()
    assert (told["strikes"], told["measures"], told["proposal"]["measure"]) == ([], [], None)


def test_the_documented_interface_has_every_call(office: str) -> None:
    paths = httpx.get(f"{office}/openapi.json").json()["paths"]
    calls = {f"{method} {path}" for path, methods in paths.items() for method in methods}
    assert {
        "post /v1/complaints",
        "get /v1/complaints/{receipt}/pack",
        "get /v1/evidence/{case_id}",
        "get /v1/hosts/{host_id}",
        "get /v1/blacklist",
        "get /v1/keys",
        "get /v1/deliveries",
        "post /v1/deliveries/{sequence}/retry",
    } <= calls
    assert not any(path.startswith(("/h/", "/measures", "/appeals", "/hosts")) for path in paths)
    refusals = paths["/v1/complaints"]["post"]["responses"]
    assert {"200", "201", "401", "403", "404", "409", "422"} <= refusals.keys()
    assert "application/problem+json" in refusals["409"]["content"]

"""Suggestions over HTTP: thresholds in versions, pinned in findings; of broadcasts the gravest; tried beforehand."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from claims.types import Disposition, Finding, VerdictKind
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Key, problem

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
BLOCKS = {"rules": [{"classes": ["RANK_FIRST"], "rooms": ["room-7"], "block_from": 0.85}]}


@pytest.fixture
def acme(as_key: As, key: Key, work: Any) -> httpx.Client:
    work(10)
    return as_key(key("acme"))


def ordered(client: httpx.Client) -> str:
    client.put("/v1/passports/P-1", json=PASSPORT)
    answer = client.post("/v1/streams", json=ORDER)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["stream_id"])


def banned(stream_id: str, name: str, **changes: Any) -> Finding:
    found = replace(
        FINDING, finding_id=name, stream_id=stream_id, class_id="RANK_FIRST", verdict=VerdictKind.BANNED, score=0.9
    )
    return replace(found, disposition=Disposition.FLAG, severity="high", **changes)


def said(client: httpx.Client) -> dict[str, tuple[str, str, str]]:
    found = client.get("/v1/findings").json()["findings"]
    return {each["finding_id"]: (each["suggestion"], each["risk"], each["suggested_by"]) for each in found}


@BOTH
def test_a_finding_keeps_the_version_that_it_was_advised_by(acme: httpx.Client, platform: Stores) -> None:
    stream_id = ordered(acme)
    platform.stream_writer.add_findings([banned(stream_id, "f1")])
    assert acme.get("/v1/suggestions").json()["name"] == "suggestions@0"
    set_ = acme.put("/v1/suggestions", json=BLOCKS)
    assert set_.status_code == 200, set_.text
    assert (set_.json()["name"], set_.headers["etag"]) == ("suggestions@1", '"suggestions@1"')
    platform.stream_writer.add_findings([banned(stream_id, "f1", count=2), banned(stream_id, "f2")])
    assert said(acme) == {
        "f1": ("review", "high", "suggestions@0"),
        "f2": ("block", "high", "suggestions@1"),
    }
    one = acme.get(f"/v1/streams/{stream_id}").json()
    assert (one["suggestion"], one["risk"]) == ("block", "high")
    assert [each["suggestion"] for each in acme.get("/v1/streams").json()["streams"]] == ["block"]
    events = acme.get("/v1/events").json()["events"]
    assert [e["data"]["finding"]["suggestion"] for e in events if e["type"] == "finding.created"] == ["review", "block"]


@BOTH
def test_settings_have_versions_and_the_same_again_is_none(acme: httpx.Client, platform: Stores) -> None:
    first = acme.put("/v1/suggestions", json=BLOCKS, headers={"If-Match": '"suggestions@0"'})
    assert acme.put("/v1/suggestions", json=BLOCKS).json() == first.json()
    problem(acme.put("/v1/suggestions", json={"rules": []}, headers={"If-Match": '"suggestions@0"'}), 412)
    second = acme.put("/v1/suggestions", json={"rules": []}, headers={"If-Match": first.headers["etag"]})
    assert second.json()["name"] == "suggestions@2"
    versions = acme.get("/v1/suggestions/versions").json()["versions"]
    assert [(each["name"], len(each["settings"]["rules"])) for each in versions] == [
        ("suggestions@2", 0),
        ("suggestions@1", 1),
    ]
    assert sum("suggestions.set" in line for line in platform.audit.export()) == 2


def test_settings_are_tried_on_what_was_found(acme: httpx.Client, platform: Stores) -> None:
    stream_id = ordered(acme)
    platform.stream_writer.add_findings([banned(stream_id, "f1"), banned(stream_id, "f2", score=0.8)])
    tried = acme.post("/v1/suggestions/try", json=BLOCKS).json()
    assert tried["findings"] == 2
    assert [(each["before"], each["after"], each["examples"]) for each in tried["moved"]] == [
        ("review", "block", ["f1"]),
        ("review", "review", ["f2"]),
    ]
    assert acme.get("/v1/suggestions").json()["name"] == "suggestions@0"


def test_what_lies_beyond_the_installations_bounds_is_refused(acme: httpx.Client) -> None:
    refused = acme.put("/v1/suggestions", json={"rules": [{"block_from": 0.5}, {"review_from": 1}]})
    assert "this installation blocks from 0.8 at the lowest" in problem(refused, 422)
    assert refused.json()["code"] == "bounds"
    assert [each["path"] for each in refused.json()["errors"]] == ["rules.0.block_from", "rules.1.review_from"]
    assert "below review_from" in problem(
        acme.put("/v1/suggestions", json={"rules": [{"review_from": 0.85, "block_from": 0.8}]}), 422
    )
    problem(acme.put("/v1/suggestions", json={"rules": [{"block_at": 1}]}), 422)


def test_a_customer_sets_for_itself_alone(acme: httpx.Client, as_key: As, key: Key) -> None:
    acme.put("/v1/suggestions", json=BLOCKS)
    assert as_key(key("bolt")).get("/v1/suggestions").json()["name"] == "suggestions@0"
    reading = as_key(key("acme", [Scope.RULES_READ]))
    assert reading.get("/v1/suggestions").json()["name"] == "suggestions@1"
    problem(reading.put("/v1/suggestions", json=BLOCKS), 403)

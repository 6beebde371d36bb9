"""A customer's own words over HTTP and on the page: in versions, tried beforehand, live from the next segment on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Match, Passage, VerdictKind
from cli.commands.serve import terms_of
from net.guard import NetPolicy
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.tenants.types import Scope
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ORDER, PASSPORT, As, Clock, Key, problem

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
BLOCKED = {"kind": "block", "word": "减肥", "class": "MEDICAL_TERMS"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture
def app(platform: Stores, tmp_path: Any, policy: Policy) -> FastAPI:
    """The server's app, whose words name the packaged policy's classes."""
    setup = Platform(
        reader=policy.quantity_reader, net=NetPolicy.parse(["127.0.0.1:8080"]), word_terms=terms_of(policy)
    )
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)


@pytest.fixture
def acme(as_key: As, key: Key, work: Callable[[float], None]) -> httpx.Client:
    work(10)
    return as_key(key("acme"))


@pytest.fixture
def stream_id(acme: httpx.Client) -> str:
    acme.put("/v1/passports/P-1", json=PASSPORT)
    return str(acme.post("/v1/streams", json=ORDER).json()["stream_id"])


def said(stream_id: str, text: str, number: int = 0) -> Passage:
    return Passage(stream_id=stream_id, id=f"u{number}", start_ms=number * 1000, end_ms=number * 1000 + 900, text=text)


def flag(stream_id: str, **changes: Any) -> Finding:
    found = replace(
        FINDING,
        stream_id=stream_id,
        class_id="RANK_FIRST",
        verdict=VerdictKind.BANNED,
        quote="第一制药的老牌子",
        match=(Match(kind="literal", heard="第一", meant="第一"),),
    )
    return replace(found, disposition=Disposition.FLAG, **changes)


def keep(stores: Stores, stream_id: str, text: str, number: int, findings: tuple[Finding, ...] = ()) -> None:
    """As whoever records a broadcast stores what a segment gave."""
    passages = [said(stream_id, text, number)]
    stores.stream_writer.add_passages(passages)
    stores.stream_writer.add_findings(stores.stream_writer.worded(stream_id, passages, findings))


@BOTH
def test_a_word_is_found_from_the_next_words_on_and_the_finding_names_its_version(
    acme: httpx.Client, platform: Stores, stream_id: str
) -> None:
    keep(platform, stream_id, "帮你减肥", 0)
    added = acme.post("/v1/words", json=BLOCKED)
    assert added.status_code == 200, added.text
    assert (added.json()["name"], added.headers["etag"]) == ("words@1", '"words@1"')
    for number in (1, 2):
        keep(platform, stream_id, "真的减肥", number)
    keep(platform, stream_id, "真的减肥", 2)
    [found] = acme.get("/v1/findings").json()["findings"]
    assert (found["class"], found["policy"], found["count"], found["quote"]) == ("MEDICAL_TERMS", "words@1", 2, "减肥")
    assert (found["disposition"], found["suggestion"]) == ("flag", "review")
    assert found["law"]
    assert acme.get("/v1/cases").json()["cases"]
    [word] = acme.get("/v1/words").json()["words"]
    taken = acme.delete(f"/v1/words/{word['id']}").json()
    assert (taken["name"], taken["words"]) == ("words@2", [])
    keep(platform, stream_id, "还是减肥", 3)
    assert [one["count"] for one in acme.get("/v1/findings").json()["findings"]] == [2]
    assert [each["name"] for each in acme.get("/v1/words/versions").json()["versions"]] == ["words@2", "words@1"]


@BOTH
def test_an_allowed_word_makes_notes_of_findings_and_nothing_protected_goes_away(
    acme: httpx.Client, platform: Stores, stream_id: str
) -> None:
    acme.post("/v1/words", json={"kind": "allow", "word": "第一制药"})
    findings = (flag(stream_id, finding_id="f1"), flag(stream_id, finding_id="f2", protected=True))
    keep(platform, stream_id, "第一制药的老牌子", 0, findings)
    found = {one["finding_id"]: one for one in acme.get("/v1/findings").json()["findings"]}
    assert {name: one["disposition"] for name, one in found.items()} == {"f1": "note", "f2": "flag"}
    assert found["f1"]["exemptions"][-1] == {"id": "tenant_words", "applies": True, "why": "第一制药 (words@1)"}
    assert found["f2"]["exemptions"][-1]["applies"] is False


def test_a_word_is_tried_on_what_was_said_before_it_counts(
    acme: httpx.Client, platform: Stores, stream_id: str, as_key: As, key: Key
) -> None:
    keep(
        platform,
        stream_id,
        "帮你减肥",
        0,
        (flag(stream_id, finding_id="f1"), flag(stream_id, finding_id="f2", protected=True)),
    )
    words = [{"kind": "watch", "word": "减肥"}, {"kind": "allow", "word": "第一制药"}]
    tried = acme.post("/v1/words/try", json={"words": words}).json()["tried"]
    assert [(one["passages"], one["lowered"], one["kept"]) for one in tried] == [(1, 0, 0), (0, 1, 1)]
    assert tried[0]["examples"] == [{"stream_id": stream_id, "id": "u0", "text": "帮你减肥"}]
    assert acme.get("/v1/words").json()["name"] == "words@0"
    others = as_key(key("bolt")).post("/v1/words/try", json={"words": words}).json()["tried"]
    assert [(one["passages"], one["lowered"]) for one in others] == [(0, 0), (0, 0)]


def test_a_word_ends_when_it_says(acme: httpx.Client, platform: Stores, stream_id: str, clock: Clock) -> None:
    acme.post("/v1/words", json=BLOCKED | {"until": "2026-11-24T20:01:00+08:00"})
    clock.wait(60)
    keep(platform, stream_id, "帮你减肥", 0)
    assert acme.get("/v1/findings").json()["findings"] == []
    assert [word["ended"] for word in acme.get("/v1/words").json()["words"]] == [True]


@pytest.mark.parametrize(
    ("words", "place", "why"),
    [
        ([BLOCKED | {"class": "NO_SUCH"}], "words.0.class", "is no class of the policy"),
        ([BLOCKED, BLOCKED], "words.1.word", "stands twice"),
        ([BLOCKED, {"kind": "allow", "word": "减肥"}], "words.0.kind", "is allowed as well"),
    ],
)
def test_a_list_that_can_not_stand_is_refused_with_its_place(
    acme: httpx.Client, words: list[dict[str, str]], place: str, why: str
) -> None:
    refused = acme.put("/v1/words", json={"words": words})
    assert why in problem(refused, 422)
    assert [one["path"] for one in refused.json()["errors"]] == [place]
    assert acme.get("/v1/words").json()["name"] == "words@0"


def test_a_whole_list_is_replaced_only_over_what_was_seen(acme: httpx.Client, as_key: As, key: Key) -> None:
    first = acme.put("/v1/words", json={"words": [BLOCKED]}, headers={"If-Match": '"words@0"'})
    problem(acme.put("/v1/words", json={"words": []}, headers={"If-Match": '"words@0"'}), 412)
    again = acme.put("/v1/words", json={"words": [BLOCKED]}, headers={"If-Match": first.headers["etag"]})
    assert again.json() == first.json()
    problem(acme.delete("/v1/words/w_none"), 404)
    assert as_key(key("bolt")).get("/v1/words").json()["words"] == []
    problem(as_key(key("acme", [Scope.RULES_READ])).post("/v1/words", json=BLOCKED), 403)

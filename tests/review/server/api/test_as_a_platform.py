"""A platform's day over HTTP alone, by the client: goods in bulk to a quota that refuses, on both databases.

What a worker stores meanwhile is stored as it does: segments with what was said, findings, a re-analysis.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Match, Passage, VerdictKind
from cli.commands.serve import terms_of
from ingest.recording.ledger import Coverage
from ingest.types import Segment
from net.guard import NetPolicy
from review.accounts.types import Role
from review.client import Problem, Zhenyan
from review.reanalyses.comparing import compare_findings
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from review.streams.types import StreamState
from review.stretches.types import Signal, Span, StretchTerms
from tests.review.accounts.support import as_login
from tests.review.sample import FINDING
from tests.review.server.api.conftest import ORDER, PASSPORT, Key
from tests.review.server.api.limited.logins import login_of

BOTH = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)
TERMS = StretchTerms(length_ms=4_000, no_speech_ms=6_000)
BLOCKS = {"rules": [{"classes": ["RANK_FIRST"], "review_from": 0.6, "block_from": 0.85}]}
WORD = {"kind": "watch", "word": "老铁家人"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return packaged_policy()


@pytest.fixture
def app(platform: Stores, tmp_path: Any, policy: Policy, reader: QuantityReader) -> FastAPI:
    setup = Platform(
        reader=reader,
        net=NetPolicy.parse(["127.0.0.1:8080"]),
        word_terms=terms_of(policy),
        recognisers=lambda: ("base",),
    )
    return create_app(platform, tmp_path / "data", access=Access(auth=Auth.LOCAL), platform=setup)


def screened(stores: Stores, stream_id: str, make_segment: Callable[..., Segment]) -> Finding:
    """What a worker stores of forty seconds: twenty of talk, twenty of silence, a finding and a listed word."""
    said = "老铁家人们，这是全网第一"
    for number in range(20):
        start_ms, end_ms = number * 2_000, number * 2_000 + 2_000
        speaks = number < 10
        stores.stream_writer.add_segments([make_segment(number, stream_id=stream_id)])
        heard = Passage(stream_id=stream_id, id=f"u{number}", start_ms=start_ms, end_ms=end_ms - 500, text=said)
        spoken = (Span(start_ms=start_ms, end_ms=start_ms + 1_000),) if speaks else ()
        signal = Signal(sequence=number, start_ms=start_ms, end_ms=end_ms, spoken=spoken, pictures=1)
        covered = Coverage(span_ms=end_ms, analysed_ms=end_ms, waiting_ms=0, gaps=())
        passages = [heard] if speaks else []
        stores.stream_writer.commit_segment(
            stream_id,
            number,
            passages=passages,
            findings=stores.stream_writer.worded(stream_id, passages, ()),
            coverage=covered,
            signal=signal,
            terms=TERMS,
        )
    found = replace(
        FINDING,
        finding_id="f_rank",
        stream_id=stream_id,
        product_id="P-1",
        class_id="RANK_FIRST",
        verdict=VerdictKind.BANNED,
        disposition=Disposition.FLAG,
        severity="high",
        score=0.9,
        quote="全网第一",
        match=(Match(kind="literal", heard="第一", meant="第一"),),
    )
    stores.stream_writer.add_findings([found])
    return found


@BOTH
@pytest.mark.service
def test_a_platforms_day(
    address: str,
    key: Key,
    platform: Stores,
    work: Callable[[float], None],
    make_segment: Callable[..., Segment],
) -> None:
    work(20)
    with Zhenyan(address, key("acme")) as client:
        rows = [PASSPORT, *({"id": f"P-{n}", "name": f"充电器{n}", "category": "electronics/charger"} for n in (2, 3))]
        assert [row["status"] for row in client.put_all(rows)["rows"]] == ["stored"] * 3
        assert client.put_suggestions(BLOCKS)["name"] == "suggestions@1"

        first = client.order(ORDER["url"], host=ORDER["host"], products=["P-1"], started_at=ORDER["started_at"])
        stream_id = first["stream_id"]
        platform.stream_writer.add_passages(
            [Passage(stream_id=stream_id, id="u0", start_ms=0, end_ms=1_500, text="老铁家人们，这是全网第一")]
        )
        [tried] = client.try_words([WORD])["tried"]
        assert tried["passages"] == 1
        client.put_words([WORD])
        found = screened(platform, stream_id, make_segment)

        told = {each["class"]: each for each in client.findings()}
        assert (told["RANK_FIRST"]["suggestion"], told["RANK_FIRST"]["suggested_by"]) == ("block", "suggestions@1")
        assert len(told) == 2, "the listed word is a finding of its own"

        stretches = list(client.stretches())
        assert [each["start_ms"] for each in stretches] == [4_000 * n for n in range(len(stretches))]
        assert sum(each["heard"]["speech_ms"] for each in stretches) == 10_000
        assert [one["condition"] for one in client.health(stream_id)["conditions"]] == ["no_speech"]
        health = [event["data"] for event in client.events() if event["type"] == "stream.health"]
        assert [(one["condition"], one["state"]) for one in health] == [("no_speech", "began")]
        transcript = client.transcript(stream_id)
        assert transcript.startswith("WEBVTT")
        assert transcript.count("-->") == 10

        days = {"from": "2026-11-24", "to": "2026-11-24"}
        counted = client.count_findings(by="class", **days)
        assert sum(row[counted["columns"].index("flags")] for row in counted["rows"]) >= 1
        assert "RANK_FIRST" in client.export("findings", "csv", by="class", **days).decode()

        platform.stream_writer.set_state(stream_id, StreamState.ENDED)
        order = client.order_reanalysis(stream_id, model="base", request_key="again")
        claimed = platform.reanalyses.claim("w1")
        assert claimed is not None
        stored = platform.reanalyses.stored_findings(stream_id)
        kept = [one for one in stored if one.finding_id == found.finding_id]
        done: dict[str, Any] = {"judged_by": "zh-CN@1#a", "span_ms": 40_000, "missing_ms": 0}
        assert platform.reanalyses.finish(claimed.reanalysis_id, "w1", compare_findings(stored, kept), **done)
        assert client.reanalysis(order["reanalysis_id"])["counts"] == {"kept": 1, "gone": 1, "new": 0, "changed": 0}
        assert [one["before"]["class"] for one in client.reanalysed(order["reanalysis_id"], outcome="kept")] == [
            "RANK_FIRST"
        ]

        client.put_depth_rules({"rooms": [{"hosts": ["h8"], "depth": {"pictures": "none"}}]})
        room = client.order(ORDER["url"], host={"id": "h8"}, products=["P-1"], external_id="room-8")
        assert (room["depth_source"]["by"], room["depth_source"]["rules"]) == ("room", "depth@1")

        boss = as_login(login_of(platform, Role.ADMIN, None))
        form = {"streams": "1", "csrf": boss["X-CSRF-Token"]}
        assert httpx.post(f"{address}/tenants/acme/quotas", headers=boss, data=form).status_code == 303
        with pytest.raises(Problem) as refused:
            client.order(ORDER["url"], host={"id": "h9"}, products=["P-1"], external_id="room-9")
        assert (refused.value.status, refused.value.code) == (429, "quota")
        streams = next(one for one in client.quotas()["quotas"] if one["quota"] == "streams")
        assert (streams["limit"], streams["used"]) == (1, 1)

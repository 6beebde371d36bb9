"""What proposed words would match: counted by how people judged, in a bounded look that says how far it went."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from claims.types import Finding, Passage
from review.accounts.types import Person, Role
from review.analytics import proposal_preview
from review.analytics.store import ProposalRefused
from review.cases.decisions import Submission
from review.cases.types import CaseState, Choice
from review.db.engine import open_engine
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from tests.review.accounts.support import Clock
from tests.review.postgres import fresh_database

MakeFinding = Callable[..., Finding]
ANNA = Person(id="anna", name="Anna", role=Role.REVIEWER)


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    stream: StreamRecord,
    passages: tuple[Passage, ...],
    make_finding: MakeFinding,
) -> Iterator[Stores]:
    """Two customers' broadcasts; of the first's sentences one is judged in breach, one lawful, and one not at all."""
    opened = Stores.over(open_engine(fresh_database(request, tmp_path)), now=Clock(), second_share=0)
    opened.stream_writer.put_stream(stream)
    opened.stream_writer.put_stream(
        replace(stream, stream_id="s2", host=Host(id="h2", name="阿强", platform="demo"), tenant_id="bolt")
    )
    said = [
        passages[0].model_copy(update={"id": f"p{number}", "text": text})
        for number, text in enumerate(("这款做到一百瓦", "不是一百瓦哦", "谁说一百瓦的", "今天天气好"))
    ]
    opened.stream_writer.add_passages(said)
    opened.stream_writer.add_passages(
        [said[0].model_copy(update={"stream_id": "s2", "id": "q0", "text": "别家也说一百瓦"})]
    )
    opened.stream_writer.add_findings(
        [make_finding(passage_ids=("p0",)), make_finding(finding_id="f2", claimed="200 W", passage_ids=("p1",))]
    )
    decide(opened, "f_power", Choice.VIOLATES, "as_found")
    decide(opened, "f2", Choice.LAWFUL, "true")
    yield opened
    opened.close()


def decide(stores: Stores, finding_id: str, choice: Choice, reason: str) -> None:
    case_id = stores.cases.case_of(finding_id)
    assert case_id is not None
    version = stores.cases.case(case_id).version
    submission = Submission(case_id=case_id, version=version, request_id=finding_id, choice=choice, reason=reason)
    stores.cases.decide(submission, ANNA)


def test_sentences_are_counted_by_how_people_judged_them(stores: Stores) -> None:
    found = stores.analytics.preview("一百瓦", {"local"})
    assert (found.matched, found.violates, found.lawful, found.looked_at, found.is_all) == (3, 1, 1, 4, True)
    assert [(one.text, one.state) for one in found.examples] == [
        ("不是一百瓦哦", CaseState.CLEARED),
        ("谁说一百瓦的", None),
        ("这款做到一百瓦", CaseState.CONFIRMED),
    ]


def test_who_works_for_all_customers_looks_at_all(stores: Stores) -> None:
    assert stores.analytics.preview("一百瓦", None).matched == 4
    assert stores.analytics.preview("一百瓦", {"bolt"}).matched == 1


def test_of_a_code_word_what_is_said_is_looked_for(stores: Stores) -> None:
    assert stores.analytics.preview("天气=一百瓦", None).matched == 1


def test_nothing_is_matched_by_words_that_nobody_said(stores: Stores) -> None:
    found = stores.analytics.preview("二百瓦", None)
    assert (found.matched, found.examples, found.looked_at) == (0, (), 5)


def test_a_look_that_is_cut_short_says_so_and_begins_with_what_was_judged(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal_preview, "_MOST_PASSAGES", 2)
    found = stores.analytics.preview("一百瓦", {"local"})
    assert (found.looked_at, found.is_all, found.violates, found.lawful) == (2, False, 1, 1)


def test_a_look_without_time_has_looked_at_nothing(stores: Stores) -> None:
    found = proposal_preview.preview_words(stores.engine, "一百瓦", None, seconds=-1)
    assert (found.looked_at, found.is_all, found.matched) == (0, False, 0)


@pytest.mark.parametrize("words", ["", "{x}", "！！", "长" * 31])
def test_words_that_cannot_be_proposed_are_not_looked_for(stores: Stores, words: str) -> None:
    with pytest.raises(ProposalRefused, match="words"):
        stores.analytics.preview(words, None)


def test_the_page_shows_it_and_knows_no_case_of_nobody(stores: Stores, client: httpx.Client) -> None:
    case_id = stores.cases.case_of("f_power")
    page = client.get(f"/cases/{case_id}/proposals/preview", params={"words": "一百瓦", "lang": "en"})
    assert "Would match 4 sentences: 1 judged in breach, 1 judged lawful, 2 not judged" in page.text
    assert client.get("/cases/none/proposals/preview", params={"words": "一百瓦"}).status_code == 404
    assert client.get(f"/cases/{case_id}/proposals/preview", params={"words": "{x}"}).status_code == 422

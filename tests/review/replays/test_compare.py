"""What a candidate changes, finding by finding, and what that means for decisions already taken."""

from datetime import UTC, datetime
from typing import Any

import pytest

from claims.types import Disposition, VerdictKind
from review.cases.types import CaseState
from review.replays.compare import compare
from review.replays.report import PolicyName, report_from_json, report_json, sum_up
from review.replays.types import ChangeKind, Said, Stored, StoredStream, StreamDiff

STREAM = StoredStream(
    stream_id="s1",
    host_id="h1",
    host_name="小岚",
    at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    passages=(),
    facts=(),
    products=(),
    passports=(),
)
FLAG, NOTE = Disposition.FLAG, Disposition.NOTE


def said(finding_id: str = "f1", **changes: Any) -> Said:
    values: dict[str, Any] = {
        "class_id": "ABS_SUPERLATIVE",
        "verdict": VerdictKind.BANNED,
        "disposition": FLAG,
        "severity": "high",
        "law": ("广告法 9(3)",),
        "product_id": "p1",
        "category": "electronics/charger",
        "passage_ids": ("u1",),
        "start_ms": 1000,
        "quote": "全网最好的充电头",
        "rule": "ABS_SUPERLATIVE.best",
        "score": 0.9,
    }
    return Said(finding_id=finding_id, **(values | changes))


@pytest.mark.parametrize(
    ("before", "after", "kinds", "parts"),
    [
        pytest.param([said()], [said()], [], [], id="the same flag"),
        pytest.param([], [said()], [ChangeKind.FLAGGED], [()], id="a flag where nothing was"),
        pytest.param([said(disposition=NOTE)], [said()], [ChangeKind.FLAGGED], [()], id="a note becomes a flag"),
        pytest.param([said()], [], [ChangeKind.CLEARED], [()], id="a flag is gone"),
        pytest.param([said()], [said(disposition=NOTE)], [ChangeKind.CLEARED], [()], id="a flag becomes a note"),
        pytest.param([said(disposition=NOTE)], [], [], [], id="a note is gone"),
        pytest.param(
            [said()], [said(law=("广告法 28",))], [ChangeKind.CHANGED], [("law",)], id="another article for the same"
        ),
        pytest.param(
            [said("f1")],
            [said("f2", class_id="RANK_FIRST", quote="全网最好的")],
            [ChangeKind.CHANGED],
            [("class_id",)],
            id="the same words under another class",
        ),
        pytest.param(
            [said("f1")],
            [said("f2", class_id="RANK_FIRST", quote="销量第一")],
            [ChangeKind.CLEARED, ChangeKind.FLAGGED],
            [(), ()],
            id="other words of the same passage",
        ),
        pytest.param(
            [said("f1")],
            [said("f2", class_id="RANK_FIRST", passage_ids=("u9",))],
            [ChangeKind.CLEARED, ChangeKind.FLAGGED],
            [(), ()],
            id="the same words in another passage",
        ),
        pytest.param(
            [said("f1"), said("f2", class_id="RANK_FIRST")],
            [said("f3", product_id=None)],
            [ChangeKind.CHANGED, ChangeKind.CLEARED],
            [("product_id",), ()],
            id="two flags of the same words, of which one stays",
        ),
        pytest.param([said()], [said(score=0.7)], [], [], id="another score alone"),
    ],
)
def test_changes_are_told_by_kind(
    before: list[Said], after: list[Said], kinds: list[ChangeKind], parts: list[tuple[str, ...]]
) -> None:
    diff = compare(STREAM, before, after, [])
    assert sorted((c.kind, c.parts) for c in diff.changes) == sorted(zip(kinds, parts, strict=True))


def test_what_is_newly_cleared_carries_its_note_and_what_is_stored_of_it() -> None:
    note = said(disposition=NOTE)
    stored = Stored(said=said(), case_id="c1", state=CaseState.OPEN)
    [change] = compare(STREAM, [said()], [note], [stored]).changes
    assert (change.after, change.stored_id, change.case_id, change.said) == (note, "f1", "c1", said())


def diff_of(before: list[Said], after: list[Said], state: CaseState | None) -> StreamDiff:
    return compare(STREAM, before, after, [Stored(said=said(), case_id="c1", state=state)])


@pytest.mark.parametrize(
    ("state", "before", "after", "counted"),
    [
        (CaseState.CONFIRMED, [said()], [], "reversed"),
        (CaseState.CONFIRMED, [said()], [said("f7", class_id="RANK_FIRST")], "kept"),
        (CaseState.CONFIRMED, [], [], None),
        (CaseState.CLEARED, [said()], [], "agreed"),
        (CaseState.CLEARED, [], [said()], "against"),
        (CaseState.OPEN, [said()], [], None),
    ],
)
def test_changes_are_held_against_what_people_decided(
    state: CaseState, before: list[Said], after: list[Said], counted: str | None
) -> None:
    name = PolicyName(name="zh-CN@1", digest="0" * 64)
    report = sum_up([diff_of(before, after, state)], [], candidate=name, live=name, semantic="off")
    found = {kind: getattr(report.decisions, kind) for kind in ("kept", "reversed", "agreed", "against")}
    assert found == {kind: int(kind == counted) for kind in found}


def test_a_confirmed_case_that_is_still_flagged_elsewhere_is_not_reversed() -> None:
    name = PolicyName(name="zh-CN@1", digest="0" * 64)
    gone, stays = (diff_of([said()], after, CaseState.CONFIRMED) for after in ([], [said()]))
    report = sum_up([gone, stays], [], candidate=name, live=name, semantic="off")
    assert (report.decisions.reversed, report.decisions.kept) == (0, 1)


def test_a_report_adds_up_by_class_host_and_category_and_survives_json() -> None:
    name = PolicyName(name="zh-CN@1", digest="0" * 64)
    other = said("f2", class_id="RANK_FIRST", quote="销量第一", category=None)
    diff = compare(STREAM, [said()], [other], [])
    report = sum_up([diff], [], candidate=name, live=name, semantic="off")
    assert [(g.key, g.before, g.after, g.flagged, g.cleared) for g in report.by_class] == [
        ("RANK_FIRST", 0, 1, 1, 0),
        ("ABS_SUPERLATIVE", 1, 0, 0, 1),
    ]
    assert [(g.key, g.name, g.moved) for g in report.by_host] == [("h1", "小岚", 2)]
    assert {g.key for g in report.by_category} == {"", "electronics/charger"}
    assert report_from_json(report_json(report)) == report


def test_what_the_live_policy_does_not_find_again_is_counted_by_place_and_class() -> None:
    def unlike(now: Said) -> int:
        return compare(STREAM, [now], [now], [Stored(said=said())]).unlike

    assert unlike(said("f9")) == 0
    assert unlike(said("f9", quote="最好的充电头")) == 0
    assert unlike(said("f9", quote="还送三年质保")) == 2
    assert unlike(said("f9", passage_ids=("u2",))) == 2
    assert unlike(said("f9", class_id="RANK_FIRST")) == 2

"""A notice is stored as composed, approved as stored, and not approved once a case in it has changed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from claims.types import Finding
from review.cases.types import Choice
from review.db.engine import open_engine
from review.db.tables.enforcement import MeasureRow
from review.enforcement.errors import MeasureRefused
from review.enforcement.measures import notice_sha256
from review.enforcement.penalty_table import DAY_MS
from review.enforcement.types import MeasureKind, MeasureState
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.enforcement.people import OTHER_SENIOR, REVIEWER, SENIOR, Clock, confirm, decide, notice, wanted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
MakeFinding = Callable[..., Finding]


def two_cases(desk: Stores, make_finding: MakeFinding) -> list[str]:
    """Two confirmed cases of host h1, of different words."""
    return [
        confirm(desk, make_finding(finding_id=f"f{turn}", quote=f"第{turn}句", claimed=f"{turn} W"))
        for turn in range(2)
    ]


def test_a_notice_is_composed_anew_when_it_is_proposed_and_stays_what_it_was(
    desk: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    first, second = two_cases(desk, make_finding)
    clock.wait(DAY_MS)
    choice = wanted([second], clock.ms, kind=MeasureKind.WARNING)
    shown = desk.enforcement.draft(choice)
    measure = desk.enforcement.propose(choice, REVIEWER)
    assert measure.notice == shown
    assert ("第0句" in measure.notice.facts_zh, "第1句" in measure.notice.facts_zh) == (False, True)
    assert measure.notice.points_total == sum(row.points for row in measure.notice.points) == 15
    confirm(desk, make_finding(finding_id="f9", quote="第九句", claimed="9 W"))
    kept = desk.enforcement.measure(measure.id, "a1").notice
    assert kept == measure.notice
    assert desk.enforcement.approve(measure.id, SENIOR).notice == kept
    proposed, approved = [
        entry
        for entry in reversed(desk.audit.entries(limit=100))
        if entry.action.startswith("measure.") and "notice_sha256" in entry.details
    ]
    assert json.loads(proposed.details)["notice_sha256"] == json.loads(approved.details)["notice_sha256"]
    assert first not in measure.case_ids


def test_a_case_decided_anew_makes_the_proposal_stale_by_name(
    desk: Stores, make_finding: MakeFinding, clock: Clock
) -> None:
    first, second = two_cases(desk, make_finding)
    clock.wait(DAY_MS)
    measure = desk.enforcement.propose(wanted([first, second], clock.ms, kind=MeasureKind.WARNING), REVIEWER)
    assert desk.enforcement.changed_case(measure) is None
    desk.cases.reopen(second, OTHER_SENIOR)
    with pytest.raises(MeasureRefused, match=f"case {second}: is") as refused:
        desk.enforcement.approve(measure.id, SENIOR)
    assert refused.value.case_id == second
    decide(desk, second, OTHER_SENIOR, Choice.VIOLATES, "as_found")
    with pytest.raises(MeasureRefused, match=f"case {second}: was decided anew") as refused:
        desk.enforcement.approve(measure.id, SENIOR)
    assert (refused.value.code, desk.enforcement.changed_case(measure)) == ("stale", second)
    assert desk.enforcement.measure(measure.id, "a1").state is MeasureState.PROPOSED
    desk.enforcement.reject(measure.id, REVIEWER, "重新提出")
    again = desk.enforcement.propose(wanted([first, second], clock.ms, kind=MeasureKind.WARNING), REVIEWER)
    assert desk.enforcement.approve(again.id, SENIOR).state is MeasureState.IN_FORCE


def test_words_that_were_corrected_make_the_proposal_stale(
    desk: Stores, make_finding: MakeFinding, confirmed: str, clock: Clock
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms, kind=MeasureKind.WARNING), REVIEWER)
    desk.stream_writer.add_findings([make_finding(quote="总功率可以做到十瓦")])
    with pytest.raises(MeasureRefused, match=confirmed):
        desk.enforcement.approve(measure.id, SENIOR)


def test_who_approves_another_notice_than_was_shown_is_stopped(desk: Stores, confirmed: str, clock: Clock) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms, kind=MeasureKind.WARNING), REVIEWER)
    with pytest.raises(MeasureRefused, match="not the one that was shown"):
        desk.enforcement.approve(measure.id, SENIOR, seen="0" * 64)
    assert desk.enforcement.approve(measure.id, SENIOR, seen=notice_sha256(measure)).state is MeasureState.IN_FORCE


def test_a_proposal_stored_before_notices_were_composed_is_read_and_approved(
    desk: Stores, confirmed: str, clock: Clock, database_url: str
) -> None:
    measure = desk.enforcement.propose(wanted([confirmed], clock.ms), REVIEWER)
    old = notice(clock.ms)
    stored = json.dumps(
        {
            **{"facts_zh": old.facts_zh, "reasons_zh": old.reasons_zh, "basis": list(old.basis)},
            **{"starts_at_ms": old.starts_at_ms, "ends_at_ms": old.ends_at_ms, "appeal_zh": old.appeal_zh},
            **{"facts_en": "", "reasons_en": "", "appeal_en": ""},
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(update(MeasureRow).where(MeasureRow.measure_id == measure.id).values(notice=stored))
    engine.dispose()
    kept = desk.enforcement.measure(measure.id, "a1")
    assert kept.notice == old
    assert notice_sha256(kept) == hashlib.sha256(stored.encode()).hexdigest()
    clock.wait(10 * DAY_MS)
    assert desk.enforcement.approve(measure.id, SENIOR).state is MeasureState.IN_FORCE


def test_what_is_said_again_counts_once_people_confirmed_it(
    desk: Stores, make_finding: MakeFinding, stream: StreamRecord, clock: Clock
) -> None:
    case_id = confirm(desk, make_finding(severity="critical"))
    clock.wait(DAY_MS)
    later = stream.started_at + timedelta(days=1) if stream.started_at else None
    desk.stream_writer.put_stream(replace(stream, stream_id="s9", title="第二场", started_at=later))
    desk.stream_writer.add_findings([make_finding(finding_id="f9", stream_id="s9", severity="critical")])
    assert desk.cases.case_of("f9") == case_id
    choice = wanted([case_id], clock.ms, kind=MeasureKind.WARNING)
    [strike] = desk.enforcement.host_file("h1", "a1").strikes
    assert [broadcast.stream_id for broadcast in strike.broadcasts] == ["s1"]
    assert "第二场" not in desk.enforcement.draft(choice).facts_zh
    desk.cases.reopen(case_id, OTHER_SENIOR)
    decide(desk, case_id, OTHER_SENIOR, Choice.VIOLATES, "as_found")
    [strike] = desk.enforcement.host_file("h1", "a1").strikes
    assert [broadcast.stream_id for broadcast in strike.broadcasts] == ["s1", "s9"]
    told = desk.enforcement.draft(choice).facts_zh
    assert "另于2026年11月25日20时00分26秒，直播“第二场”（开播后 0:00:26）" in told

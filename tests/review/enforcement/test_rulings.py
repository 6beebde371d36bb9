"""Appeals are decided case by case: what falls, what stands, and the milder or shorter measure that follows from it."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from claims.law.texts import StatuteTexts
from claims.types import Finding
from review.cases.types import CaseState, Choice
from review.enforcement.errors import AppealRefused
from review.enforcement.notice_pages import decision_html, notice_html
from review.enforcement.penalty_table import DAY_MS, Measures
from review.enforcement.types import AppealState, Measure, MeasureKind, MeasureState, Remaining, Ruling
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.enforcement.people import (
    OTHER_SENIOR,
    REVIEWER,
    SENIOR,
    THIRD_SENIOR,
    Clock,
    confirm,
    decide,
    decide_whole,
    due_kinds,
    wanted,
)
from tests.review.server.pages.conftest import LAWS_FILE

MakeFinding = Callable[..., Finding]
AsPerson = Callable[[str], httpx.Client]
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
LAWS = StatuteTexts.read(LAWS_FILE)
ENTRY, SUSPENSION, LIMITS, WARNING = (
    MeasureKind.BLACKLIST,
    MeasureKind.SUSPENSION,
    MeasureKind.LIMITS,
    MeasureKind.WARNING,
)


def stands(case_id: str) -> Ruling:
    return Ruling(case_id=case_id, stands=True, reasons_zh="录像清楚", reasons_en="The recording is clear.")


def falls(case_id: str, why: str = "misheard") -> Ruling:
    return Ruling(case_id=case_id, stands=False, why=why, reasons_zh="复听后听错", reasons_en="It was misheard.")


@pytest.fixture
def three(desk: Stores, make_finding: MakeFinding, clock: Clock) -> list[str]:
    """Three confirmed cases of one host, a day old."""
    found = [
        confirm(desk, make_finding(finding_id=f"f{number}", claimed=f"{number}00 W", quote=f"做到{number}百瓦"))
        for number in (1, 2, 3)
    ]
    clock.wait(DAY_MS)
    return found


@pytest.fixture
def appealed(desk: Stores, three: list[str], clock: Clock) -> tuple[Measure, str]:
    """A blacklist entry that binds for thirty days, and the id of the appeal against it."""
    measure = desk.enforcement.propose(wanted(three, clock.ms), REVIEWER)
    clock.wait(10 * DAY_MS)
    desk.enforcement.approve(measure.id, SENIOR)
    clock.wait(DAY_MS)
    appeal = desk.enforcement.appeal(desk.enforcement.issue_token(measure.id, "r1"), "有一句听错了")
    return desk.enforcement.measure(measure.id, "a1"), appeal.id


def states(desk: Stores, case_ids: list[str]) -> list[CaseState]:
    return [desk.cases.case(case_id).state for case_id in case_ids]


@BOTH
def test_what_falls_is_cleared_and_the_notice_follows_from_what_stands(
    desk: Stores, three: list[str], appealed: tuple[Measure, str], clock: Clock, table: Measures
) -> None:
    before, appeal_id = appealed
    rulings = [falls(three[1]), stands(three[0]), stands(three[2])]
    appeal = desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, rulings, Remaining(kind=SUSPENSION, term_days=7))
    after = desk.enforcement.measure(before.id, "a1")
    assert (appeal.state, after.state, after.kind) == (AppealState.VARIED, MeasureState.IN_FORCE, SUSPENSION)
    assert states(desk, three) == [CaseState.CONFIRMED, CaseState.CLEARED, CaseState.CONFIRMED]
    assert {fact.case_id for fact in after.notice.facts} == {three[0], three[2]}
    assert after.notice.points_total == sum(row.points for row in after.notice.points)
    assert after.notice.points_total < before.notice.points_total
    assert after.ends_at_ms == before.starts_at_ms + 7 * DAY_MS
    assert (after.breach, after.serious_why) == ("", "")
    assert "改为“限期停播”" in after.notice.amended_zh
    [fallen] = [ruling for ruling in appeal.rulings if not ruling.stands]
    assert f"第{fallen.fact}项事实" in after.notice.amended_zh
    assert [ruling.fact for ruling in appeal.rulings] == [1, 2, 3]
    assert desk.enforcement.blacklist() == ()
    assert due_kinds(desk)[-3:] == ["appeal.filed", "measure.varied", "appeal.varied"]
    assert desk.audit.verify() is None
    paper = notice_html(after, "小岚", table, LAWS, clock.ms)
    assert "处置通知书（更正）" in paper
    assert "做到2百瓦" not in paper
    decision = decision_html(appeal, after, "小岚", table)
    assert "申诉部分成立：措施由“列入黑名单”变更为“限期停播”" in decision
    assert "撤销认定。复听后听错" in decision
    assert "becomes" in decision


@BOTH
def test_a_second_appeal_may_follow_and_nobody_of_the_first_decides_it(
    desk: Stores, three: list[str], appealed: tuple[Measure, str]
) -> None:
    measure, appeal_id = appealed
    rulings = [falls(three[1]), stands(three[0]), stands(three[2])]
    desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, rulings, Remaining(kind=WARNING))
    again = desk.enforcement.appeal(desk.enforcement.issue_token(measure.id, "r1"), "其余也不对")
    with pytest.raises(AppealRefused, match="no part"):
        decide_whole(desk, again.id, OTHER_SENIOR, overturn=True, reasons_zh="x")
    rest = [falls(three[0]), falls(three[2])]
    assert desk.enforcement.decide_appeal(again.id, THIRD_SENIOR, rest).state is AppealState.OVERTURNED
    assert desk.enforcement.measure(measure.id, "a1").state is MeasureState.LIFTED
    assert set(states(desk, three)) == {CaseState.CLEARED}


@pytest.mark.parametrize(
    ("left", "ends"),
    [
        (Remaining(kind=ENTRY, term_days=12), 12),
        (Remaining(kind=SUSPENSION), 30),
        (Remaining(kind=LIMITS), 7),
        (Remaining(kind=WARNING, term_days=30), 30),
    ],
    ids=["the same, shorter", "milder, as usual", "limits, as usual", "a warning"],
)
def test_a_measure_becomes_milder_or_shorter_where_every_case_stands(
    desk: Stores, three: list[str], appealed: tuple[Measure, str], left: Remaining, ends: int
) -> None:
    before, appeal_id = appealed
    appeal = desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, [stands(one) for one in three], left)
    after = desk.enforcement.measure(before.id, "a1")
    assert (appeal.state, after.kind) == (AppealState.VARIED, left.kind)
    assert after.ends_at_ms == before.starts_at_ms + ends * DAY_MS
    assert len(after.notice.facts) == 3


def test_a_term_that_is_over_by_now_ends_the_measure(
    desk: Stores, three: list[str], appealed: tuple[Measure, str]
) -> None:
    before, appeal_id = appealed
    left = Remaining(kind=ENTRY, term_days=1)
    desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, [stands(one) for one in three], left)
    assert desk.enforcement.measure(before.id, "a1").state is MeasureState.ENDED
    assert due_kinds(desk)[-3:] == ["measure.varied", "measure.ended", "appeal.varied"]


def test_no_measure_may_be_left_though_cases_stand(
    desk: Stores, three: list[str], appealed: tuple[Measure, str]
) -> None:
    before, appeal_id = appealed
    rulings = [stands(one) for one in three]
    appeal = desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, rulings, Remaining(kind=None))
    assert appeal.state is AppealState.VARIED
    assert desk.enforcement.measure(before.id, "a1").state is MeasureState.LIFTED
    assert set(states(desk, three)) == {CaseState.CONFIRMED}


def test_as_it_was_is_upheld_and_changes_no_byte_of_the_notice(
    desk: Stores, three: list[str], appealed: tuple[Measure, str]
) -> None:
    before, appeal_id = appealed
    rulings = [stands(one) for one in three]
    appeal = desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, rulings, Remaining(kind=ENTRY, term_days=30))
    assert appeal.state is AppealState.UPHELD
    assert desk.enforcement.measure(before.id, "a1") == before


@pytest.mark.parametrize(
    ("change", "left", "code"),
    [
        (lambda r: r[:2], Remaining(kind=WARNING), "choice"),
        (lambda r: [replace(r[0], reasons_zh=" "), *r[1:]], Remaining(kind=WARNING), "reasons"),
        (lambda r: [falls(r[0].case_id, ""), *r[1:]], Remaining(kind=WARNING), "choice"),
        (lambda r: [falls(r[0].case_id, "as_found"), *r[1:]], Remaining(kind=WARNING), "choice"),
        (lambda r: [*r, stands("nobody's")], Remaining(kind=WARNING), "choice"),
        (lambda r: r, None, "measure"),
        (lambda r: r, Remaining(kind=ENTRY, term_days=31), "term"),
        (lambda r: r, Remaining(kind=WARNING, term_days=0), "term"),
        (lambda r: r, Remaining(kind=WARNING, term_days=31), "term"),
    ],
    ids=[
        "one undecided",
        "no reasons",
        "not why",
        "no reason to be lawful",
        "a stranger",
        "no measure named",
        "longer",
        "no day",
        "a milder one that is longer",
    ],
)
def test_what_is_undecided_or_harsher_is_refused_and_nothing_changes(
    desk: Stores,
    three: list[str],
    appealed: tuple[Measure, str],
    change: Callable[[list[Ruling]], list[Ruling]],
    left: Remaining | None,
    code: str,
) -> None:
    before, appeal_id = appealed
    with pytest.raises(AppealRefused) as refused:
        desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, change([stands(one) for one in three]), left)
    assert refused.value.code == code
    assert desk.enforcement.measure(before.id, "a1") == before
    assert [appeal.id for appeal in desk.enforcement.open_appeals()] == [appeal_id]


def test_nothing_graver_than_it_was(desk: Stores, three: list[str], clock: Clock) -> None:
    choice = wanted(
        three, clock.ms, kind=WARNING, starts_at_ms=clock.ms, breach="", serious_why="", urgent_why="正在播"
    )
    measure = desk.enforcement.propose(choice, REVIEWER)
    desk.enforcement.approve(measure.id, SENIOR)
    appeal = desk.enforcement.appeal(desk.enforcement.issue_token(measure.id, "r1"), "不服")
    with pytest.raises(AppealRefused, match="nothing graver"):
        desk.enforcement.decide_appeal(
            appeal.id, OTHER_SENIOR, [stands(one) for one in three], Remaining(kind=SUSPENSION, term_days=1)
        )


def test_where_cases_fell_no_more_is_left_than_the_table_proposes_for_the_rest(
    desk: Stores, make_finding: MakeFinding, stream: StreamRecord, clock: Clock
) -> None:
    first = confirm(desk, make_finding(finding_id="f1", quote="第一句", severity="high", claimed="1 W"))
    warning = wanted([first], clock.ms, kind=WARNING, starts_at_ms=clock.ms, breach="", serious_why="", urgent_why="急")
    told = desk.enforcement.propose(warning, REVIEWER)
    desk.enforcement.approve(told.id, SENIOR)
    clock.wait(DAY_MS)
    desk.stream_writer.put_stream(replace(stream, stream_id="s9", started_at=clock.now))
    more = [
        confirm(desk, make_finding(finding_id=f"g{n}", stream_id="s9", quote=f"又说{n}", claimed=f"{n} V", severity=s))
        for n, s in ((1, "high"), (2, "medium"))
    ]
    clock.wait(DAY_MS)
    choice = wanted(more, clock.ms, kind=LIMITS, breach="", serious_why="", starts_at_ms=clock.ms, urgent_why="急")
    measure = desk.enforcement.propose(choice, REVIEWER)
    assert measure.notice.proposed_kind == "limits"
    desk.enforcement.approve(measure.id, SENIOR)
    appeal = desk.enforcement.appeal(desk.enforcement.issue_token(measure.id, "r1"), "不服")
    rulings = [falls(more[0]), stands(more[1])]
    with pytest.raises(AppealRefused) as refused:
        desk.enforcement.decide_appeal(appeal.id, OTHER_SENIOR, rulings, Remaining(kind=LIMITS))
    assert refused.value.code == "too_grave"
    decided = desk.enforcement.decide_appeal(appeal.id, OTHER_SENIOR, rulings, Remaining(kind=WARNING, term_days=7))
    assert decided.state is AppealState.VARIED


def test_a_case_that_was_opened_anew_carries_no_corrected_notice(
    desk: Stores, three: list[str], appealed: tuple[Measure, str]
) -> None:
    _, appeal_id = appealed
    desk.cases.reopen(three[0], SENIOR)
    rulings = [falls(three[1]), stands(three[0]), stands(three[2])]
    with pytest.raises(AppealRefused) as refused:
        desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, rulings, Remaining(kind=WARNING))
    assert refused.value.code == "case_moved"


def test_a_case_that_was_cleared_meanwhile_needs_no_ruling(
    desk: Stores, three: list[str], appealed: tuple[Measure, str]
) -> None:
    before, appeal_id = appealed
    desk.cases.reopen(three[0], SENIOR)
    decide(desk, three[0], THIRD_SENIOR, Choice.LAWFUL, "true")
    left = Remaining(kind=WARNING, term_days=20)
    appeal = desk.enforcement.decide_appeal(appeal_id, OTHER_SENIOR, [stands(three[1]), stands(three[2])], left)
    assert {ruling.case_id for ruling in appeal.rulings} == {three[1], three[2]}
    assert len(desk.enforcement.measure(before.id, "a1").notice.facts) == 2


def test_the_page_chooses_nothing_shows_what_follows_and_says_it_to_the_host(
    desk: Stores, three: list[str], appealed: tuple[Measure, str], as_person: AsPerson
) -> None:
    measure, appeal_id = appealed
    client = as_person("eva")
    url = f"/appeals/{appeal_id}"
    page = client.get(url).text
    assert page.count('class="ruling"') == 3
    assert "checked" not in page
    fields: dict[str, object] = {"case_id": three, "measure": "suspension", "term_days": "9", "act": "preview"}
    for number, case_id in enumerate(three):
        fields |= {f"ruling.{case_id}": "stands" if number else "falls", f"zh.{case_id}": f"理由{number}"}
    fields[f"why.{three[0]}"] = "misheard"
    shown = client.post(f"{url}/decide", data=fields)
    assert shown.status_code == 200
    assert "处置" in shown.text
    assert 'class="outcome"' in shown.text
    assert "理由2" in shown.text
    assert desk.enforcement.measure(measure.id, "a1") == measure
    bad = client.post(f"{url}/decide", data=fields | {"act": "decide", "term_days": "九"})
    assert (bad.status_code, "期限须为天数" in bad.text) == (422, True)
    sent = client.post(f"{url}/decide", data=fields | {"act": "decide"})
    assert sent.status_code == 303
    after = client.get(f"{url}?lang=en").text
    assert "succeeded in part" in after
    assert client.get(f"{url}/decision.pdf").content.startswith(b"%PDF-")
    token = desk.enforcement.issue_token(measure.id, "r1")
    host = client.get(f"/h/{token}?lang=zh").text
    assert "部分成立" in host
    assert "撤销认定" in host
    assert "更正：" in host

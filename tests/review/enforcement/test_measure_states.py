"""A measure's rules one by one: five parts, two people, a law, a hearing, an end."""

from dataclasses import replace
from typing import Any

import pytest

from review.accounts.types import Person
from review.cases.types import CaseState
from review.enforcement.errors import MeasureRefused, NoticeIncomplete
from review.enforcement.measure_states import approved, expired, people_needed, proposed, rejected
from review.enforcement.penalty_table import DAY_MS, Measures
from review.enforcement.types import Measure, MeasureKind, MeasureState
from tests.review.enforcement.people import AUDITOR, OTHER_SENIOR, REVIEWER, SENIOR, notice, wanted

NOW = 1_000 * DAY_MS
CASES = {"c1": CaseState.CONFIRMED}


def make(table: Measures, person: Person = REVIEWER, **changes: Any) -> Measure:
    words = changes.pop("notice", notice(NOW))
    chosen = wanted(changes.pop("case_ids", ["c1"]), NOW, **changes)
    return proposed("m1", chosen, words, person, CASES, table, NOW)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("facts", {"facts_zh": " "}),
        ("reasons", {"reasons_zh": ""}),
        ("basis", {"basis": ()}),
        ("basis", {"basis": ("广告法 28", " ")}),
        ("term", {"starts_at_ms": None}),
        ("term", {"ends_at_ms": None}),
        ("term", {"ends_at_ms": NOW}),
        ("appeal", {"appeal_zh": "\n"}),
    ],
)
def test_a_notice_without_one_of_its_five_parts_is_refused_by_name(
    table: Measures, part: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(NoticeIncomplete, match=part) as refused:
        make(table, notice=notice(NOW, **changes))
    assert refused.value.field == part


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("breach", {"breach": ""}),
        ("basis_unknown", {"breach": "广告法 999"}),
        ("basis_unknown", {"breach": "某某办法"}),
        (
            "only_a_rule",
            {
                "breach": "明码标价和禁止价格欺诈规定 16(2)",
                "notice": notice(NOW, basis=("明码标价和禁止价格欺诈规定 16(2)",)),
            },
        ),
        ("breach_not_in_notice", {"breach": "广告法 9(3)"}),
        ("basis_unknown", {"notice": notice(NOW, basis=("广告法 28(2)(2)", "传闻 1"))}),
        ("serious_why", {"serious_why": " "}),
        ("no_case", {"case_ids": ()}),
        ("other_host", {"case_ids": ("c1", "c9")}),
        ("starts_early", {"notice": notice(NOW, starts_at_ms=NOW - 1)}),
        ("before_defence", {"notice": notice(NOW, starts_at_ms=NOW + DAY_MS)}),
        ("too_long", {"notice": notice(NOW, ends_at_ms=NOW + 2000 * DAY_MS)}),
    ],
)
def test_a_blacklist_proposal_is_refused_with_the_reason(table: Measures, code: str, changes: dict[str, Any]) -> None:
    with pytest.raises(MeasureRefused) as refused:
        make(table, **changes)
    assert refused.value.code == code


def test_an_administrative_regulation_will_do(table: Measures) -> None:
    cited = "化妆品监督管理条例 43"
    assert make(table, breach=cited, notice=notice(NOW, basis=(cited,))).breach == cited


def test_a_case_that_is_not_confirmed_carries_nothing(table: Measures) -> None:
    with pytest.raises(MeasureRefused, match="not confirmed"):
        proposed("m1", wanted(["c1"], NOW), notice(NOW), REVIEWER, {"c1": CaseState.SENIOR_REVIEW}, table, NOW)


def test_an_auditor_changes_nothing(table: Measures) -> None:
    with pytest.raises(MeasureRefused, match="auditor"):
        make(table, AUDITOR)


def test_the_approver_is_a_senior_and_not_the_proposer(table: Measures) -> None:
    measure = make(table, SENIOR)
    for person, code in ((SENIOR, "second_person"), (REVIEWER, "senior_only"), (AUDITOR, "senior_only")):
        with pytest.raises(MeasureRefused) as refused:
            approved(measure, person, CASES, table, NOW, answered=True)
        assert refused.value.code == code
    in_force = approved(measure, OTHER_SENIOR, CASES, table, NOW, answered=True)
    assert (in_force.state, in_force.proposed_by, in_force.approved_by) == (MeasureState.IN_FORCE, "s1", "s2")
    assert in_force.appeal_due_ms == NOW + 30 * DAY_MS


def test_a_table_can_not_make_a_blacklist_the_work_of_one(table: Measures) -> None:
    loose = table.model_copy(
        update={
            "measures": {
                **table.measures,
                MeasureKind.BLACKLIST: table.measures[MeasureKind.BLACKLIST].model_copy(update={"people": 1}),
            }
        }
    )
    assert people_needed(MeasureKind.BLACKLIST, loose) == 2
    with pytest.raises(MeasureRefused, match="somebody else"):
        approved(make(table, SENIOR), SENIOR, CASES, loose, NOW, answered=True)


def test_a_warning_takes_one_person(table: Measures) -> None:
    warning = make(table, SENIOR, kind=MeasureKind.WARNING, notice=notice(NOW, starts_at_ms=NOW), breach="")
    assert approved(warning, SENIOR, CASES, table, NOW, answered=False).state is MeasureState.IN_FORCE


def test_the_host_is_heard_first(table: Measures) -> None:
    measure = make(table)
    assert measure.defence_due_ms == NOW + 10 * DAY_MS
    with pytest.raises(MeasureRefused, match="time to answer"):
        approved(measure, SENIOR, CASES, table, measure.defence_due_ms - 1, answered=False)
    assert approved(measure, SENIOR, CASES, table, measure.defence_due_ms, answered=False).binds(measure.starts_at_ms)
    assert approved(measure, SENIOR, CASES, table, NOW, answered=True).state is MeasureState.IN_FORCE


def test_what_is_urgent_says_why_and_begins_at_once(table: Measures) -> None:
    urgent = make(table, urgent_why="直播正在售卖假药", notice=notice(NOW, starts_at_ms=NOW))
    assert approved(urgent, SENIOR, CASES, table, NOW, answered=False).binds(NOW)


def test_a_case_that_was_cleared_meanwhile_stops_the_approval(table: Measures) -> None:
    with pytest.raises(MeasureRefused, match="not confirmed"):
        approved(make(table), SENIOR, {"c1": CaseState.CLEARED}, table, NOW, answered=True)


def test_a_notice_without_a_legal_basis_is_not_approved(table: Measures) -> None:
    for basis in ((), (" ",)):
        with pytest.raises(NoticeIncomplete, match="basis"):
            approved(replace(make(table), notice=notice(NOW, basis=basis)), SENIOR, CASES, table, NOW, answered=True)


def test_a_case_that_changed_since_stops_the_approval_and_is_named(table: Measures) -> None:
    with pytest.raises(MeasureRefused, match="case c1: was decided anew") as refused:
        approved(make(table), SENIOR, CASES, table, NOW, answered=True, changed="c1")
    assert (refused.value.code, refused.value.case_id) == ("stale", "c1")


def test_a_measure_approved_late_takes_effect_with_its_approval(table: Measures) -> None:
    measure = make(table)
    late = measure.starts_at_ms + 5 * DAY_MS
    in_force = approved(measure, SENIOR, CASES, table, late, answered=False)
    assert (in_force.begins_at_ms, in_force.starts_at_ms) == (late, measure.starts_at_ms)
    assert not in_force.binds(late - 1)
    assert in_force.binds(late)


def test_every_measure_ends_by_itself(table: Measures) -> None:
    measure = make(table)
    assert expired(measure, measure.lapses_at_ms - 1) is measure
    assert expired(measure, measure.lapses_at_ms).state is MeasureState.LAPSED
    with pytest.raises(MeasureRefused, match="time is over"):
        approved(measure, SENIOR, CASES, table, measure.lapses_at_ms, answered=True)
    in_force = approved(measure, SENIOR, CASES, table, NOW, answered=True)
    assert in_force.binds(in_force.ends_at_ms - 1)
    assert not in_force.binds(in_force.ends_at_ms)
    ended = expired(in_force, in_force.ends_at_ms)
    assert ended.state is MeasureState.ENDED
    assert expired(ended, in_force.ends_at_ms + 1) is ended


def test_a_proposal_is_taken_back_by_its_proposer_or_declined_by_a_senior_with_a_reason(table: Measures) -> None:
    measure = make(table)
    assert rejected(measure, REVIEWER, "看错了", NOW).state is MeasureState.REJECTED
    assert rejected(measure, SENIOR, "过重", NOW).closed_why == "过重"
    with pytest.raises(MeasureRefused, match="reason"):
        rejected(measure, SENIOR, " ", NOW)
    with pytest.raises(MeasureRefused):
        rejected(measure, replace(REVIEWER, id="r9"), "x", NOW)
    with pytest.raises(MeasureRefused, match="not proposed"):
        rejected(rejected(measure, SENIOR, "过重", NOW), SENIOR, "x", NOW)

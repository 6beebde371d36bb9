"""The sum of the published table, by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.enforcement.penalty_points import expires_at_ms, propose
from review.enforcement.penalty_table import DAY_MS, Measures, read_measures
from review.enforcement.types import Broadcast, Held, MeasureKind, Strike, Taken

NOW = 1_000 * DAY_MS
TABLE = read_measures(Path(__file__).parents[3] / "configs" / "enforcement")
STRIKE = Strike(
    case_id="c1-first-case",
    host_id="h1",
    class_id="SPEC_PARAM",
    category=None,
    severity="medium",
    corrected=False,
    law=("广告法 28(2)(2)",),
    at_ms=NOW - 10 * DAY_MS,
    confirmed_at_ms=NOW - 9 * DAY_MS,
)


def later(number: int, **changes: object) -> Strike:
    base = replace(STRIKE, case_id=f"c{number}", at_ms=STRIKE.at_ms + number * 1000)
    return replace(base, **changes)  # type: ignore[arg-type]


def in_broadcast(day: int) -> Broadcast:
    """A broadcast so many days after the first strike."""
    at_ms = STRIKE.at_ms + day * DAY_MS
    return Broadcast(stream_id=f"s{day}", first_ms=at_ms, last_ms=at_ms)


def test_nothing_counts_nothing_is_proposed(table: Measures) -> None:
    proposal = propose([], table, NOW)
    assert (proposal.measure, proposal.points, proposal.term_days) == (None, 0, 0)
    assert "没有" in proposal.reason_zh


@pytest.mark.parametrize(
    ("strikes", "points", "measure"),
    [
        ([STRIKE], 15, MeasureKind.WARNING),
        ([replace(STRIKE, corrected=True)], 5, None),
        ([STRIKE, later(1)], 30, MeasureKind.WARNING),
        ([STRIKE, later(1, corrected=True)], 20, MeasureKind.WARNING),
        ([STRIKE, later(1, severity="high"), later(2)], 60, MeasureKind.LIMITS),
        ([replace(STRIKE, severity="critical", class_id="DISEASE_FOOD")], 100, MeasureKind.LIMITS),
        ([replace(STRIKE, severity="critical", class_id="INFANT_BREASTMILK")], 140, MeasureKind.SUSPENSION),
        ([replace(STRIKE, category="health_food/x")], 25, MeasureKind.WARNING),
        (
            [STRIKE, later(1, severity="critical", class_id="DISEASE_FOOD"), later(2, severity="critical")],
            175,
            MeasureKind.SUSPENSION,
        ),
        ([later(n, severity="critical") for n in range(4)], 240, MeasureKind.BLACKLIST),
    ],
    ids=[
        *("one", "corrected", "two", "second corrected", "limits", "health", "minors", "by category", "suspension"),
        "blacklist",
    ],
)
def test_points_reach_measures(
    strikes: list[Strike], points: int, measure: MeasureKind | None, table: Measures
) -> None:
    proposal = propose(strikes, table, NOW)
    assert (proposal.points, proposal.reached) == (points, measure)
    assert str(points) in proposal.reason_zh
    assert str(points) in proposal.reason_en


def test_after_a_notice_it_weighs_more(table: Measures) -> None:
    told = Taken(kind=MeasureKind.WARNING, told_at_ms=STRIKE.at_ms + 500, case_ids=(STRIKE.case_id,))
    assert propose([STRIKE, later(1)], table, NOW, taken=[told]).points == 15 + 30


def test_departmental_rules_alone_never_propose_a_blacklist(table: Measures) -> None:
    rule_only = [
        later(n, severity="critical", law=("明码标价和禁止价格欺诈规定 16",), broadcasts=(in_broadcast(n),))
        for n in range(4)
    ]
    proposal = propose(rule_only, table, NOW)
    assert (proposal.measure, proposal.held) == (MeasureKind.SUSPENSION, Held.LAW)
    assert "不建议列入黑名单" in proposal.reason_zh
    assert "not proposed" in proposal.reason_en
    with_law = [*rule_only, later(9)]
    assert propose(with_law, table, NOW).measure is MeasureKind.BLACKLIST


def test_a_strike_is_forgotten_to_the_millisecond(table: Measures) -> None:
    end = expires_at_ms(STRIKE, table)
    assert end == STRIKE.at_ms + 180 * DAY_MS
    assert propose([STRIKE], table, end - 1).points == 15
    assert propose([STRIKE], table, end).points == 0


def test_the_first_offence_is_the_first_ever_even_if_forgotten(table: Measures) -> None:
    old = replace(STRIKE, case_id="c0", at_ms=STRIKE.at_ms - 400 * DAY_MS, broadcasts=(in_broadcast(-400),))
    assert propose([old, STRIKE], table, NOW).points == 20


_STRIKES = st.lists(
    st.builds(
        lambda n, severity, corrected, class_id, age: later(
            n, severity=severity, corrected=corrected, class_id=class_id, at_ms=NOW - age * DAY_MS
        ),
        st.integers(0, 10_000),
        st.sampled_from(["medium", "high", "critical"]),
        st.booleans(),
        st.sampled_from(["SPEC_PARAM", "DISEASE_FOOD", "INFANT_BREASTMILK"]),
        st.integers(0, 800),
    ),
    max_size=8,
    unique_by=lambda strike: strike.case_id,
)


@given(strikes=_STRIKES)
def test_the_sum_is_the_steps_order_does_not_matter_and_time_only_helps(strikes: list[Strike]) -> None:
    proposal = propose(strikes, TABLE, NOW)
    assert proposal == propose(list(reversed(strikes)), TABLE, NOW)
    assert proposal.points == sum(step.points for step in proposal.steps)
    assert propose(strikes, TABLE, NOW + 3650 * DAY_MS).measure is None
    corrected = propose([replace(strike, corrected=True) for strike in strikes], TABLE, NOW)
    assert corrected.points <= proposal.points


@pytest.mark.parametrize(
    ("changes", "factors", "points"),
    [
        ({"class_id": "INFANT_BREASTMILK"}, (("minors", 100), ("first", -25)), 35),
        ({"category": "infant_formula/stage1"}, (("minors", 100), ("first", -25)), 35),
        ({"class_id": "DISEASE_FOOD"}, (("health", 50), ("first", -25)), 25),
        (
            {"class_id": "DISEASE_FOOD", "category": "infant_formula/x"},
            (("health", 50), ("minors", 100), ("first", -25)),
            45,
        ),
        ({"category": "food/infant_formula/x"}, (("first", -25),), 15),
        ({"corrected": True}, (("corrected", -50), ("first", -25)), 5),
    ],
)
def test_each_step_names_its_factors_in_hundredths(
    changes: dict[str, object], factors: tuple[tuple[str, int], ...], points: int, table: Measures
) -> None:
    (step,) = propose([replace(STRIKE, **changes)], table, NOW).steps  # type: ignore[arg-type]
    assert (step.case_id, step.base_points) == (STRIKE.case_id, 20)
    assert (step.factors, step.points) == (factors, points)
    assert step.expires_at_ms == STRIKE.at_ms + 180 * DAY_MS


def test_hundredths_are_taken_of_the_points_and_rounded_down_and_never_under_nothing(table: Measures) -> None:
    heavy = table.severities["medium"].model_copy(update={"points": 199})
    weights = table.model_copy(update={"severities": {**table.severities, "medium": heavy}})
    assert propose([STRIKE], weights, NOW).points == 149
    off = table.mitigations.model_copy(
        update={"corrected": table.mitigations.corrected.model_copy(update={"percent": 100})}
    )
    forgiving = weights.model_copy(update={"mitigations": off})
    assert propose([replace(STRIKE, corrected=True)], forgiving, NOW).points == 0
    plain = [replace(STRIKE, at_ms=STRIKE.at_ms - DAY_MS, case_id="c0"), later(1, broadcasts=(in_broadcast(5),))]
    assert [step.points for step in propose(plain, weights, NOW).steps] == [149, 199]


def test_the_proposal_says_how_long_and_by_which_table(table: Measures) -> None:
    proposal = propose([STRIKE], table, NOW)
    assert (proposal.measure, proposal.term_days) == (MeasureKind.WARNING, 90)
    assert (proposal.table_version, proposal.held) == (table.version, Held.NOTHING)
    assert propose([replace(STRIKE, corrected=True)], table, NOW).term_days == 0


def test_cases_that_are_not_chosen_weigh_nothing_and_still_tell_which_broadcast_was_the_first(table: Measures) -> None:
    both = [STRIKE, later(1, severity="high", broadcasts=(in_broadcast(3),))]
    proposal = propose(both, table, NOW, chosen=["c1"])
    assert [(step.case_id, step.points) for step in proposal.steps] == [("c1", 40)]
    assert propose(both, table, NOW, chosen=[]).points == 0
    early = [later(1, at_ms=NOW + 1)]
    assert propose(early, table, NOW).points == 0
    assert propose(early, table, NOW + 1).points > 0


def test_words_of_the_very_moment_of_a_notice_are_no_repetition(table: Measures) -> None:
    told = Taken(kind=MeasureKind.WARNING, told_at_ms=STRIKE.said_in[0].last_ms, case_ids=())
    assert dict(propose([STRIKE], table, NOW, taken=[told]).steps[0].factors) == {"first": -25}
    sooner = replace(told, told_at_ms=told.told_at_ms - 1)
    assert dict(propose([STRIKE], table, NOW, taken=[sooner]).steps[0].factors) == {"repeated": 50}


def test_where_only_the_law_is_wanting_the_measure_below_is_proposed_and_the_reason_told(table: Measures) -> None:
    law = ("明码标价和禁止价格欺诈规定 16",)
    grave = [later(n, severity="critical", law=law, broadcasts=(in_broadcast(n),)) for n in range(4)]
    assert propose(grave, table, NOW).held is Held.LAW
    one = [replace(strike, broadcasts=(in_broadcast(0),)) for strike in grave]
    held = propose(one, table, NOW)
    assert (held.measure, held.held) == (MeasureKind.WARNING, Held.LADDER)
    unknown = [replace(strike, law=("某某办法 1", "传闻")) for strike in grave]
    assert propose(unknown, table, NOW).measure is MeasureKind.SUSPENSION

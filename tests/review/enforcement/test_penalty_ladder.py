"""The ladder: one rung a broadcast, once the rung below was told; straight to the last only for the gravest twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.errors import PolicyError
from review.enforcement.penalty_points import propose
from review.enforcement.penalty_table import DAY_MS, read_measures
from review.enforcement.types import Broadcast, Held, MeasureKind, Strike, Taken
from tests.review.enforcement.test_penalty_points import STRIKE

CONFIGS = Path(__file__).parents[3] / "configs" / "enforcement"
TABLE = read_measures(CONFIGS)
NOW = STRIKE.at_ms + 60 * DAY_MS
RUNGS = TABLE.ladder.rungs
SEVERITIES = st.sampled_from(["medium", "high", "critical"])
MILD = st.sampled_from(["medium", "high"])


def strike(name: str, broadcast: int, severity: str = "critical", **changes: object) -> Strike:
    """A confirmed case of this broadcast of the host; broadcasts are a day apart."""
    at_ms = STRIKE.at_ms + broadcast * DAY_MS
    said = Broadcast(stream_id=f"s{broadcast}", first_ms=at_ms, last_ms=at_ms + 60_000)
    base = replace(STRIKE, case_id=name, at_ms=at_ms, severity=severity, broadcasts=(said,))
    return replace(base, **changes)  # type: ignore[arg-type]


def taken(kind: MeasureKind, after: int, *strikes: Strike) -> Taken:
    """A measure that the host was told of some hours after this broadcast."""
    told_at_ms = STRIKE.at_ms + after * DAY_MS + DAY_MS // 2
    return Taken(kind=kind, told_at_ms=told_at_ms, case_ids=tuple(each.case_id for each in strikes))


def rung(kind: MeasureKind | None) -> int:
    return TABLE.ladder.rung_of(kind)


def test_nine_cases_of_one_broadcast_propose_a_warning() -> None:
    classes = ["SPEC_PARAM", "DISEASE_FOOD", "ABS_SUPERLATIVE", "STATE_ENDORSE", "ORIGIN"]
    nine = [strike(f"c{n}", 0, class_id=classes[n % 5]) for n in range(9)]
    proposal = propose(nine, TABLE, NOW)
    assert proposal.points > TABLE.measures[MeasureKind.BLACKLIST].at_points
    assert (proposal.measure, proposal.reached, proposal.held) == (
        MeasureKind.WARNING,
        MeasureKind.BLACKLIST,
        Held.LADDER,
    )
    assert "一场直播至多升一级" in proposal.reason_zh
    assert "one broadcast leads one rung further" in proposal.reason_en
    assert all(("first", -25) in step.factors for step in proposal.steps)


def test_a_host_climbs_warning_suspension_listing() -> None:
    first = [strike(f"a{n}", 0, "high") for n in range(3)]
    warned = taken(MeasureKind.WARNING, 0, *first)
    assert propose(first, TABLE, NOW, taken=[warned]).measure is MeasureKind.WARNING
    second = [strike(f"b{n}", 1, "high") for n in range(3)]
    assert propose([*first, *second], TABLE, NOW, taken=[warned]).measure is MeasureKind.SUSPENSION
    suspended = taken(MeasureKind.SUSPENSION, 1, *second)
    third = [strike("c", 2, "high")]
    everything = [*first, *second, *third]
    assert propose(everything, TABLE, NOW, taken=[warned, suspended]).measure is MeasureKind.BLACKLIST


def test_two_broadcasts_before_any_warning_propose_a_warning() -> None:
    mild = [strike(f"c{n}", n % 2, "high") for n in range(8)]
    assert propose(mild, TABLE, NOW).measure is MeasureKind.WARNING


def test_what_was_said_before_the_warning_was_told_leads_no_further() -> None:
    first, between = strike("a", 0, "high"), [strike(f"b{n}", 1, "high") for n in range(4)]
    warned = taken(MeasureKind.WARNING, 2, first)
    assert propose([first, *between], TABLE, NOW, taken=[warned]).measure is MeasureKind.WARNING


def test_the_broadcast_that_led_to_a_warning_leads_no_further_though_it_goes_on() -> None:
    first = strike("a", 0, "high")
    warned = replace(taken(MeasureKind.WARNING, 0, first), told_at_ms=first.said_in[0].first_ms + 1)
    later = [
        strike(f"b{n}", 0, "high", broadcasts=(replace(first.said_in[0], last_ms=warned.told_at_ms + 1000),))
        for n in range(4)
    ]
    proposal = propose([first, *later], TABLE, NOW, taken=[warned])
    assert proposal.measure is MeasureKind.WARNING
    assert dict(proposal.steps[1].factors)["repeated"] == 50


def test_straight_to_the_list_only_for_critical_cases_of_two_broadcasts() -> None:
    once = [strike(f"a{n}", 0) for n in range(6)]
    assert propose(once, TABLE, NOW).measure is MeasureKind.WARNING
    twice = [strike("a", 0), strike("b", 1), strike("c", 1), strike("d", 1)]
    assert propose(twice, TABLE, NOW).measure is MeasureKind.BLACKLIST
    again = strike("a", 0, broadcasts=(*strike("x", 0).broadcasts, *strike("x", 1).broadcasts))
    assert propose([again, strike("b", 1), strike("c", 1)], TABLE, NOW).measure is MeasureKind.BLACKLIST
    high = [strike(f"c{n}", n % 2, "high") for n in range(9)]
    assert propose([*high, strike("d", 1)], TABLE, NOW).measure is MeasureKind.WARNING
    by_a_rule = [replace(each, law=("明码标价和禁止价格欺诈规定 16",)) for each in twice]
    assert propose(by_a_rule, TABLE, NOW).measure is MeasureKind.SUSPENSION


def test_a_first_offence_is_the_hosts_and_not_a_cases() -> None:
    first = [strike(f"a{n}", 0, "medium") for n in range(3)]
    assert propose(first, TABLE, NOW).points == 3 * 15
    later = strike("b", 1, "medium")
    assert propose([*first, later], TABLE, NOW).points == 3 * 15 + 20
    assert propose([*first, later], TABLE, NOW, chosen={"b"}).points == 20


histories = st.lists(st.lists(MILD, min_size=1, max_size=5), min_size=1, max_size=6)


def climbed(history: list[list[str]], lift: int | None = None) -> list[int]:
    """The rung that is proposed after each broadcast, each measure being taken; `lift`: this one's was overturned."""
    strikes: list[Strike] = []
    measures: list[Taken] = []
    rungs = []
    for number, severities in enumerate(history):
        new = [strike(f"c{number}-{n}", number, severity) for n, severity in enumerate(severities)]
        strikes += new
        proposal = propose(strikes, TABLE, NOW, taken=measures)
        rungs.append(rung(proposal.measure))
        if number == lift:
            strikes = [each for each in strikes if each not in new]
        elif proposal.measure is not None:
            measures.append(taken(proposal.measure, number, *new))
    return rungs


@given(history=histories)
def test_never_more_than_one_rung_a_broadcast(history: list[list[str]]) -> None:
    before = -1
    for number, at in enumerate(climbed(history)):
        assert at <= min(before + 1, number)
        before = max(before, at)


@given(history=histories, data=st.data())
def test_an_appeal_that_succeeds_takes_the_rung_back(history: list[list[str]], data: st.DataObject) -> None:
    lift = data.draw(st.integers(0, len(history) - 1))
    stood, lifted = climbed(history), climbed(history, lift)
    assert lifted[: lift + 1] == stood[: lift + 1]
    assert all(after <= before for after, before in zip(lifted, stood, strict=True))
    first_after = max([-1, *lifted[:lift]])
    assert all(at <= first_after + n for n, at in enumerate(lifted[lift + 1 :], 1))


some_strikes = st.lists(
    st.builds(
        lambda number, broadcast, severity: strike(f"n{number}", broadcast, severity),
        st.integers(0, 10_000),
        st.integers(0, 4),
        SEVERITIES,
    ),
    max_size=8,
    unique_by=lambda each: each.case_id,
)
some_taken = st.lists(
    st.builds(
        lambda kind, after: taken(kind, after, strike(f"old{after}", after, "high")),
        st.sampled_from(list(MeasureKind)),
        st.integers(0, 4),
    ),
    max_size=3,
    unique_by=lambda each: each.case_ids,
)


def standing(measures: list[Taken]) -> list[Strike]:
    """The cases behind these measures."""
    return [strike(case_id, int(case_id.removeprefix("old")), "high") for each in measures for case_id in each.case_ids]


@given(strikes=some_strikes, measures=some_taken, more=some_strikes)
def test_more_cases_never_propose_less(strikes: list[Strike], measures: list[Taken], more: list[Strike]) -> None:
    known = {each.case_id for each in strikes}
    fewer = [*standing(measures), *strikes]
    all_of_them = [*fewer, *(each for each in more if each.case_id not in known)]
    less, most = (propose(each, TABLE, NOW, taken=measures) for each in (fewer, all_of_them))
    assert rung(less.measure) <= rung(most.measure)
    assert less.points <= most.points


@given(strikes=some_strikes, measures=some_taken, data=st.data())
def test_the_order_of_cases_and_measures_does_not_matter(
    strikes: list[Strike], measures: list[Taken], data: st.DataObject
) -> None:
    everything = [*standing(measures), *strikes]
    mixed = data.draw(st.permutations(everything))
    assert propose(everything, TABLE, NOW, taken=measures) == propose(
        mixed, TABLE, NOW, taken=data.draw(st.permutations(measures))
    )


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("rungs: [warning, suspension, blacklist]", "rungs: [suspension, warning, blacklist]", "from mild to grave"),
        ("rungs: [warning, suspension, blacklist]", "rungs: [warning, warning, blacklist]", "from mild to grave"),
        ("rungs: [warning, suspension, blacklist]", "rungs: []", "from mild to grave"),
        ("rungs: [warning, suspension, blacklist]", "rungs: [warning, suspension]", "must be blacklist"),
        ("rungs: [warning, suspension, blacklist]", "rungs: [warning, ban]", r"measures\.yaml:\d+: ladder\.rungs\.1"),
        ("steps_a_broadcast: 1", "steps_a_broadcast: 2", r"measures\.yaml:\d+: ladder\.steps_a_broadcast"),
        ("broadcasts: 2", "broadcasts: 1", r"measures\.yaml:\d+: ladder\.straight_to_last\.broadcasts"),
        ("{severity: critical, broadcasts: 2}", "{severity: dire, broadcasts: 2}", r"straight_to_last\.severity"),
        ("      15: {goods: [drug/]}", "      14: {goods: [drug/]}", "fits names article 14"),
    ],
)
def test_a_wrong_ladder_is_refused_with_its_place(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (CONFIGS / "measures.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "measures.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError, match=named):
        read_measures(tmp_path)


def test_a_table_without_a_ladder_is_refused(tmp_path: Path) -> None:
    text = (CONFIGS / "measures.yaml").read_text(encoding="utf-8")
    cut = text[: text.index("ladder:\n")] + text[text.index("deadlines:\n") :]
    (tmp_path / "measures.yaml").write_text(cut, encoding="utf-8")
    with pytest.raises(PolicyError, match="ladder"):
        read_measures(tmp_path)


def test_what_was_said_at_the_very_moment_of_the_notice_leads_no_further_and_a_moment_later_does() -> None:
    first = strike("a", 0, "high")
    more = [strike(f"b{n}", 1, "high") for n in range(4)]
    last_ms = more[0].said_in[0].last_ms
    at_its_end = Taken(kind=MeasureKind.WARNING, told_at_ms=last_ms, case_ids=("a",))
    assert propose([first, *more], TABLE, NOW, taken=[at_its_end]).measure is MeasureKind.WARNING
    before = replace(at_its_end, told_at_ms=last_ms - 1)
    assert propose([first, *more], TABLE, NOW, taken=[before]).measure is MeasureKind.SUSPENSION


def test_a_broadcast_that_began_at_the_moment_of_the_notice_counts_as_led_up_to_it() -> None:
    first = strike("a", 0, "high")
    said = first.said_in[0]
    told_at_ms = said.first_ms
    warned = Taken(kind=MeasureKind.WARNING, told_at_ms=told_at_ms, case_ids=("a",))
    more = [strike(f"b{n}", 0, "high") for n in range(4)]
    assert propose([first, *more], TABLE, NOW, taken=[warned]).measure is MeasureKind.WARNING
    sooner = replace(warned, told_at_ms=told_at_ms - 1)
    assert propose([first, *more], TABLE, NOW, taken=[sooner]).measure is MeasureKind.SUSPENSION

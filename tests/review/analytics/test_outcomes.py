"""How decisions are counted, and that counts kept up to date are those of counting anew."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from claims.types import Finding
from review.accounts.types import Person, Role
from review.analytics.outcomes import Taken, count_case
from review.analytics.types import Outcomes, wilson
from review.cases.decisions import Submission
from review.cases.types import CaseState, Choice
from review.db.engine import open_engine
from review.stores import Stores
from review.streams.types import StreamRecord
from tests.review.accounts.support import Clock
from tests.review.postgres import fresh_database

OPEN, SECOND, SENIOR = CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.SENIOR_REVIEW
CONFIRMED, CLEARED = CaseState.CONFIRMED, CaseState.CLEARED
MakeFinding = Callable[..., Finding]


def taken(before: CaseState, after: CaseState, *, at_ms: int = 10, undone: bool = False) -> Taken:
    return Taken(rule="C.r", before=before, after=after, decided_at_ms=at_ms, undone=undone)


@pytest.mark.parametrize(
    ("decisions", "state", "expected"),
    [
        ([], OPEN, ()),
        ([taken(OPEN, CONFIRMED)], CONFIRMED, ("violates",)),
        ([taken(OPEN, CLEARED)], CLEARED, ("lawful",)),
        ([taken(OPEN, CONFIRMED, undone=True), taken(OPEN, CLEARED)], CLEARED, ("lawful", "undone")),
        ([taken(OPEN, SECOND), taken(SECOND, CONFIRMED)], CONFIRMED, ("violates",)),
        ([taken(OPEN, SECOND), taken(SECOND, SENIOR)], SENIOR, ("disagreed",)),
        ([taken(OPEN, SECOND), taken(SECOND, SENIOR), taken(SENIOR, CLEARED)], CLEARED, ("disagreed", "lawful")),
        ([taken(OPEN, SENIOR), taken(SENIOR, CONFIRMED)], CONFIRMED, ("violates",)),
        ([taken(OPEN, CONFIRMED)], SENIOR, ()),
        ([taken(OPEN, CONFIRMED), taken(SENIOR, CONFIRMED)], CONFIRMED, ("reopened", "violates")),
        ([taken(OPEN, CONFIRMED), taken(SENIOR, CLEARED)], CLEARED, ("lawful", "overturned", "reopened")),
        ([taken(OPEN, CLEARED), taken(OPEN, CONFIRMED)], CONFIRMED, ("violates",)),
        ([taken(OPEN, CONFIRMED, at_ms=1)], CONFIRMED, ()),
        ([taken(OPEN, CONFIRMED, at_ms=1), taken(SENIOR, CLEARED)], CLEARED, ("lawful", "overturned", "reopened")),
    ],
    ids=[
        "undecided",
        "violates",
        "lawful",
        "taken back and decided anew",
        "two agree",
        "two differ",
        "two differ and a senior decides",
        "unsure, then a senior",
        "reopened, not decided again",
        "reopened and upheld",
        "reopened and overturned",
        "said again after it was cleared",
        "before the period",
        "reopened from before the period",
    ],
)
def test_a_case_counts_once_by_how_it_stands(
    decisions: list[Taken], state: CaseState, expected: tuple[str, ...]
) -> None:
    counts = count_case(decisions, "C", state, since_ms=5)
    names = ("violates", "lawful", "undone", "disagreed", "reopened", "overturned")
    row = counts.get(("C.r", "C"), [0] * 6)
    assert sorted(name for name, value in zip(names, row, strict=True) if value) == list(expected)
    assert max([0, *row]) <= 1


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (820, 1000, 0.7949, 0.8426)],
)
def test_intervals_are_those_of_wilson(hits: int, tries: int, low: float, high: float) -> None:
    assert wilson(hits, tries) == pytest.approx((low, high), abs=1e-3)


def test_without_decided_cases_there_is_no_precision() -> None:
    outcomes = Outcomes(rule="C.r", class_id="C", undone=1)
    assert (outcomes.precision, outcomes.interval, outcomes.decided) == (None, None, 0)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_database(request, tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(database_url: str, stream: StreamRecord, clock: Clock) -> Iterator[Stores]:
    opened = Stores.over(open_engine(database_url), now=clock, second_share=0.5)
    opened.stream_writer.put_stream(stream)
    yield opened
    opened.close()


def test_counts_kept_up_to_date_are_those_of_counting_anew(
    desk: Stores, database_url: str, make_finding: MakeFinding, clock: Clock
) -> None:
    """Any order of decisions, undoing and reopening; a second process, which counts from nothing, agrees each time."""
    pick = random.Random(5)
    findings = [
        make_finding(finding_id=f"f{n}", claimed=f"{n} W", rule=f"SPEC_PARAM.r{n % 3}", quote=f"{n} 瓦")
        for n in range(12)
    ]
    desk.stream_writer.add_findings(findings)
    case_ids = [desk.cases.case_of(finding.finding_id) for finding in findings]
    people = [Person(id=f"p{n}", name="", role=Role.ADMIN) for n in range(5)]
    for request in range(60):
        case_id, person = pick.choice(case_ids), pick.choice(people)
        assert case_id is not None
        case = desk.cases.case(case_id)
        clock.wait(pick.choice([1000, 20_000]))
        choice = pick.choice([Choice.VIOLATES, Choice.LAWFUL])
        given = Submission(
            case_id=case_id,
            version=case.version,
            request_id=f"q{request}",
            choice=choice,
            reason="as_found" if choice is Choice.VIOLATES else "true",
        )
        if case.state in {CONFIRMED, CLEARED}:
            if pick.random() < 0.6:
                desk.cases.reopen(case_id, person)
        else:
            [_decision_or_refusal] = desk.cases.decide_all([given], person)
            if pick.random() < 0.3 and desk.cases.decisions(case_id)[-1:]:
                last = desk.cases.decisions(case_id)[-1]
                if last.person_id == person.id and last.undone_at_ms is None and last.decided_at_ms == clock_ms(clock):
                    desk.cases.undo(case_id, person)
        kept = desk.analytics.outcomes(30)
        other = Stores.over(open_engine(database_url), now=clock)
        assert kept == other.analytics.outcomes(30)
        other.close()
    assert sum(each.decided for each in kept) > 3
    assert sum(each.reopened for each in kept) > 0
    assert sum(each.undone for each in kept) > 0


def clock_ms(clock: Clock) -> int:
    return int(clock.now.timestamp() * 1000)

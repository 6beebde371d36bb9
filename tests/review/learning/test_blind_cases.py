"""A blind case is no finding, event or strike until a person decides that it is a breach; nobody can tell it before."""

from dataclasses import replace

from review.cases.blind import Blind, open_blind_case, withholds_score
from review.cases.decisions import Submission
from review.cases.queries import CaseQuery
from review.cases.types import BlindKind, Case, CaseState, Choice
from review.stores import Stores
from review.streams.types import FindingQuery
from tests.review.learning.said import ANNA, BERT, ON_BOTH_DATABASES, READ, broadcast, decide, found
from tests.review.sample import FINDING

pytestmark = ON_BOTH_DATABASES


def spot(stores: Stores, stream_id: str, text: str, *, kind: BlindKind = BlindKind.SPOT, number: int = 9) -> Case:
    """A passage of the broadcast that people are shown without knowing why."""
    finding = replace(
        FINDING,
        finding_id=f"{stream_id}.hidden{number}",
        stream_id=stream_id,
        passage_ids=(f"u{number}",),
        quote=text,
        normalised=text,
        class_id="HEALTHFOOD_OVER",
        product_id="p1",
        score=0.07,
        score_steps=READ,
        witnesses=(),
    )
    blind = Blind(kind=kind, stratum="other", share=0.002, goods="health_food", score=0.07)
    with stores.engine.execution_options(writes=True).begin() as connection:
        case_id = open_blind_case(connection, finding, blind, now_ms=1, flag_at=0.6, second_share=0.0)
    return stores.cases.case(case_id)


def said_of(stores: Stores, case: Case, choice: Choice, reason: str) -> Case:
    for person in (ANNA, BERT)[: 1 + case.sampled]:
        now = stores.cases.case(case.id)
        stores.cases.decide(
            Submission(
                case_id=case.id,
                version=now.version,
                request_id=f"{case.id}.{now.version}",
                choice=choice,
                reason=reason,
            ),
            person,
        )
    return stores.cases.case(case.id)


def events_of(stores: Stores) -> list[str]:
    return [event.kind for event in stores.events.after("local", 0, 100) if not event.kind.startswith("stream.")]


def test_it_waits_like_any_case_and_is_in_no_list_count_or_event_of_findings(stores: Stores) -> None:
    broadcast(stores, "b1")
    case = spot(stores, "b1", "这款喝了人都精神")
    assert case.id in {each.id for each in stores.cases.queue(CaseQuery()).cases}
    assert case.id not in {each.id for each in stores.cases.queue(CaseQuery(findings_alone=True)).cases}
    assert stores.streams.findings(FindingQuery(limit=50)).findings == ()
    assert sum(stores.streams.tally().by_disposition.values()) == 0
    assert events_of(stores) == []
    assert withholds_score(case.key)
    assert stores.cases.host_tally("h1") == {}
    assert stores.cases.findings(case.id)[0].finding.score == case.score == 0.6


def test_found_lawful_nothing_follows(stores: Stores) -> None:
    broadcast(stores, "b1")
    case = said_of(stores, spot(stores, "b1", "这款喝了人都精神"), Choice.LAWFUL, "rule_wrong")
    assert case.state is CaseState.CLEARED
    assert stores.streams.findings(FindingQuery(limit=50)).findings == ()
    assert events_of(stores) == []
    assert stores.analytics.outcomes(30) == []


def test_found_a_breach_it_becomes_a_finding_that_is_told_with_its_true_score(stores: Stores) -> None:
    broadcast(stores, "b1")
    case = said_of(stores, spot(stores, "b1", "这款喝了人都精神"), Choice.VIOLATES, "as_found")
    assert case.state is CaseState.CONFIRMED
    [stored] = stores.streams.findings(FindingQuery(limit=50)).findings
    assert (stored.finding.score, stored.finding.score_steps[-1].step) == (0.07, "found by a spot check")
    assert events_of(stores) == ["finding.created", "decision.made"]
    assert stores.cases.host_tally("h1") == {CaseState.CONFIRMED: 1}
    # It was no flag: how right flags are is not told by it.
    assert stores.analytics.outcomes(30) == []


def test_a_case_shown_anew_never_becomes_a_finding(stores: Stores) -> None:
    broadcast(stores, "b1")
    case = spot(stores, "b1", "这款喝了人都精神", kind=BlindKind.GOLDEN)
    said_of(stores, case, Choice.VIOLATES, "as_found")
    assert stores.streams.findings(FindingQuery(limit=50)).findings == ()
    assert events_of(stores) == []
    assert stores.cases.host_tally("h1") == {}


def test_a_decided_spot_check_teaches(stores: Stores) -> None:
    broadcast(stores, "b1")
    decide(stores, found(stores, "b1", "喝了它血压就下来了", number=1), Choice.VIOLATES)
    case = spot(stores, "b1", "喝了它血压就下来了吗", number=1)
    said_of(stores, case, Choice.VIOLATES, "as_found")
    decided = stores.learning.decided("local")
    assert sorted(one.sampled for one in decided.passages) == [False, True]

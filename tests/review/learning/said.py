"""Broadcasts of several hosts, their findings as a reader scores them, and people who decide on them."""

from dataclasses import replace

import pytest

from claims.classifier.calibration import FIRST_STEP
from claims.types import Finding, Match, Passage, ScoreStep
from review.accounts.types import Person, Role
from review.cases.decisions import Submission
from review.cases.types import Case, Choice
from review.stores import Stores
from review.streams.types import Host, ProductRef, StreamRecord, StreamState
from tests.review.sample import FINDING

ON_BOTH_DATABASES = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.service)], indirect=True
)
ANNA = Person(id="anna", name="安娜", role=Role.SENIOR)
BERT = Person(id="bert", name="伯特", role=Role.SENIOR)
READ = (ScoreStep(step=FIRST_STEP, value=0.4), ScoreStep(step="the reader's likelihood of a breach 0.90", value=0.8))


def broadcast(stores: Stores, stream_id: str, *, host: str = "h1", tenant: str = "local") -> None:
    """A broadcast that is over, of one health food."""
    stores.stream_writer.put_stream(
        StreamRecord(
            stream_id=stream_id,
            source="https://live.example/room",
            host=Host(id=host, name=f"主播 {host}", platform="demo"),
            title="直播间",
            started_at=None,
            products=(ProductRef(product_id="p1", name="灵芝胶囊", category="health_food/other"),),
            state=StreamState.ENDED,
            tenant_id=tenant,
        )
    )


def found(
    stores: Stores,
    stream_id: str,
    text: str,
    *,
    number: int = 0,
    steps: tuple[ScoreStep, ...] = READ,
    class_id: str = "HEALTHFOOD_OVER",
    score: float = 0.8,
) -> Finding:
    """A flag on a passage that says this."""
    start_ms = number * 10_000
    stores.stream_writer.add_passages(
        [Passage(stream_id=stream_id, id=f"u{number}", start_ms=start_ms, end_ms=start_ms + 4_000, text=text)]
    )
    finding = replace(
        FINDING,
        finding_id=f"{stream_id}.f{number}",
        stream_id=stream_id,
        passage_ids=(f"u{number}",),
        start_ms=start_ms,
        end_ms=start_ms + 4_000,
        quote=text,
        normalised=text,
        class_id=class_id,
        product_id="p1",
        score=score,
        score_steps=steps,
        witnesses=(),
        passport_path=None,
        match=(Match(kind="wording", heard=text, meant=text),),
    )
    stores.stream_writer.add_findings([finding])
    return finding


def case_of(stores: Stores, finding: Finding) -> Case:
    """The case that the finding is in."""
    case_id = stores.cases.case_of(finding.finding_id)
    assert case_id is not None
    return stores.cases.case(case_id)


def decide(
    stores: Stores,
    finding: Finding,
    choice: Choice,
    *,
    reason: str = "",
    by: Person = ANNA,
    class_id: str | None = None,
) -> Case:
    """The finding's case after this decision, and a second one where it is decided twice."""
    reason = reason or {Choice.VIOLATES: "as_found", Choice.LAWFUL: "rule_wrong"}[choice]
    case = case_of(stores, finding)
    people = [by, *(one for one in (ANNA, BERT) if one.id != by.id)][: 1 + case.sampled]
    for person in people:
        case = stores.cases.case(case.id)
        stores.cases.decide(
            Submission(
                case_id=case.id,
                version=case.version,
                request_id=f"{case.id}.{case.version}.{person.id}",
                choice=choice,
                reason=reason,
                class_id=class_id,
            ),
            person,
        )
    return stores.cases.case(case.id)

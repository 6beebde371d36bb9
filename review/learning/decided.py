"""Decided cases as labelled passages, each question inside the caller's session."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from claims.classifier.calibration import FIRST_STEP
from claims.classifier.fit.examples import LabelledPassage
from claims.types import Finding, Passage
from review.cases.types import FINAL, CaseState
from review.db.ownership import host_is_of
from review.db.tables.cases import CaseRow, DecisionRow
from review.db.tables.learning import BlindCaseRow, ForgottenHostRow
from review.db.tables.streams import FindingRow, PassageRow
from review.learning.types import Decided
from review.streams.corrected import as_corrected
from review.streams.rows import finding_from_json, passage_from_row

GOLDEN, SPOT = "golden", "spot"
# Why a passage is left out whose host asked for it.
FORGOTTEN = "forgotten host"
# Reasons for which a case is lawful although its words are not: they say nothing of how such words should be read.
NOT_BY_WORDS = frozenset({"true", "within_tolerance", "wrong_product", "misheard", "misread", "corrected"})
_UNKNOWN = "household/other"
_AT_ONCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A decided case, as far as it teaches."""

    host_id: str
    category: str | None
    class_id: str
    state: CaseState
    finding: Finding
    reason: str
    decided_class: str | None
    decided_at_ms: int
    sampled: bool


def read_decided(session: Session, tenant_id: str | None) -> Decided:
    """What people decided on the customer's hosts, or on everybody's (None), as passages with labels.

    One passage a case, where its first words stand. Left out are hosts who are forgotten, what only a record decided,
    what was lawful for another reason than its words, and what is erased.
    """
    left_out: Counter[str] = Counter()
    found: list[LabelledPassage] = []
    forgotten = set(session.scalars(select(ForgottenHostRow.host_id)))
    for cases in _in_parts(_cases(session, tenant_id)):
        texts = _texts(session, [case.finding for case in cases])
        for case in cases:
            why = FORGOTTEN if case.host_id in forgotten else _teaches_nothing(case)
            text = texts.get(case.finding.finding_id)
            if why is None and text is None:
                why = "erased"
            if why is not None or text is None:
                left_out[why or "erased"] += 1
                continue
            found.append(_labelled(case, text))
    return Decided(passages=tuple(found), left_out=left_out)


def _cases(session: Session, tenant_id: str | None) -> Iterator[_Case]:
    standing = (
        select(DecisionRow.case_id, func.max(DecisionRow.decided_at_ms).label("at_ms"))
        .where(DecisionRow.undone_at_ms.is_(None))
        .group_by(DecisionRow.case_id)
        .subquery()
    )
    rows = (
        select(CaseRow, DecisionRow, FindingRow.record, BlindCaseRow.kind)
        .join(standing, standing.c.case_id == CaseRow.case_id)
        .join(
            DecisionRow,
            (DecisionRow.case_id == CaseRow.case_id) & (DecisionRow.decided_at_ms == standing.c.at_ms),
        )
        .join(FindingRow, FindingRow.finding_id == CaseRow.top_finding_id)
        .outerjoin(BlindCaseRow, BlindCaseRow.case_id == CaseRow.case_id)
        .where(CaseRow.state.in_([state.value for state in FINAL]), DecisionRow.undone_at_ms.is_(None))
        .order_by(DecisionRow.decided_at_ms, CaseRow.case_id)
    )
    if tenant_id is not None:
        rows = rows.where(host_is_of(CaseRow.host_id, tenant_id))
    seen: set[str] = set()
    for case, decision, record, kind in session.execute(rows):
        if kind == GOLDEN or case.case_id in seen:
            continue
        seen.add(case.case_id)
        yield _Case(
            host_id=case.host_id,
            category=case.category,
            class_id=case.class_id,
            state=CaseState(case.state),
            finding=finding_from_json(record),
            reason=decision.reason,
            decided_class=decision.class_id,
            decided_at_ms=decision.decided_at_ms,
            sampled=kind == SPOT,
        )


def _teaches_nothing(case: _Case) -> str | None:
    """Why the case teaches a reader nothing; None: it does."""
    if all(step.step != FIRST_STEP for step in case.finding.score_steps):
        return "decided by rules and records alone"
    if case.state is CaseState.CLEARED and case.reason in NOT_BY_WORDS:
        return "lawful for another reason than its words"
    return None


def _labelled(case: _Case, text: str) -> LabelledPassage:
    is_breach = case.state is CaseState.CONFIRMED
    return LabelledPassage(
        text=text,
        label="breach" if is_breach else "lawful",
        goods=case.category or _UNKNOWN,
        classes=(case.decided_class or case.class_id,) if is_breach else (),
        host=case.host_id,
        stream=case.finding.stream_id,
        at=datetime.fromtimestamp(case.decided_at_ms / 1000, UTC),
        detector=_detector_of(case.finding),
        sampled=case.sampled,
    )


def _detector_of(finding: Finding) -> float | None:
    """What the rule that found it scored before a reader had its say; None: none did."""
    steps = [step.step for step in finding.score_steps]
    place = steps.index(FIRST_STEP)
    return None if place == 0 else min(1.0, max(0.0, finding.score_steps[place - 1].value))


def _texts(session: Session, findings: Sequence[Finding]) -> dict[str, str]:
    """The passage in which each finding's words stand, as people corrected it."""
    wanted = {finding.stream_id: set[str]() for finding in findings}
    for finding in findings:
        wanted[finding.stream_id].update(finding.passage_ids)
    passages: dict[tuple[str, str], Passage] = {}
    for stream_id, ids in wanted.items():
        rows = session.scalars(
            select(PassageRow).where(PassageRow.stream_id == stream_id, PassageRow.id.in_(sorted(ids)))
        )
        for passage in as_corrected(session, stream_id, (passage_from_row(row) for row in rows)):
            passages[stream_id, passage.id] = passage
    return {f.finding_id: text for f in findings if (text := _place_of(f, passages)) is not None}


def _place_of(finding: Finding, passages: dict[tuple[str, str], Passage]) -> str | None:
    own = [p for id_ in finding.passage_ids if (p := passages.get((finding.stream_id, id_))) is not None]
    holding = [passage for passage in own if finding.quote and finding.quote in passage.text]
    chosen = next(iter(holding or own), None)
    return chosen.text[:4_000] if chosen is not None and chosen.text.strip() else None


def _in_parts(cases: Iterable[_Case]) -> Iterator[list[_Case]]:
    part: list[_Case] = []
    for case in cases:
        part.append(case)
        if len(part) >= _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def forgotten_hosts(session: Session) -> dict[str, Any]:
    """The hosts that no fit learns from, and when that was asked."""
    rows = session.execute(select(ForgottenHostRow.host_id, ForgottenHostRow.forgotten_at_ms))
    return {row.host_id: row.forgotten_at_ms for row in rows}

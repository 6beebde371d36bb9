"""A broadcast on its own clock: what was analysed, missed, silent and late, what was found, when it was broken off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from claims.types import Disposition
from ingest.types import Gap
from review.cases.types import FINAL
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.events import EventRow
from review.db.tables.streams import FindingRow
from review.db.tables.stretches import StreamConditionRow, StretchRow
from review.scheduling.status import covered
from review.streams.coverage import read_coverage
from review.stretches.types import Condition

_TURNS = tuple(
    f"stream.{turn}" for turn in ("live", "interrupted", "resumed", "unreachable", "ended", "failed", "stopped")
)
_FINAL = frozenset(state.value for state in FINAL)
_MOST_MARKS = 1000
_MOST_TURNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailed:
    """A condition that held over `[start_ms, end_ms)` of the stream clock."""

    condition: Condition
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A finding at its place; `case_id` None: it joined no case. `is_decided`: people decided the case."""

    finding_id: str
    case_id: str | None
    start_ms: int
    class_id: str
    severity: str
    quote: str
    is_decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A moment (Unix time) at which the broadcast came to another state; `why` empty: nothing was told."""

    at_ms: int
    kind: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`[0, span_ms)` of the stream clock. Up to `settled_ms` all of it was analysed but for the gaps; the rest waits.

    `marks`: the latest flags, in the order of the broadcast. `turns`: the latest, the newest first.
    """

    span_ms: int
    settled_ms: int
    gaps: tuple[Gap, ...]
    ailed: tuple[Ailed, ...]
    marks: tuple[Mark, ...]
    turns: tuple[Turn, ...]


def read_timeline(session: Session, stream_id: str, recorded_ms: int, missed: Gap | None) -> Timeline:
    """The broadcast as it is now. `missed`: what nobody records at this moment."""
    now = covered(read_coverage(session, stream_id), recorded_ms, missed)
    # What is missed lies behind all that was recorded, and what waits before it.
    settled_ms = now.span_ms - now.waiting_ms - (0 if missed is None else missed.length_ms)
    return Timeline(
        span_ms=now.span_ms,
        settled_ms=settled_ms,
        gaps=now.gaps,
        ailed=_ailed(session, stream_id, now.span_ms),
        marks=_marks(session, stream_id),
        turns=_turns(session, stream_id),
    )


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for start_ms, end_ms in sorted(spans):
        if found and start_ms <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_ms))
        else:
            found.append((start_ms, end_ms))
    return found


def _ailed(session: Session, stream_id: str, span_ms: int) -> tuple[Ailed, ...]:
    spans: dict[Condition, list[tuple[int, int]]] = {condition: [] for condition in Condition}
    bodies = select(EventRow.body).where(EventRow.subject == stream_id, EventRow.kind == "stream.health")
    for body in session.scalars(bodies):
        if body.get("state") == "ended":
            spans[Condition(body["condition"])].append((int(body["start_ms"]), int(body["end_ms"])))
    holding = select(StreamConditionRow).where(StreamConditionRow.stream_id == stream_id)
    for row in session.scalars(holding):
        spans[Condition(row.condition)].append((row.since_ms, max(span_ms, row.since_ms)))
    spans[Condition.NO_SPEECH] += _silent(session, stream_id)
    return tuple(
        Ailed(condition=condition, start_ms=start_ms, end_ms=end_ms)
        for condition, each in spans.items()
        for start_ms, end_ms in joined(each)
        if start_ms < end_ms
    )


def _silent(session: Session, stream_id: str) -> list[tuple[int, int]]:
    """The analysed stretches in which nobody spoke, as long as they are kept."""
    rows = session.execute(
        select(StretchRow.start_ms, StretchRow.end_ms, StretchRow.body)
        .where(StretchRow.stream_id == stream_id)
        .order_by(StretchRow.start_ms)
    )
    return [(row.start_ms, row.end_ms) for row in rows if _is_silent(row.body)]


def _is_silent(body: dict[str, Any]) -> bool:
    return bool(body["covered"]["analysed_ms"] > 0 and body["heard"]["speech_ms"] == 0)


def _marks(session: Session, stream_id: str) -> tuple[Mark, ...]:
    rows: Sequence[Any] = session.execute(
        select(FindingRow, CaseFindingRow.case_id, CaseRow.state)
        .outerjoin(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .outerjoin(CaseRow, CaseRow.case_id == CaseFindingRow.case_id)
        .where(FindingRow.stream_id == stream_id, FindingRow.disposition == Disposition.FLAG.value)
        .order_by(FindingRow.created_seq.desc())
        .limit(_MOST_MARKS)
    ).all()
    marks = [
        Mark(
            finding_id=row.finding_id,
            case_id=case_id,
            start_ms=row.start_ms,
            class_id=row.class_id,
            severity=row.severity,
            quote=str(row.record["quote"]),
            is_decided=state in _FINAL,
        )
        for row, case_id, state in rows
    ]
    return tuple(sorted(marks, key=lambda mark: (mark.start_ms, mark.finding_id)))


def _turns(session: Session, stream_id: str) -> tuple[Turn, ...]:
    rows = session.execute(
        select(EventRow.at_ms, EventRow.kind, EventRow.body)
        .where(EventRow.subject == stream_id, EventRow.kind.in_(_TURNS))
        .order_by(EventRow.sequence.desc())
        .limit(_MOST_TURNS)
    )
    return tuple(
        Turn(at_ms=row.at_ms, kind=row.kind.partition(".")[2], why=str(row.body.get("error") or "")) for row in rows
    )

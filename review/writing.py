"""The steps of a write, each inside the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from sqlalchemy import Connection, select, update

from claims.types import Finding, Passage
from review.coverage import settle_coverage
from review.errors import ClipPathError, UnknownFindingError, UnknownSegmentError, UnknownStreamError
from review.rows import finding_values, passage_values
from review.tables import CounterRow, CursorRow, FindingRow, PassageRow, SegmentRow, StreamRow
from review.telling.happening import gap_events, state_events
from review.telling.types import NewEvent
from review.types import StreamState
from review.upsert import insert_missing, upsert


def write_passages(connection: Connection, passages: Iterable[Passage]) -> None:
    """Adds passages or replaces those with the same id; raises UnknownStreamError."""
    rows = [passage_values(passage) for passage in passages]
    hosts_of(connection, {str(row["stream_id"]) for row in rows})
    upsert(connection, PassageRow, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finding as just written; `is_new`: it was not there before."""

    finding: Finding
    is_new: bool


def write_findings(connection: Connection, findings: Iterable[Finding]) -> list[Written]:
    """Adds findings or replaces those with the same id, and gives those that are new or changed.

    Raises UnknownStreamError.
    """
    latest = {finding.finding_id: finding for finding in findings}
    if not latest:
        return []
    hosts = hosts_of(connection, {finding.stream_id for finding in latest.values()})
    sequence = reserve_sequences(connection, len(latest))
    stored = {
        row.finding_id: row
        for row in connection.execute(
            select(
                FindingRow.finding_id,
                FindingRow.created_seq,
                FindingRow.clip,
                FindingRow.clip_start_ms,
                FindingRow.record,
            ).where(FindingRow.finding_id.in_(latest))
        )
    }
    rows = []
    changed: list[Written] = []
    for offset, (finding_id, finding) in enumerate(latest.items()):
        before = stored.get(finding_id)
        kept = finding if before is None or finding.clip is not None else replace(finding, clip=before.clip)
        if before is not None and before.record == kept.to_json():
            continue
        changed.append(Written(finding=kept, is_new=before is None))
        rows.append(
            finding_values(
                kept,
                host_id=hosts[finding.stream_id],
                created_seq=sequence + offset if before is None else before.created_seq,
                updated_seq=sequence + offset,
                clip_start_ms=before.clip_start_ms if before is not None and before.clip == kept.clip else None,
            )
        )
    upsert(connection, FindingRow, rows, keep=frozenset({"created_seq"}))
    return changed


def write_state(connection: Connection, stream_id: str, state: StreamState, error: str | None = None) -> list[NewEvent]:
    """Moves the stream to this state; what still waits when it is over counts as lost. Raises UnknownStreamError.

    Gives the events that the caller writes at the end of the transaction.
    """
    one = StreamRow.stream_id == stream_id
    before = connection.scalar(select(StreamRow.state).where(one).with_for_update(key_share=True))
    if before is None:
        raise UnknownStreamError(stream_id)
    connection.execute(update(StreamRow).where(one).values(state=state.value, error=error))
    over = state in (StreamState.ENDED, StreamState.FAILED)
    gaps = gap_events(connection, stream_id, settle_coverage(connection, stream_id)) if over else []
    return gaps + state_events(connection, stream_id, before, state, error)


def write_clip(connection: Connection, finding_id: str, clip: str, clip_start_ms: int) -> bool:
    """Names a finding's clip; gives whether it had another name or none. Raises ClipPathError, UnknownFindingError."""
    path = PurePosixPath(clip)
    if path.is_absolute() or ".." in path.parts or not path.name or "\\" in clip:
        raise ClipPathError(clip)
    sequence = reserve_sequences(connection, 1)
    record = connection.scalar(select(FindingRow.record).where(FindingRow.finding_id == finding_id))
    if record is None:
        raise UnknownFindingError(finding_id)
    connection.execute(
        update(FindingRow)
        .where(FindingRow.finding_id == finding_id)
        .values(clip=clip, clip_start_ms=clip_start_ms, updated_seq=sequence, record=record | {"clip": clip})
    )
    return bool(record.get("clip") != clip)


def mark_analysed(connection: Connection, stream_id: str, sequence: int) -> None:
    """Counts the segment as analysed; raises UnknownSegmentError."""
    marked = connection.execute(
        update(SegmentRow)
        .where(SegmentRow.stream_id == stream_id, SegmentRow.sequence == sequence)
        .values(analysed=True)
    )
    if marked.rowcount == 0:
        raise UnknownSegmentError(stream_id, sequence)


def move_cursor(connection: Connection, stream_id: str, sequence: int) -> None:
    """Moves the cursor forward, never back."""
    hosts_of(connection, {stream_id})
    upsert(connection, CursorRow, [{"stream_id": stream_id, "sequence": sequence}], only_growing="sequence")


def hosts_of(connection: Connection, stream_ids: set[str]) -> dict[str, str]:
    """The host of each stream; raises UnknownStreamError for one that is not stored."""
    if not stream_ids:
        return {}
    found = connection.execute(
        select(StreamRow.stream_id, StreamRow.host_id).where(StreamRow.stream_id.in_(stream_ids))
    )
    hosts = {row.stream_id: row.host_id for row in found}
    for missing in sorted(stream_ids - hosts.keys()):
        raise UnknownStreamError(missing)
    return hosts


def reserve_sequences(connection: Connection, count: int) -> int:
    """The first of `count` new sequence numbers.

    The counter's row stays locked until the caller commits, so numbers become visible in their own order; a database
    sequence would let a reader step over a number that commits late.
    """
    insert_missing(connection, CounterRow, [{"name": "finding", "value": 0}])
    last: int | None = connection.scalar(
        update(CounterRow)
        .where(CounterRow.name == "finding")
        .values(value=CounterRow.value + count)
        .returning(CounterRow.value)
    )
    assert last is not None
    return last - count + 1

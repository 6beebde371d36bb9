"""The steps of a write, each inside the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sqlalchemy import Connection, func, select, tuple_, update

from claims.types import Disposition, Finding, Passage
from ingest.types import Gap
from review.db.tables.base import CounterRow
from review.db.tables.streams import CursorRow, FindingRow, PassageRow, SegmentRow, StreamRow
from review.db.upsert import insert_missing, table_of, upsert
from review.errors import ClipPathError, UnknownFindingError, UnknownSegmentError, UnknownStreamError
from review.events.types import NewEvent
from review.streams.correction_guard import without_corrected
from review.streams.coverage import settle_coverage, stored_coverage
from review.streams.events import gap_events, state_events
from review.streams.opinions import with_opinions
from review.streams.rows import finding_from_json, finding_values, passage_from_row, passage_values
from review.streams.suggesting import with_suggestions
from review.streams.types import StreamState
from review.stretches.filing import close_stretches
from review.stretches.health import end, end_all
from review.stretches.types import Condition, Understood


def write_passages(connection: Connection, passages: Iterable[Passage]) -> list[Passage]:
    """Adds passages or replaces those with the same id, and gives those that are new; raises UnknownStreamError.

    Each that is new or changed gets the stream's next number, so that a reader who goes on after the last one misses
    nothing: the stream's row is held until the transaction ends.
    """
    latest = {(passage.stream_id, passage.id): passage for passage in passages}
    if not latest:
        return []
    stream_ids = {stream_id for stream_id, _ in latest}
    hosts_of(connection, stream_ids, hold=True)
    columns = table_of(PassageRow).c
    ids = [passage_id for _, passage_id in latest]
    known = {
        (row.stream_id, row.id): passage_values(passage_from_row(row))
        for row in connection.execute(select(*columns).where(columns.stream_id.in_(stream_ids), columns.id.in_(ids)))
    }
    rows = [row for key, passage in latest.items() if (row := passage_values(passage)) != known.get(key)]
    numbers = last_numbers(connection, stream_ids)
    for row in rows:
        stream_id = str(row["stream_id"])
        row["number"] = numbers[stream_id] = numbers.get(stream_id, 0) + 1
    upsert(connection, PassageRow, rows)
    return [passage for key, passage in latest.items() if key not in known]


def last_number(connection: Connection, stream_id: str) -> int:
    """The number of the stream's passage that was written last; 0: there is none."""
    return last_numbers(connection, {stream_id}).get(stream_id, 0)


def last_numbers(connection: Connection, stream_ids: Collection[str]) -> dict[str, int]:
    """The numbers of the passages that were written last of those of these streams that have any."""
    rows = connection.execute(
        select(PassageRow.stream_id, func.max(PassageRow.number).label("number"))
        .where(PassageRow.stream_id.in_(stream_ids))
        .group_by(PassageRow.stream_id)
    )
    return {row.stream_id: row.number for row in rows}


def renumber(connection: Connection, stream_id: str, passage_id: str) -> None:
    """Gives a passage that reads otherwise from now on the stream's next number; the caller holds the stream."""
    connection.execute(
        update(PassageRow)
        .where(PassageRow.stream_id == stream_id, PassageRow.id == passage_id)
        .values(number=last_number(connection, stream_id) + 1)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finding as just written; `is_new`: it was not there before."""

    finding: Finding
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnumbered:
    """Findings that are new or changed, in order, with their rows, which still want their numbers."""

    written: Sequence[Written]
    rows: Sequence[dict[str, object]]


def write_findings(connection: Connection, findings: Iterable[Finding]) -> list[Written]:
    """Adds findings or replaces those with the same id, and gives those that are new or changed.

    What a person corrected stays as it is, and what a second reader said of a finding stays with it. Raises
    UnknownStreamError.
    """
    return number(connection, unnumbered_findings(connection, findings))


def unnumbered_findings(connection: Connection, findings: Iterable[Finding]) -> Unnumbered:
    """What `write_findings` writes, as far as it needs no number; the broadcasts are held from then on."""
    given = list(findings)
    if not given:
        return Unnumbered(written=(), rows=())
    hosts_of(connection, {finding.stream_id for finding in given}, hold=True)
    return _unnumbered(connection, without_corrected(connection, with_opinions(connection, given)))


def understood(passages: Iterable[Passage], written: Iterable[Written]) -> Understood:
    """What counts in the stretches of passages that are new, and of findings as just written."""
    fresh = list(passages)
    new = [each.finding for each in written if each.is_new]
    return Understood(
        heard=tuple((p.end_ms, len(p.text)) for p in fresh if p.channel == "speech"),
        read=tuple((p.start_ms, len(p.text)) for p in fresh if p.channel == "screen"),
        flags=tuple(f.start_ms for f in new if f.disposition is Disposition.FLAG),
        notes=tuple(f.start_ms for f in new if f.disposition is not Disposition.FLAG),
    )


def write_judged(
    connection: Connection, findings: Iterable[Finding], *, clips_of: Finding | None = None
) -> list[Written]:
    """As `write_findings`, whatever was corrected; `clips_of`: a new finding's clip begins where this one's does."""
    return number(connection, _unnumbered(connection, findings, clips_of))


def number(connection: Connection, found: Unnumbered) -> list[Written]:
    """Writes the findings with their numbers.

    All writers wait for whoever has the last number: what needs none is done before. Meanwhile the broadcasts' rows
    are held, so that nobody else writes the same findings.
    """
    if found.rows:
        for sequence, row in enumerate(found.rows, start=reserve_sequences(connection, len(found.rows))):
            row["updated_seq"] = sequence
            row["created_seq"] = row["created_seq"] or sequence
        upsert(connection, FindingRow, found.rows, keep=frozenset({"created_seq"}))
    return list(found.written)


def _unnumbered(connection: Connection, findings: Iterable[Finding], clips_of: Finding | None = None) -> Unnumbered:
    latest = {finding.finding_id: finding for finding in findings}
    if not latest:
        return Unnumbered(written=(), rows=())
    hosts = hosts_of(connection, {finding.stream_id for finding in latest.values()}, hold=True)
    begins = _clip_start(connection, clips_of)
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
    records = {finding_id: row.record for finding_id, row in stored.items()}
    latest = {each.finding_id: each for each in with_suggestions(connection, list(latest.values()), records)}
    for finding_id, finding in latest.items():
        before = stored.get(finding_id)
        kept = finding if before is None or finding.clip is not None else replace(finding, clip=before.clip)
        if before is not None and finding_from_json(before.record) == kept:
            continue
        changed.append(Written(finding=kept, is_new=before is None))
        rows.append(
            finding_values(
                kept,
                host_id=hosts[finding.stream_id],
                created_seq=0 if before is None else before.created_seq,
                updated_seq=0,
                clip_start_ms=begins if before is None else before.clip_start_ms if before.clip == kept.clip else None,
            )
        )
    return Unnumbered(written=changed, rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What is known of a move beside the state and its error.

    `is_again`: the broadcast was live before. `recorded_ms`, `missed`: how far it was recorded, and what nobody
    recorded after that; they close the ledger of a broadcast that is over. `body`: joins the event.
    """

    is_again: bool = False
    recorded_ms: int = 0
    missed: Gap | None = None
    body: Mapping[str, object] = field(default_factory=dict)


def _clip_start(connection: Connection, finding: Finding | None) -> int | None:
    if finding is None:
        return None
    return connection.scalar(select(FindingRow.clip_start_ms).where(FindingRow.finding_id == finding.finding_id))


def write_state(
    connection: Connection, stream_id: str, state: StreamState, error: str | None = None, turn: Turn | None = None
) -> list[NewEvent]:
    """Moves the stream to this state; what still waits when it is over counts as lost. Raises UnknownStreamError.

    Gives the events that the caller writes at the end of the transaction.
    """
    turn = turn or Turn()
    before = state_of(connection, stream_id)
    moved = update(StreamRow).where(StreamRow.stream_id == stream_id)
    connection.execute(moved.values(state=state.value, error=error))
    events: list[NewEvent] = []
    if state is StreamState.LIVE:
        events = end(connection, stream_id, Condition.SOURCE_AWAY, turn.recorded_ms)
    elif state in (StreamState.ENDED, StreamState.FAILED):
        settled = settle_coverage(connection, stream_id, turn.recorded_ms, turn.missed)
        events = gap_events(connection, stream_id, settled)
        coverage = stored_coverage(connection, stream_id)
        events += close_stretches(connection, stream_id, coverage)
        events += end_all(connection, stream_id, coverage.span_ms)
    return events + state_events(connection, stream_id, before, state, error, is_again=turn.is_again, more=turn.body)


def state_of(connection: Connection, stream_id: str) -> StreamState:
    """The stream's state, which stays until the caller's transaction ends; raises UnknownStreamError."""
    held = select(StreamRow.state).where(StreamRow.stream_id == stream_id).with_for_update(key_share=True)
    state = connection.scalar(held)
    if state is None:
        raise UnknownStreamError(stream_id)
    return StreamState(state)


def write_clip(connection: Connection, finding_id: str, clip: str, clip_start_ms: int) -> bool:
    """Names a finding's clip; gives whether it had another name or none. Raises ClipPathError, UnknownFindingError."""
    path = PurePosixPath(clip)
    if path.is_absolute() or ".." in path.parts or not path.name or "\\" in clip:
        raise ClipPathError(clip)
    if connection.scalar(select(FindingRow.finding_id).where(FindingRow.finding_id == finding_id)) is None:
        raise UnknownFindingError(finding_id)
    # Who holds the counter writes findings alone: what is read after that is what is there.
    sequence = reserve_sequences(connection, 1)
    record = connection.execute(select(FindingRow.record).where(FindingRow.finding_id == finding_id)).scalar_one()
    connection.execute(
        update(FindingRow)
        .where(FindingRow.finding_id == finding_id)
        .values(clip=clip, clip_start_ms=clip_start_ms, updated_seq=sequence, record=record | {"clip": clip})
    )
    return bool(record.get("clip") != clip)


def mark_analysed(connection: Connection, segments: Collection[tuple[str, int]]) -> None:
    """Counts the segments, each a stream and a number, as analysed; raises UnknownSegmentError."""
    if not segments:
        return
    columns = table_of(SegmentRow).c
    named = tuple_(columns.stream_id, columns.sequence).in_(sorted(segments))
    if connection.execute(update(SegmentRow).where(named).values(analysed=True)).rowcount == len(segments):
        return
    known = {(row.stream_id, row.sequence) for row in connection.execute(select(*columns).where(named))}
    for stream_id, sequence in sorted(set(segments) - known):
        raise UnknownSegmentError(stream_id, sequence)


def move_cursors(connection: Connection, sequences: Mapping[str, int]) -> None:
    """Moves the cursors of these streams, which are there, forward, never back."""
    rows = [{"stream_id": stream_id, "sequence": sequence} for stream_id, sequence in sorted(sequences.items())]
    upsert(connection, CursorRow, rows, only_growing="sequence")


def hosts_of(connection: Connection, stream_ids: set[str], *, hold: bool = False) -> dict[str, str]:
    """The host of each stream; raises UnknownStreamError for one that is not stored.

    `hold`: until the transaction ends nobody else holds or moves these streams.
    """
    if not stream_ids:
        return {}
    statement = select(StreamRow.stream_id, StreamRow.host_id).where(StreamRow.stream_id.in_(stream_ids))
    if hold:
        statement = statement.order_by(StreamRow.stream_id).with_for_update(key_share=True)
    found = connection.execute(statement)
    hosts = {row.stream_id: row.host_id for row in found}
    for missing in sorted(stream_ids - hosts.keys()):
        raise UnknownStreamError(missing)
    return hosts


def reserve_sequences(connection: Connection, count: int) -> int:
    """The first of `count` new sequence numbers.

    The counter's row stays locked until the caller commits, so numbers become visible in their own order; a database
    sequence would let a reader step over a number that commits late.
    """
    return count_up(connection, "finding", count) - count + 1


def count_up(connection: Connection, name: str, count: int = 1) -> int:
    """The counter's new value; its row stays locked until the caller commits."""
    move = (
        update(CounterRow)
        .where(CounterRow.name == name)
        .values(value=CounterRow.value + count)
        .returning(CounterRow.value)
    )
    last: int | None = connection.scalar(move)
    if last is None:
        insert_missing(connection, CounterRow, [{"name": name, "value": 0}])
        last = connection.scalar(move)
    assert last is not None
    return last

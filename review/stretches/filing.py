"""Counts what a segment gave and tells the stretches that are over, each inside the caller's transaction."""

from sqlalchemy import Connection, select

from ingest.recording.ledger import Coverage
from review.db.tables.streams import StreamRow
from review.db.tables.stretches import StreamSignalRow
from review.db.upsert import upsert
from review.events.types import NewEvent
from review.stretches.counting import LATE_MS, Closed, Tally
from review.stretches.health import begin, end
from review.stretches.types import Signal, StretchTerms, Understood


def count_segment(
    connection: Connection,
    stream_id: str,
    signal: Signal,
    understood: Understood,
    coverage: Coverage,
    terms: StretchTerms,
    now_ms: int,
) -> list[NewEvent]:
    """Counts the segment, once; gives what begins or ends to ail the broadcast and the stretches that are over.

    A stretch is over once everything up to a little behind it is accounted for: words are known seconds after they
    were said.
    """
    before = _read(connection, stream_id) or Tally(length_ms=terms.length_ms)
    tally, turns = before.count(signal, understood).turns(terms)
    tally, closed = tally.close(coverage.span_ms - coverage.waiting_ms - LATE_MS)
    if tally != before:
        _write(connection, stream_id, tally)
    told: list[NewEvent] = []
    for turn in turns:
        if turn.begins:
            told += begin(connection, stream_id, turn.condition, turn.at_ms, now_ms)
        else:
            told += end(connection, stream_id, turn.condition, turn.at_ms)
    return told + _events(connection, stream_id, closed, coverage)


def count_rest(connection: Connection, stream_id: str, understood: Understood) -> None:
    """Counts what the end of the broadcast gave; its stretches are told with its state."""
    tally = _read(connection, stream_id)
    if tally is not None:
        _write(connection, stream_id, tally.understand(understood))


def close_stretches(connection: Connection, stream_id: str, coverage: Coverage) -> list[NewEvent]:
    """Tells every stretch of a broadcast that is over, whose ledger is this; none where none was ever counted."""
    tally = _read(connection, stream_id)
    if tally is None:
        return []
    tally, closed = tally.close_all(coverage.span_ms)
    _write(connection, stream_id, tally)
    return _events(connection, stream_id, closed, coverage)


def _events(connection: Connection, stream_id: str, closed: tuple[Closed, ...], coverage: Coverage) -> list[NewEvent]:
    if not closed:
        return []
    of = connection.execute(
        select(StreamRow.host_id, StreamRow.tenant_id).where(StreamRow.stream_id == stream_id)
    ).one()
    return [
        NewEvent(
            kind="stream.stretch",
            subject=stream_id,
            host_id=of.host_id,
            tenant_id=of.tenant_id,
            stream_id=stream_id,
            body=stretch.to_json(coverage),
        )
        for stretch in closed
    ]


def _read(connection: Connection, stream_id: str) -> Tally | None:
    state = connection.scalar(select(StreamSignalRow.state).where(StreamSignalRow.stream_id == stream_id))
    return None if state is None else Tally.from_json(state)


def _write(connection: Connection, stream_id: str, tally: Tally) -> None:
    row = {"stream_id": stream_id, "sequence": tally.sequence, "state": tally.to_json()}
    upsert(connection, StreamSignalRow, [row])

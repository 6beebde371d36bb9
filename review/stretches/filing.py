"""Counts what a segment gave and tells the stretches that are over, each inside the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ingest.recording.ledger import Coverage
from review.db.tables.streams import StreamRow
from review.db.tables.stretches import StreamSignalRow
from review.db.upsert import upsert
from review.events.types import NewEvent
from review.stretches.counting import LATE_MS, Closed, Tally, Turn
from review.stretches.health import begin, end
from review.stretches.types import Signal, StretchTerms, Understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """A segment to count: what it gave before and after it was understood, and its broadcast's ledger by then."""

    signal: Signal
    understood: Understood
    coverage: Coverage
    terms: StretchTerms


def count_segments(connection: Connection, given: Mapping[str, Counting], now_ms: int) -> dict[str, list[NewEvent]]:
    """Counts a segment of each of these streams, once; gives of each what begins or ends to ail the broadcast and the
    stretches that are over.

    A stretch is over once everything up to a little behind it is accounted for: words are known seconds after they
    were said.
    """
    if not given:
        return {}
    rows = connection.execute(
        select(StreamSignalRow.stream_id, StreamSignalRow.state).where(StreamSignalRow.stream_id.in_(given))
    )
    stored = {row.stream_id: Tally.from_json(row.state) for row in rows}
    changed: list[dict[str, object]] = []
    events: dict[str, list[NewEvent]] = {}
    for stream_id, counting in sorted(given.items()):
        before = stored.get(stream_id) or Tally(length_ms=counting.terms.length_ms)
        tally, turns = before.count(counting.signal, counting.understood).turns(counting.terms)
        coverage = counting.coverage
        tally, closed = tally.close(coverage.span_ms - coverage.waiting_ms - LATE_MS)
        if tally != before:
            changed.append(_row(stream_id, tally))
        of_it = [event for turn in turns for event in _turned(connection, stream_id, turn, now_ms)]
        events[stream_id] = of_it + _events(connection, stream_id, closed, coverage)
    upsert(connection, StreamSignalRow, changed)
    return events


def _turned(connection: Connection, stream_id: str, turn: Turn, now_ms: int) -> list[NewEvent]:
    if turn.begins:
        return begin(connection, stream_id, turn.condition, turn.at_ms, now_ms)
    return end(connection, stream_id, turn.condition, turn.at_ms)


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
    upsert(connection, StreamSignalRow, [_row(stream_id, tally)])


def _row(stream_id: str, tally: Tally) -> dict[str, object]:
    return {"stream_id": stream_id, "sequence": tally.sequence, "state": tally.to_json()}

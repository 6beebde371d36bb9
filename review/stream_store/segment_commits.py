"""What segments gave, stored: those of many broadcasts that come at once in one transaction, each whole or not."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from claims.types import Finding, Passage
from ingest.recording.ledger import Coverage
from ingest.types import Segment
from review.cases.filing import file_looked_up, look_up
from review.db.tables.streams import SegmentRow, StreamRow
from review.db.upsert import insert_missing
from review.errors import LeaseLost, ReviewError, UnknownStreamError
from review.events.log import write_events
from review.events.types import NewEvent
from review.scheduling.fencing import lost_of
from review.scheduling.grouped_writes import Grouped
from review.streams.coverage import write_coverages
from review.streams.events import finding_events, gap_events
from review.streams.filing import (
    Written,
    mark_analysed,
    move_cursors,
    number,
    understood,
    unnumbered_findings,
    write_passages,
)
from review.streams.rows import segment_values
from review.stretches.filing import Counting, count_segments
from review.stretches.types import Signal, StretchTerms

# More at once would make those wait long that are not stored yet, and whoever else writes.
_MOST = 64
_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentGiven:
    """What a segment gave. `segment`: its own row, where it is not stored yet.

    The rest as `StreamWriter.commit_segment` has it.
    """

    stream_id: str
    sequence: int
    findings: tuple[Finding, ...] = ()
    passages: tuple[Passage, ...] = ()
    coverage: Coverage | None = None
    analysed: bool = True
    signal: Signal | None = None
    terms: StretchTerms
    token: int | None = None
    segment: Segment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingTerms:
    """By what findings are filed into cases.

    `flag_at`: the policy's threshold, near which a finding is uncertain. `second_share`: how many cases are decided
    twice.
    """

    flag_at: float
    second_share: float


class SegmentCommits:
    """Stores what segments gave, with their events; safe from any thread.

    Those that several threads bring at once go into one transaction, so that the rows by which writers are ordered are
    held once for all of them, and the disk is waited for once. Where one of them can't be stored, the others are.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], filing: FilingTerms) -> None:
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._filing = filing
        self._grouped: Grouped[SegmentGiven, None] = Grouped(self.write, most=_MOST, pause_s=_PAUSE_S)

    def put(self, given: SegmentGiven) -> None:
        """Stores it, or raises LeaseLost, UnknownStreamError, UnknownSegmentError, or what the database raises."""
        self._grouped.put(given)

    def write(self, group: Sequence[SegmentGiven]) -> list[Exception | None]:
        """Stores them in as few transactions as can be; gives for each, in their order, why it is not stored."""
        results: list[Exception | None] = [None] * len(group)
        for places in _rounds(group):
            try:
                refused = self._transaction([group[place] for place in places])
            except (SQLAlchemyError, ReviewError) as error:
                if len(places) == 1:
                    results[places[0]] = error
                else:
                    # One of them spoils it for the rest: each by itself.
                    for place in places:
                        results[place] = self._alone(group[place])
                continue
            for place in places:
                results[place] = refused.get(group[place].stream_id)
        return results

    def _alone(self, given: SegmentGiven) -> Exception | None:
        try:
            return self._transaction([given]).get(given.stream_id)
        except (SQLAlchemyError, ReviewError) as error:
            return error

    def _transaction(self, group: Sequence[SegmentGiven]) -> dict[str, Exception]:
        """Stores what may be, of each stream one segment; gives why the others may not."""
        now_ms = int(self._now().timestamp() * 1000)
        with self._writing.begin() as connection:
            refused = _refused(connection, group)
            taken = [given for given in group if given.stream_id not in refused]
            if taken:
                write_events(connection, now_ms, write_segments(connection, taken, now_ms, self._filing))
        return refused


def write_segments(
    connection: Connection, group: Sequence[SegmentGiven], now_ms: int, filing: FilingTerms
) -> list[NewEvent]:
    """Stores what these segments gave, of different streams that the caller holds, and moves their cursors.

    Gives the events that the caller writes at the end of the transaction, those of each stream in their order.
    """
    _write_rows(connection, [given.segment for given in group if given.segment is not None])
    fresh = _by_stream(write_passages(connection, (each for given in group for each in given.passages)))
    # What needs no number comes before findings, which take one that all writers wait for.
    mark_analysed(connection, [(given.stream_id, given.sequence) for given in group if given.analysed])
    move_cursors(connection, {given.stream_id: given.sequence for given in group})
    coverages = {given.stream_id: given.coverage for given in group if given.coverage is not None}
    gaps = write_coverages(connection, coverages)
    found = unnumbered_findings(connection, (each for given in group for each in given.findings))
    changed = [each.finding for each in found.written]
    new = {each.finding.finding_id for each in found.written if each.is_new}
    events = _events_by_stream(finding_events(connection, changed, new))
    for stream_id, gone in gaps.items():
        events[stream_id] += gap_events(connection, stream_id, gone)
    counting = _counting(group, fresh, _by_stream_of_findings(found.written), coverages)
    for stream_id, turned in count_segments(connection, counting, now_ms).items():
        events[stream_id] += turned
    places = look_up(connection, changed, new)
    number(connection, found)
    file_looked_up(connection, places, now_ms=now_ms, flag_at=filing.flag_at, second_share=filing.second_share)
    return [event for given in group for event in events.get(given.stream_id, ())]


def _counting(
    group: Sequence[SegmentGiven],
    fresh: Mapping[str, list[Passage]],
    written: Mapping[str, list[Written]],
    coverages: Mapping[str, Coverage],
) -> dict[str, Counting]:
    """What counts in stretches, of those segments of which it is known what sound and picture gave."""
    return {
        given.stream_id: Counting(
            signal=given.signal,
            understood=understood(fresh.get(given.stream_id, ()), written.get(given.stream_id, ())),
            coverage=coverages[given.stream_id],
            terms=given.terms,
        )
        for given in group
        if given.signal is not None and given.stream_id in coverages
    }


def _refused(connection: Connection, group: Sequence[SegmentGiven]) -> dict[str, Exception]:
    """Of whom nothing may be stored, and why; the leases and rows of all others are held, each in one order."""
    tokens = {given.stream_id: given.token for given in group if given.token is not None}
    refused: dict[str, Exception] = {
        stream_id: LeaseLost(stream_id, tokens[stream_id]) for stream_id in lost_of(connection, tokens)
    }
    named = {given.stream_id for given in group} - refused.keys()
    held = (
        select(StreamRow.stream_id)
        .where(StreamRow.stream_id.in_(named))
        .order_by(StreamRow.stream_id)
        .with_for_update(key_share=True)
    )
    for missing in named - set(connection.scalars(held)):
        refused[missing] = UnknownStreamError(missing)
    return refused


def _write_rows(connection: Connection, segments: Iterable[Segment]) -> None:
    insert_missing(connection, SegmentRow, [segment_values(segment) for segment in segments])


def _rounds(group: Sequence[SegmentGiven]) -> list[list[int]]:
    """Their places, in as few rounds as there are segments of one stream among them: one of each stream in a round."""
    rounds: list[list[int]] = []
    count: dict[str, int] = defaultdict(int)
    for place, given in enumerate(group):
        turn = count[given.stream_id]
        count[given.stream_id] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(place)
    return rounds


def _by_stream(passages: Iterable[Passage]) -> Mapping[str, list[Passage]]:
    found: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        found[passage.stream_id].append(passage)
    return found


def _by_stream_of_findings(written: Iterable[Written]) -> Mapping[str, list[Written]]:
    found: dict[str, list[Written]] = defaultdict(list)
    for each in written:
        found[each.finding.stream_id].append(each)
    return found


def _events_by_stream(events: Iterable[NewEvent]) -> dict[str, list[NewEvent]]:
    found: dict[str, list[NewEvent]] = defaultdict(list)
    for event in events:
        found[event.stream_id or ""].append(event)
    return found

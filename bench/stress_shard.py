"""A worker that carries simulated broadcasts: its engines only take time, all else is as it is in earnest.

Its broadcasts are leased, renewed, recalled and released like any other; each segment goes through a bounded number of
engines and is stored, fenced, with its findings. Segment n of a broadcast closes at a moment that only its order
decides, so whoever takes it over goes on with the same material.
"""

import hashlib
import heapq
import os
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from bench.sample import SAMPLE
from claims.types import Finding, Passage
from cluster.live.load import memory_bytes
from ingest.recording.ledger import Ledger
from ingest.types import Gap, GapKind, Segment
from review.errors import LeaseLost, WorkerReplaced
from review.scheduling.decisions import Reach, Released
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Lease, Order, Worker
from review.stores import Stores
from review.streams.types import StreamState, Wanted

# As long as a shard's own.
_TICK_S = 1.0
_RETRY_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What simulated broadcasts are like.

    `engine_ms`: how long a segment takes an engine. Every `finding_every`th segment has a finding. What waits for an
    engine longer than `shed_ms` is left out, as shed.
    """

    database_url: str = field(repr=False)
    capacity: float
    segment_ms: int = 1_000
    engine_ms: int = 10
    engines: int = 4
    finding_every: int = 4
    shed_ms: int = 20_000
    terms: LeaseTerms = field(default_factory=LeaseTerms)


@dataclass(slots=True)
class _Stream:
    order: Order
    token: int
    sequence: int
    ledger: Ledger
    ending: Released | None = None
    is_over: bool = False


class SimulatedShard:
    """Carries what is assigned to it until it is closed."""

    def __init__(self, simulation: Simulation, worker_id: str, node: str) -> None:
        self._sim = simulation
        self._statements = 0
        event.listen(Engine, "before_cursor_execute", self._count)
        self._stores = self.open_stores()
        self._worker = Worker(
            worker_id=worker_id, node=node, capacity=simulation.capacity, started_at_ms=_now_ms(), why="simulated"
        )
        self._streams: dict[str, _Stream] = {}
        self._due: list[tuple[int, str, int]] = []
        self._delays_ms: list[int] = []
        self._changed = threading.Condition()
        self._closing = False
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads += [threading.Thread(target=self._engine, daemon=True) for _ in range(simulation.engines)]
        for thread in self._threads:
            thread.start()

    def open_stores(self) -> Stores:
        """The store that it works on."""
        return Stores.open(self._sim.database_url, terms=self._sim.terms)

    def figures(self) -> tuple[int, list[int]]:
        """The process, and the milliseconds from each segment's close to its finding being stored, so far."""
        with self._changed:
            return os.getpid(), list(self._delays_ms)

    def costs(self) -> tuple[int, int]:
        """How many statements it has sent to the database, and the bytes of memory that it takes."""
        return self._statements, memory_bytes()

    def _count(self, *_: object) -> None:
        self._statements += 1

    def close(self) -> None:
        """Gives everything back and ends."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for stream in self._streams.values():
            self._stores.leases.release(stream.order.stream_id, stream.token, Released.GIVEN_BACK)
        self._stores.leases.leave(self._worker.worker_id)
        self._stores.close()

    def _serve(self) -> None:
        while not self._closing:
            try:
                self._turn()
            except SQLAlchemyError:
                pass  # the database is away for a while; what is carried goes on as far as it can
            except WorkerReplaced:
                os._exit(1)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, _TICK_S)

    def _turn(self) -> None:
        self._stores.leases.beat(self._worker)
        assigned = {o.stream_id: (o, lease) for o, lease in self._stores.leases.assigned(self._worker.worker_id)}
        with self._changed:
            progress = {stream_id: _reach(s) for stream_id, s in self._streams.items()}
        waiting = {stream_id: lease for stream_id, (_, lease) in assigned.items() if stream_id not in progress}
        kept = {
            stream_id: Reach(token=lease.token, recorded_ms=lease.recorded_ms, analysed_ms=lease.analysed_ms)
            for stream_id, lease in waiting.items()
        }
        held = self._stores.leases.renew(self._worker.worker_id, progress | kept)
        for stream_id in progress.keys() - held:
            self._drop(stream_id, progress[stream_id].token)
        until = time.monotonic() + _TICK_S
        for stream_id, (order, lease) in assigned.items():
            stream = self._streams.get(stream_id)
            if stream is not None and stream.token == lease.token:
                if order.wanted is Wanted.STOP:
                    stream.ending = Released.ENDED
                elif lease.recalled_at_ms:
                    stream.ending = Released.GIVEN_BACK
            elif (
                stream is None and order.wanted is Wanted.RUN and not lease.recalled_at_ms and time.monotonic() < until
            ):
                # Not all at once: a worker that is busy taking things up for long would seem dead meanwhile.
                self._take(order, lease)

    def _take(self, order: Order, lease: Lease) -> None:
        cursor = self._stores.streams.cursor(order.stream_id)
        ledger = Ledger(self._stores.stream_writer.ledger(order.stream_id))
        try:
            self._stores.stream_writer.set_state(order.stream_id, StreamState.LIVE, token=lease.token)
        except LeaseLost:
            return
        stream = _Stream(order, lease.token, 0 if cursor is None else cursor + 1, ledger)
        with self._changed:
            self._streams[order.stream_id] = stream
            self._put(stream, self._closes_at_ms(stream))

    def _drop(self, stream_id: str, token: int) -> None:
        with self._changed:
            if stream_id in self._streams and self._streams[stream_id].token == token:
                self._streams.pop(stream_id).is_over = True

    def _put(self, stream: _Stream, at_ms: int) -> None:
        heapq.heappush(self._due, (at_ms, stream.order.stream_id, stream.token))
        self._changed.notify()

    def _closes_at_ms(self, stream: _Stream) -> int:
        shift_ms = int(hashlib.sha256(stream.order.stream_id.encode()).hexdigest()[:8], 16) % self._sim.segment_ms
        return stream.order.created_at_ms + shift_ms + (stream.sequence + 1) * self._sim.segment_ms

    def _engine(self) -> None:
        while (stream := self._next()) is not None:
            if stream.is_over:
                continue
            try:
                goes_on = self._carry(stream)
            except LeaseLost:
                self._drop(stream.order.stream_id, stream.token)
                continue
            except SQLAlchemyError:
                with self._changed:
                    self._put(stream, _now_ms() + _RETRY_MS)
                continue
            if goes_on:
                with self._changed:
                    self._put(stream, self._closes_at_ms(stream))
            else:
                self._drop(stream.order.stream_id, stream.token)

    def _next(self) -> _Stream | None:
        """The stream whose segment has waited longest; None when this ends."""
        with self._changed:
            while not self._closing:
                if self._due and (wait_ms := self._due[0][0] - _now_ms()) <= 0:
                    _, stream_id, token = heapq.heappop(self._due)
                    stream = self._streams.get(stream_id)
                    if stream is not None and stream.token == token:
                        return stream
                else:
                    self._changed.wait(wait_ms / 1000 if self._due else _TICK_S)
        return None

    def _carry(self, stream: _Stream) -> bool:
        """Takes one segment through; false when the stream is no longer this worker's."""
        order, sim = stream.order, self._sim
        start_ms = stream.sequence * sim.segment_ms
        ending = Released.ENDED if order.max_ms is not None and start_ms >= order.max_ms else stream.ending
        if ending is not None:
            self._stores.leases.release(order.stream_id, stream.token, ending)
            return False
        closed_ms = self._closes_at_ms(stream)
        shed = _now_ms() - closed_ms > sim.shed_ms
        if shed:
            gap = Gap(kind=GapKind.SHED, start_ms=start_ms, end_ms=start_ms + sim.segment_ms, why="overload")
            stream.ledger.lost(gap)
        else:
            time.sleep(sim.engine_ms / 1000)
            stream.ledger.analysed(start_ms, start_ms + sim.segment_ms)
        found = not shed and stream.sequence % sim.finding_every == 0
        findings = [finding_of(sim, order.stream_id, stream.sequence)] if found else []
        self._stores.stream_writer.commit_segment(
            order.stream_id,
            stream.sequence,
            findings=findings,
            passages=[passage_of(finding) for finding in findings],
            coverage=stream.ledger.coverage(),
            analysed=not shed,
            token=stream.token,
            segment=segment_of(sim, order.stream_id, stream.sequence, closed_ms),
        )
        with self._changed:
            self._delays_ms += [_now_ms() - closed_ms for _ in findings]
        stream.sequence += 1
        return True


def finding_of(sim: Simulation, stream_id: str, sequence: int) -> Finding:
    """The finding that is in this segment, whoever analyses it and however often."""
    content = hashlib.sha256(f"{stream_id}/{sequence}".encode()).hexdigest()
    start_ms = sequence * sim.segment_ms
    return replace(
        SAMPLE,
        finding_id=f"f_{content[:24]}",
        stream_id=stream_id,
        passage_ids=(f"u{sequence}",),
        start_ms=start_ms,
        end_ms=start_ms + sim.segment_ms,
    )


def passage_of(finding: Finding) -> Passage:
    """The passage that the finding is in."""
    return Passage(
        stream_id=finding.stream_id,
        id=finding.passage_ids[0],
        start_ms=finding.start_ms,
        end_ms=finding.end_ms,
        text=finding.quote,
    )


def segment_of(sim: Simulation, stream_id: str, sequence: int, closed_ms: int) -> Segment:
    """The segment as it was received at `closed_ms`."""
    content = hashlib.sha256(f"{stream_id}/{sequence}".encode()).hexdigest()
    start_ms = sequence * sim.segment_ms
    return Segment(
        stream_id=stream_id,
        sequence=sequence,
        epoch=0,
        path=Path(f"{stream_id}/{sequence}.ts"),
        start_ms=start_ms,
        end_ms=start_ms + sim.segment_ms,
        source_start_ms=start_ms,
        received_at_ms=closed_ms,
        byte_count=0,
        sha256=content,
        chain_sha256=content,
        gap_before_ms=0,
    )


def _is_wanted(order: Order, lease: Lease) -> bool:
    return order.wanted is Wanted.RUN and not lease.recalled_at_ms


def _reach(stream: _Stream) -> Reach:
    return Reach(token=stream.token, recorded_ms=stream.ledger.settled_ms, analysed_ms=stream.ledger.settled_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

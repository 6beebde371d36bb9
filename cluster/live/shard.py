"""A shard: carries the broadcasts that the database assigns to it, and tells the database how far they are.

What the database says is asked every second. Where it does not answer, what runs goes on; nothing is stored without it.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import SQLAlchemyError

from cluster.errors import LeaseGone
from cluster.live.load import Meter, memory_bytes
from cluster.live.orders import OrderUnusable, PreparedScreening, prepare_screening
from cluster.live.pipeline import Pipeline
from cluster.live.remote_stages import Gate, RemoteStages
from cluster.live.resuming import is_complete, resume_on_this_machine, start_after
from cluster.live.stage_set import SharedResources
from cluster.live.types import DesiredState, EndOfWork, ServiceConfig
from cluster.logs import about
from cluster.stages.backpressure import Load, effort_limits, places
from cluster.stages.capture import CaptureStage
from cluster.stages.policies import LoadedPolicies
from ingest.decode.pool import DecodePool
from ingest.errors import ParserDied
from net.errors import SourceError, ZhenyanError
from review.errors import StoreUnavailableError, WorkerReplaced
from review.scheduling.decisions import Reach, Released
from review.scheduling.latencies import LATENCIES
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore
from review.scheduling.types import Lease, Order, Worker
from review.scheduling.worker_feed import Feeding
from review.stores import Stores
from review.streams.types import Wanted
from review.tracing import open_tracing

_log = logging.getLogger("zhenyan.service")
_TICK_S = 1.0


@dataclass(slots=True)
class _Held:
    """A broadcast that this shard holds."""

    order: Order
    token: int
    desired: DesiredState = DesiredState.RUN
    changed: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    capture: CaptureStage | None = None
    pipeline: Pipeline | None = None
    released: tuple[Released, str] | None = None
    over: bool = False

    def ask_for(self, desired: DesiredState) -> None:
        """What was asked for first stays, save that nothing goes before letting go at once."""
        if self.desired is DesiredState.RUN or desired is DesiredState.ABANDON:
            self.desired = desired
            self.changed.set()

    @property
    def reach(self) -> Reach:
        """How far it is."""
        recorded_ms = self.capture.recorded_ms() if self.capture is not None else 0
        analysed_ms = self.pipeline.analysed_ms if self.pipeline is not None else 0
        if self.capture is None:
            return Reach(token=self.token, recorded_ms=recorded_ms, analysed_ms=analysed_ms)
        trouble = self.capture.trouble
        return Reach(
            token=self.token,
            recorded_ms=recorded_ms,
            analysed_ms=analysed_ms,
            air=self.capture.air,
            kind=None if trouble is None else trouble.kind,
            why="" if trouble is None else trouble.why,
        )


class Shard:
    """One process's broadcasts; `tick` is called every second by whoever runs it, from one thread.

    `remote_stages_of` finds the pools for a broadcast; it raises StageLost while there are none.
    """

    def __init__(
        self,
        config: ServiceConfig,
        *,
        worker_id: str,
        node: str,
        most: float,
        remote_stages_of: Callable[[str], RemoteStages],
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._config = config
        self._worker = Worker(worker_id=worker_id, node=node, capacity=most, started_at_ms=now_ms())
        self._remote_stages_of = remote_stages_of
        self._stores: Stores | None = None
        self._feeding = Feeding.open(config.database_url)
        self._held: dict[str, _Held] = {}
        self._decoders = DecodePool(sandbox=config.job["sandbox"])
        self._policies = LoadedPolicies()
        self._gate = Gate(config.frames_bytes)
        self._meter = Meter()
        self._tracing = open_tracing(config.trace_url, "zhenyan-worker")
        self._cores_per_stream = 0.0
        self._leaving = False
        self.replaced = False

    def known_cores(self) -> float:
        """Of a core, what a broadcast takes as this worker told before it was started again; 0: it did not."""
        try:
            known = next((w for w in self._opened().leases.workers() if w.worker_id == self._worker.worker_id), None)
        except (SQLAlchemyError, StoreUnavailableError):
            return 0.0
        return float(known.figures.get("cores_per_stream", 0)) if known is not None else 0.0

    def carry(self, most: float, cores_per_stream: float) -> None:
        """So many broadcasts, from the next tick on, each of which takes so much of a core."""
        self._worker = replace(self._worker, capacity=most)
        self._cores_per_stream = cores_per_stream

    @property
    def held(self) -> tuple[str, ...]:
        """The broadcasts that are worked on."""
        return tuple(self._held)

    def tick(self) -> None:
        """Tells and asks the database once, and does what it says. What it can't answer now waits for the next turn."""
        try:
            stores = self._opened()
            self._release_done(stores.leases)
            self._beat(stores.leases)
            self._renew(stores.leases)
            self._follow(stores.leases)
        except WorkerReplaced:
            self.replaced = True
            self.abandon()
        except (SQLAlchemyError, StoreUnavailableError) as error:
            _log.warning("the database does not answer: %s", str(error).splitlines()[0])

    def give_back_all(self) -> None:
        """Takes no more, and gives back what is held; `held` tells when that is done."""
        self._leaving = True
        for held in self._held.values():
            held.ask_for(DesiredState.GIVE_BACK)

    def abandon(self) -> None:
        """Stops everything and stores nothing more."""
        for held in self._held.values():
            held.ask_for(DesiredState.ABANDON)

    def leave(self) -> None:
        """Tells the database that this worker is gone for good; ends the decoders."""
        self._decoders.close()
        if self._tracing is not None:
            self._tracing.close()
        if self._stores is not None:
            self._stores.leases.leave(self._worker.worker_id)

    def figures(self) -> dict[str, object]:
        """How it goes, for whoever looks."""
        load = self._load()
        return {
            "streams": load.streams,
            "lagging": load.lagging,
            "worst_lag_ms": load.worst_lag_ms,
            "frames_in_hand_bytes": self._gate.in_hand,
            "cores_per_stream": round(self._cores_per_stream, 3),
            **self._meter.figures(),
            LATENCIES: self._meter.latencies(),
            "memory_bytes": memory_bytes(),
            "decoder_deaths": self._decoders.deaths,
            "capture_deaths": sum(h.capture.deaths for h in list(self._held.values()) if h.capture),
            "stages_lost": sum(h.pipeline.lost for h in list(self._held.values()) if h.pipeline),
            "told": {i: h.pipeline.why for i, h in list(self._held.items()) if h.pipeline and h.pipeline.why},
        }

    def child_pids(self) -> tuple[int, ...]:
        """Its capturing and decoding children."""
        captures = [h.capture.pid for h in list(self._held.values()) if h.capture]
        return (*self._decoders.pids, *(pid for pid in captures if pid is not None))

    def _opened(self) -> Stores:
        if self._stores is None:
            terms = LeaseTerms(lagging_ms=self._config.lagging_ms)
            self._stores = Stores.open(self._config.database_url, terms=terms)
        return self._stores

    def _beat(self, leases: LeaseStore) -> None:
        most, why = places(self._worker.capacity, self._load(), self._why_so_many())
        beat = Worker(
            worker_id=self._worker.worker_id,
            node=self._worker.node,
            capacity=most,
            draining=self._leaving,
            why=why,
            figures=self.figures(),
            started_at_ms=self._worker.started_at_ms,
        )
        leases.beat(beat)

    def _why_so_many(self) -> str:
        cores = self._cores_per_stream
        return f"as one takes {cores:.2f} of a core here" if cores else "as set"

    def _load(self) -> Load:
        lags = [held.pipeline.lag_grown_ms for held in list(self._held.values()) if held.pipeline]
        late = [lag for lag in lags if lag > self._config.shed_from_ms]
        return Load(streams=len(self._held), lagging=len(late), worst_lag_ms=max(late, default=0))

    def _renew(self, leases: LeaseStore) -> None:
        progress = {stream_id: held.reach for stream_id, held in self._held.items() if not held.over}
        for stream_id in set(progress) - leases.renew(self._worker.worker_id, progress):
            self._held[stream_id].ask_for(DesiredState.ABANDON)

    def _follow(self, leases: LeaseStore) -> None:
        assigned = {order.stream_id: (order, lease) for order, lease in leases.assigned(self._worker.worker_id)}
        for stream_id, held in self._held.items():
            order, lease = assigned.get(stream_id, (None, None))
            if order is None or lease is None or lease.token != held.token:
                held.ask_for(DesiredState.ABANDON)
            elif order.wanted is Wanted.STOP:
                held.ask_for(DesiredState.STOP)
            elif lease.recalled_at_ms or self._leaving:
                held.ask_for(DesiredState.GIVE_BACK)
        for order, lease in assigned.values():
            if order.stream_id not in self._held and not self._leaving:
                self._start(order, lease)

    def _start(self, order: Order, lease: Lease) -> None:
        held = self._held[order.stream_id] = _Held(order=order, token=lease.token)
        if order.wanted is Wanted.STOP:
            held.ask_for(DesiredState.STOP)
        held.thread = threading.Thread(target=self._work, args=(held,), name=order.stream_id, daemon=True)
        held.thread.start()

    def _work(self, held: _Held) -> None:
        """A broadcast's thread, from its start to what is told of its end."""
        with about(stream_id=held.order.stream_id):
            self._carry(held)

    def _carry(self, held: _Held) -> None:
        try:
            screening = self._prepare_screening(held)
            if screening is not None:
                held.released = self._screen(held, screening)
            elif held.desired is DesiredState.GIVE_BACK:
                held.released = Released.GIVEN_BACK, ""
        except LeaseGone as gone:
            _log.info("%s", gone)
        except OrderUnusable as unusable:
            held.released = Released.REFUSED, str(unusable)
        except ZhenyanError as error:
            held.released = Released.FAILED, str(error)
        except Exception as error:  # the edge of this thread: the broadcast is tried again, and the log says more
            _log.exception("%s failed", held.order.stream_id)
            held.released = Released.FAILED, f"{type(error).__name__}: {error}"
        finally:
            if held.capture is not None:
                held.capture.stop()
                held.capture.join()
            held.over = True

    def _prepare_screening(self, held: _Held) -> PreparedScreening | None:
        """What is to be screened; None if it is not wanted any more before the database answered."""
        while held.desired in (DesiredState.RUN, DesiredState.STOP):
            try:
                stores = self._opened()
                return prepare_screening(
                    held.order, self._config, stores.streams, stores.policies, self._feeding, self._policies
                )
            except SQLAlchemyError as error:
                _log.warning("%s: the database does not answer: %s", held.order.stream_id, str(error).splitlines()[0])
                held.changed.wait(_TICK_S)
        return None

    def _screen(self, held: _Held, screening: PreparedScreening) -> tuple[Released, str]:
        job, stores = screening.job, self._opened()
        if resume_on_this_machine(job.recording_dir, self._feeding.segments(job.stream_id)):
            _log.info("%s: goes on here; what was recorded before lies elsewhere", job.stream_id)
        is_whole = is_complete(job.recording_dir)
        held.capture = CaptureStage(job, records=held.desired is DesiredState.RUN and not is_whole, is_whole=is_whole)
        resources = SharedResources(
            decoders=self._decoders,
            policies=self._policies,
            gate=self._gate,
            remote_stages_of=self._remote_stages_of,
            checkpoint_ms=self._config.checkpoint_ms,
            limits=effort_limits(held.order.priority, self._config.shed_from_ms),
            meter=self._meter,
            tracing=self._tracing,
        )
        held.pipeline = Pipeline(
            job,
            screening.versions,
            held.capture,
            resources,
            token=held.token,
            start_after=lambda: start_after(
                job.recording_dir, stores.streams.cursor(job.stream_id), self._config.replay_ms
            ),
        )
        done = held.pipeline.run(lambda: held.desired, held.changed.wait)
        error = held.capture.error
        if done is EndOfWork.GIVEN_BACK:
            return Released.GIVEN_BACK, ""
        if error is not None:
            return _why_released(done, error), str(error)
        return Released.ENDED, ""

    def _release_done(self, leases: LeaseStore) -> None:
        for stream_id, held in list(self._held.items()):
            if not held.over:
                continue
            if held.released is not None:
                how, why = held.released
                leases.release(stream_id, held.token, how, why)
            del self._held[stream_id]


def _why_released(done: EndOfWork, error: SourceError) -> Released:
    """What an error of the capture says of its source: a process that dies of it is ours."""
    if done is EndOfWork.OVER:
        return Released.REFUSED
    return Released.FAILED if isinstance(error, ParserDied) else Released.UNREACHABLE

"""Many streams, a few engines: the thin runner around the batcher."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np

from asr.batching.batcher import Batcher, BatcherSettings, SharedCall
from asr.engines.process import MakeEngine, ProcessRecogniser, sum_counts
from asr.errors import EngineFailedError, RecogniserClosedError
from asr.recogniser import SAMPLES_PER_MS, Cut, Recogniser, RecognitionCounts
from asr.types import Utterance

WARM_UP_MS = (2_000, 12_000)

UtteranceFuture = Future[tuple[Utterance, ...]]


class SharedRecogniser:
    """A Recogniser for any number of threads: what they hand in at about the same time shares calls.

    Each engine is driven by a thread of its own, so as many calls are in flight as there are engines. A call that
    fails is done again cut by cut, so that one bad cut fails alone. Closing closes engines that can be closed.
    """

    def __init__(
        self,
        engines: Sequence[Recogniser],
        settings: BatcherSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engines = tuple(engines)
        self._batcher = Batcher(settings)
        self._clock = clock
        self._changed = threading.Condition()
        self._closed = False
        self._pending: dict[int, UtteranceFuture] = {}
        self.call_count = 0
        self.failed_call_count = 0
        self._threads = [threading.Thread(target=self._drive, args=(engine,), daemon=True) for engine in self._engines]
        for thread in self._threads:
            thread.start()

    @property
    def model_name(self) -> str:
        """As the engines name themselves; all run the same weights."""
        return self._engines[0].model_name

    @property
    def counts(self) -> RecognitionCounts:
        """Those of all engines together."""
        return sum_counts([engine.counts for engine in self._engines])

    @property
    def waiting_count(self) -> int:
        """How many cuts wait for an engine."""
        with self._changed:
            return self._batcher.waiting_count

    def room_ms(self, stream_id: str) -> int:
        """How much more audio of this stream is taken in now."""
        with self._changed:
            return self._batcher.room_ms(stream_id)

    def offer(self, cut: Cut) -> UtteranceFuture | None:
        """What will be heard in the cut (one utterance or none); None if there is no room now: offer it again."""
        with self._changed:
            if self._closed:
                raise RecogniserClosedError(f"a cut of stream {cut.stream_id!r}")
            ticket = self._batcher.offer(cut, self._now_ms()).ticket
            if ticket is None:
                return None
            heard = self._pending[ticket] = UtteranceFuture()
            heard.set_running_or_notify_cancel()  # from here on it can't be cancelled: an engine will set it
            self._changed.notify_all()
            return heard

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts; waits where there is no room, and for the last of them."""
        handed_in: list[UtteranceFuture] = []
        for cut in cuts:
            while (heard := self.offer(cut)) is None:
                with self._changed:
                    self._changed.wait_for(lambda cut=cut: self._closed or self._has_room(cut))  # type: ignore[misc]
            handed_in.append(heard)
        return [utterance for heard in handed_in for utterance in heard.result()]

    def close(self) -> None:
        """Finishes what was taken in, refuses what comes, ends threads and engines."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for engine in self._engines:
            close = getattr(engine, "close", None)
            if close is not None:
                close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _has_room(self, cut: Cut) -> bool:
        return len(cut.samples) <= self._batcher.room_ms(cut.stream_id) * SAMPLES_PER_MS

    def _drive(self, engine: Recogniser) -> None:
        while (call := self._next_call()) is not None:
            try:
                outcomes = by_cut(call.cuts, engine.transcribe(call.cuts))
            except Exception as error:
                self._recognise_one_by_one(engine, call, error)
                continue
            for ticket, outcome in zip(call.tickets, outcomes, strict=True):
                self._taken_out(ticket).set_result(outcome)

    def _recognise_one_by_one(self, engine: Recogniser, call: SharedCall, error: Exception) -> None:
        with self._changed:
            self.failed_call_count += 1
        for ticket, cut in zip(call.tickets, call.cuts, strict=True):
            if len(call.cuts) > 1:
                try:
                    utterances = engine.transcribe([cut])
                except Exception as own_error:
                    self._taken_out(ticket).set_exception(own_error)
                else:
                    self._taken_out(ticket).set_result(tuple(utterances))
            else:
                self._taken_out(ticket).set_exception(error)

    def _taken_out(self, ticket: int) -> UtteranceFuture:
        with self._changed:
            return self._pending.pop(ticket)

    def _next_call(self) -> SharedCall | None:
        """The next call, waited for; None when closed and all is done."""
        with self._changed:
            while True:
                call = self._batcher.take(self._now_ms())
                if call is not None:
                    self.call_count += 1
                    self._changed.notify_all()
                    return call
                due_ms = self._batcher.next_due_ms()
                if due_ms is None and self._closed:
                    return None
                self._changed.wait(None if due_ms is None else max(0.001, (due_ms - self._now_ms()) / 1000))

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def start_shared(
    make_engine: MakeEngine, *, process_count: int, settings: BatcherSettings | None = None
) -> SharedRecogniser:
    """Engines in processes of their own behind one batcher, each warm; raises what kept one from starting."""
    with ThreadPoolExecutor(process_count) as starters:
        starting = [starters.submit(ProcessRecogniser, partial(make_warm, make_engine)) for _ in range(process_count)]
    failed = next((one.exception() for one in starting if one.exception() is not None), None)
    if failed is not None:
        for one in starting:
            if one.exception() is None:
                one.result().close()
        raise failed
    return SharedRecogniser([one.result() for one in starting], settings)


def make_warm(make_engine: MakeEngine) -> Recogniser:
    """The engine after it heard a short and a long cut of nothing, so that no live cut pays for its first calls."""
    engine = make_engine()
    for length_ms in WARM_UP_MS:
        samples = np.zeros(length_ms * SAMPLES_PER_MS, np.float32)
        silence = Cut(
            stream_id="warm-up",
            start_ms=0,
            end_ms=length_ms,
            speech_start_ms=0,
            speech_end_ms=length_ms,
            samples=samples,
        )
        engine.transcribe([silence])
    return engine


def by_cut(cuts: Sequence[Cut], utterances: Sequence[Utterance]) -> list[tuple[Utterance, ...]]:
    """For each cut what was heard in it, one utterance or none; both in the same order.

    Raises EngineFailedError if one belongs to no cut, for it would be lost.
    """
    left = list(utterances)
    heard: list[tuple[Utterance, ...]] = []
    for cut in cuts:
        is_own = left and left[0].stream_id == cut.stream_id and cut.start_ms <= left[0].start_ms <= cut.end_ms
        heard.append((left.pop(0),) if is_own else ())
    if left:
        raise EngineFailedError(f"{len(left)} utterances belong to no cut, the first of stream {left[0].stream_id!r}")
    return heard

"""Replays stored broadcasts under two policies: the work of one process, and many of them side by side."""

import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import configs
from claims.classifier.encoding_cache import keeps_directions
from claims.classifier.opening import AUTO, OFF, Semantics, semantics_of
from claims.classifier.reading import Reader
from claims.errors import ClaimsError
from claims.policy.policy import Policy
from cluster.stages.checkpoint import program_version
from review.evidence.basis import recall_directions
from review.replays.compare import compare
from review.replays.judgement_cache import (
    RememberingReader,
    pack_readings,
    pack_said,
    said_topic,
    unpack_readings,
    unpack_said,
)
from review.replays.rejudging import judge_by, missing_of, passports_of
from review.replays.report import PolicyName, ReplayReport, sum_up
from review.replays.shared_texts import share_texts
from review.replays.store import ReplayStore
from review.replays.types import Said, Scope, Skipped, StoredStream, StreamDiff
from review.stores import Stores

# So many broadcasts are handed out ahead for each process; more would only delay a stop.
_AHEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayJob:
    """What to replay with: the candidate's folder, and that of the policy in force. Plain values only."""

    candidate: Path
    live: Path
    database_url: str = field(repr=False)
    data_dir: Path
    semantic: str = AUTO
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 1
    models: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayProgress:
    """How far a replay is."""

    done: int
    total: int
    span_ms: int
    passage_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a replay was made with."""

    candidate: PolicyName
    live: PolicyName
    semantic: str


class Replaying:
    """Replays one broadcast after the other; both policies and the semantic layer are loaded once."""

    def __init__(self, job: ReplayJob, replays: ReplayStore) -> None:
        self._job = job
        self._replays = replays
        self.live = Policy(job.live)
        self.candidate = Policy(job.candidate)
        share_texts(self.live, self.candidate)
        self.semantics: Semantics = semantics_of(
            job.semantic, configs.SEMANTIC_DIR, device=job.device, threads=job.threads, models=job.models
        )
        self._topic = f"semantic:{_semantic_key(self.semantics.reader)}"

    def replay(self, stream_id: str) -> StreamDiff | Skipped:
        """What the candidate changes in this broadcast, or why it can't be replayed."""
        stream = self._replays.stream(stream_id, self._job.data_dir)
        if not stream.passports:
            return Skipped(stream_id=stream_id, why="no passport of it was kept")
        try:
            missing = missing_of(passports_of(self.live, stream), stream)
            before, after = self._judged(stream)
        except ClaimsError as error:
            return Skipped(stream_id=stream_id, why=str(error))
        return compare(stream, before, after, self._replays.stored(stream_id), missing)

    def both(self, stream_id: str) -> tuple[StoredStream, tuple[Said, ...], tuple[Said, ...]]:
        """The broadcast, and what either policy finds in it, notes among it; ClaimsError where it can't be judged."""
        stream = self._replays.stream(stream_id, self._job.data_dir)
        before, after = self._judged(stream)
        return stream, before, after

    def names(self) -> Names:
        """What is replayed with."""
        reader = self.semantics.reader
        return Names(
            candidate=PolicyName(name=self.candidate.name, digest=self.candidate.digest),
            live=PolicyName(name=self.live.name, digest=self.live.digest),
            semantic=OFF if reader is None else reader.name,
        )

    def _judged(self, stream: StoredStream) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """What both policies find; what the one in force finds is remembered, and what the semantic layer says."""
        reader: RememberingReader | None = None
        if self.semantics.reader is not None:
            known = unpack_readings(self._replays.recall(stream.stream_id, self._topic))
            recall_directions(self._job.data_dir / "recordings" / stream.stream_id, self.semantics.reader)
            reader = RememberingReader(self.semantics.reader, known)
        topic = said_topic(stream, self.live.digest, self._topic if reader else OFF, program_version())
        remembered = self._replays.recall(stream.stream_id, topic)
        before = unpack_said(remembered) if remembered is not None else None
        same = self.candidate.digest == self.live.digest
        asked = [*([self.live] if before is None else []), *([] if same else [self.candidate])]
        found = judge_by(asked, stream, reader)
        if before is None:
            before = found[0]
            self._replays.remember(stream.stream_id, topic, pack_said(before))
        after = before if same else found[-1]
        if reader is not None and reader.asked:
            self._replays.remember(stream.stream_id, self._topic, pack_readings(reader.known))
        return before, after


def replay(
    job: ReplayJob,
    scope: Scope,
    *,
    workers: int = 1,
    on_progress: Callable[[ReplayProgress], bool] = lambda _: True,
) -> ReplayReport | None:
    """The report over the scope; None if `on_progress`, called after each broadcast, said False: stop.

    Raises PolicyError, SemanticError, and UnknownStreamError for a broadcast of the scope that is not stored.
    """
    stores = Stores.open(job.database_url)
    results: list[StreamDiff | Skipped] = []
    span_ms = passage_count = 0
    try:
        stream_ids = stores.replays.stream_ids(scope)
        if not on_progress(ReplayProgress(done=0, total=len(stream_ids), span_ms=0, passage_count=0)):
            return None
        with _replaying(job, stores.replays, min(workers, len(stream_ids))) as side:
            for result in side.results(stream_ids):
                results.append(result)
                if isinstance(result, StreamDiff):
                    span_ms += result.span_ms
                    passage_count += result.passage_count
                progress = ReplayProgress(
                    done=len(results), total=len(stream_ids), span_ms=span_ms, passage_count=passage_count
                )
                if not on_progress(progress):
                    return None
            names = side.names()
    finally:
        stores.close()
    results.sort(key=lambda result: result.stream_id)
    return sum_up(
        [result for result in results if isinstance(result, StreamDiff)],
        [result for result in results if isinstance(result, Skipped)],
        candidate=names.candidate,
        live=names.live,
        semantic=names.semantic,
    )


def _semantic_key(reader: Reader | None) -> str:
    """What names a trained classifier for good: a hash of its file, which holds that of its weights."""
    if reader is None:
        return OFF
    return reader.classifier_key if keeps_directions(reader) else reader.name


class _Side(Protocol):
    """Where broadcasts are replayed."""

    def results(self, stream_ids: Sequence[str]) -> Iterator[StreamDiff | Skipped]:
        """What each broadcast gives, in any order."""
        ...

    def names(self) -> Names:
        """What it is replayed by."""
        ...


@contextmanager
def _replaying(job: ReplayJob, replays: ReplayStore, workers: int) -> Iterator[_Side]:
    """This process, or as many others."""
    if workers <= 1:
        yield _Here(Replaying(job, replays))
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(job,)) as pool:
        try:
            yield _There(pool, workers)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Here:
    def __init__(self, replaying: Replaying) -> None:
        self._replaying = replaying

    def results(self, stream_ids: Sequence[str]) -> Iterator[StreamDiff | Skipped]:
        yield from map(self._replaying.replay, stream_ids)

    def names(self) -> Names:
        return self._replaying.names()


class _There:
    def __init__(self, pool: ProcessPoolExecutor, workers: int) -> None:
        self._pool = pool
        self._most = workers * _AHEAD

    def results(self, stream_ids: Sequence[str]) -> Iterator[StreamDiff | Skipped]:
        todo = iter(stream_ids)
        running: set[Future[StreamDiff | Skipped]] = set()
        while True:
            while len(running) < self._most and (stream_id := next(todo, None)) is not None:
                running.add(self._pool.submit(_replay_one, stream_id))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)

    def names(self) -> Names:
        return self._pool.submit(_names).result()


_here: list[Replaying] = []


def _start(job: ReplayJob) -> None:
    """Loads the policies once in each process."""
    # Ctrl-C at a terminal goes to all of its processes; the parent decides what becomes of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="parent", daemon=True).start()
    _here.append(Replaying(job, Stores.open(job.database_url).replays))
    # What is loaded stays: to look through it for garbage again and again costs a tenth of the time.
    gc.collect()
    gc.freeze()


def _end_with(parent: int) -> None:
    """Ends this process when its parent is gone: nobody would take what it finds."""
    multiprocessing.connection.wait([parent])
    os._exit(1)


def _replay_one(stream_id: str) -> StreamDiff | Skipped:
    return _here[0].replay(stream_id)


def _names() -> Names:
    return _here[0].names()

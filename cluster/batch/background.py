"""Works on the batches that customers hand in, one at a time, as `zhenyan batch` does and stored for review."""

import json
import logging
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cluster.background import BackgroundJob
from cluster.batch.folder import replace_text
from cluster.batch.run import run_batch
from cluster.batch.types import BatchJob, BatchSource, FileProgress, FileResult, FileState
from net.errors import ZhenyanError
from review.batches.store import BatchStore
from review.batches.types import ArchiveState, Batch, BatchState
from review.policies.folders import in_force_folder
from review.streams.rows import shown_source

_log = logging.getLogger("zhenyan.batches")
_NOTE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSetup:
    """What every batch is screened with. `policy_dir` None: the policy that went live, or else the packaged one."""

    data_dir: Path
    values: Mapping[str, Any] = field(repr=False)
    allow_net: tuple[str, ...] = ()
    policy_dir: Path | None = None
    workers: int = 1


class BatchRunner(BackgroundJob):
    """Takes waiting batches from the database; each is worked on by one process, which says that it still does.

    One whose worker went silent is taken by another: what lies in a data folder that both see is not done again. At
    `close` the batch in work waits for whoever looks next, and goes on where it was.
    """

    def __init__(self, batches: BatchStore, worker_id: str, setup: BatchSetup) -> None:
        self._batches = batches
        self._worker_id = worker_id
        self._setup = setup
        super().__init__(
            self.run_once,
            name="batches",
            log=_log,
            failed="the next batch can't be worked on; it is tried again",
            patience_s=60,
        )

    def run_once(self) -> bool:
        """Works on the next waiting batch to its end; False if there was none."""
        batch = self._batches.claim(self._worker_id)
        if batch is None:
            return False
        try:
            self._work(batch)
        except ZhenyanError as error:
            self._batches.finish(batch.batch_id, self._worker_id, BatchState.FAILED, str(error))
        return True

    def _work(self, batch: Batch) -> None:
        job = self._job(batch)
        sources = [_source(batch, archive.url) for archive in batch.archives]
        notes = _Notes(self._batches, batch, sources)
        watch = _Watch(self._batches, batch, self._worker_id, self.stopping)
        results = run_batch(
            job, sources, workers=self._setup.workers, on_progress=notes.take, wanted=lambda: watch.is_wanted()
        )
        for number, result in enumerate(results):
            notes.finish(number, result)
        if self.stopping.is_set():
            self._batches.give_back(batch.batch_id, self._worker_id)
            return
        notes.forget()
        self._batches.finish(batch.batch_id, self._worker_id, BatchState.DONE)
        # Everything is in the store, under its clocks; a second copy here would outlast them.
        shutil.rmtree(job.out, ignore_errors=True)

    def _job(self, batch: Batch) -> BatchJob:
        out = self._setup.data_dir / "batches" / batch.batch_id
        texts = self._batches.passports(batch)
        passports_file = out / "passports.json"
        records = [json.loads(text) for text in texts.values()]
        replace_text(passports_file, json.dumps(records, ensure_ascii=False))
        return BatchJob(
            out=out,
            passports_file=passports_file,
            products=tuple(product for product, _ in batch.products),
            policy_dir=self._setup.policy_dir or in_force_folder(self._setup.data_dir),
            at=datetime.fromisoformat(batch.started_at),
            data_dir=self._setup.data_dir,
            allow_net=self._setup.allow_net,
            values=self._setup.values,
            stores=True,
            tenant_id=batch.tenant_id,
            platform=batch.platform,
            label=batch.batch_id,
        )


def _source(batch: Batch, url: str) -> BatchSource:
    return BatchSource(name=shown_source(url), source=url, host_id=batch.host_id, host_name=batch.host_name)


class _Watch:
    """Whether the batch is still wanted, asked of the database once a while; to ask says that it is worked on."""

    def __init__(self, batches: BatchStore, batch: Batch, worker_id: str, stop: threading.Event) -> None:
        self._batches, self._batch, self._worker_id, self.stopping = batches, batch, worker_id, stop
        self._asked_s = float("-inf")
        self._wanted = True

    def is_wanted(self) -> bool:
        if self.stopping.is_set():
            return False
        if self._wanted and time.monotonic() - self._asked_s >= _NOTE_S:
            self._asked_s = time.monotonic()
            self._wanted = self._batches.beat(self._batch.batch_id, self._worker_id)
        return self._wanted


class _Notes:
    """Writes down how far each archive is, every other second."""

    def __init__(self, batches: BatchStore, batch: Batch, sources: list[BatchSource]) -> None:
        self._batches, self._batch_id, self._sources = batches, batch.batch_id, sources
        self._number_of = {source.name: number for number, source in reversed(list(enumerate(sources)))}
        self._noted_s: dict[int, float] = {}

    def take(self, progress: FileProgress) -> None:
        if progress.state is not FileState.RUNNING:
            return
        number = self._number_of[progress.name]
        if time.monotonic() - self._noted_s.get(number, float("-inf")) < _NOTE_S:
            return
        self._noted_s[number] = time.monotonic()
        self._batches.note(
            self._batch_id,
            number,
            state=ArchiveState.RUNNING.value,
            recorded_ms=progress.recorded_ms,
            analysed_ms=progress.analysed_ms,
            findings=progress.flagged,
        )

    def forget(self) -> None:
        """Nobody fetches the archives again: what their addresses hold of tokens goes."""
        for number, source in enumerate(self._sources):
            self._batches.note(self._batch_id, number, url=source.name)

    def finish(self, number: int, result: FileResult) -> None:
        if result.state is FileState.WAITING:
            return
        values: dict[str, Any] = {"state": ArchiveState(result.state.value).value, "error": result.error}
        if result.state is FileState.DONE:
            values |= {
                "stream_id": result.stream_id,
                "sha256": result.sha256,
                "recorded_ms": result.length_ms,
                "analysed_ms": result.length_ms,
                "findings": result.flagged + result.noted,
            }
        self._batches.note(self._batch_id, number, **values)

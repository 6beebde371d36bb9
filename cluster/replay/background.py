"""Runs the replays that people ask for on the pages, one at a time, each in a process of its own."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from cluster.background import BackgroundJob, run_apart
from cluster.replay.run import ReplayJob, ReplayProgress, replay
from net.errors import ZhenyanError
from review.policies.repository import PolicyStore
from review.replays.report import report_json
from review.replays.store import Replay, ReplayStore
from review.stores import Stores

_log = logging.getLogger(__name__)
_BEAT_S = 5.0
_DIED = "the process that ran it died; start it again"


class ReplayRunner(BackgroundJob):
    """Takes waiting replays from the database; several machines may do so at once, each replay is run by one.

    It also has this machine judge new broadcasts by the policy that went live, wherever that was decided.
    `job_of` gives what to replay a candidate's folder with. At `close` a replay that runs is stopped, and begun anew by
    whoever looks next.
    """

    def __init__(
        self,
        replays: ReplayStore,
        policies: PolicyStore,
        data_dir: Path,
        job_of: Callable[[Path], ReplayJob],
        *,
        workers: int = 1,
    ) -> None:
        self._replays = replays
        self._policies = policies
        self._data_dir = data_dir
        self._job_of = job_of
        self._workers = workers
        super().__init__(
            self.run_once, name="replays", log=_log, failed="replays: the next one can't be taken; it is tried again"
        )

    def run_once(self) -> bool:
        """Runs the next waiting replay to its end; False if there was none."""
        self._policies.bring_into_force(self._data_dir)
        waiting = self._replays.claim()
        if waiting is None:
            return False
        try:
            job = self._job_of(self._policies.folder(waiting.digest, self._data_dir))
        except ZhenyanError as error:
            self._replays.fail(waiting.id, str(error))
            return True
        run_apart(run_replay, job, waiting, self._workers, name="replay", stopping=self.stopping)
        if not self.stopping.is_set():
            # One that ended as it should has told so itself, and this says nothing more.
            self._replays.fail(waiting.id, _DIED)
        return True


def run_replay(job: ReplayJob, waiting: Replay, workers: int) -> None:
    """Runs a claimed replay and stores how far it is and what it gave."""
    stores = Stores.open(job.database_url)
    latest = [ReplayProgress(done=0, total=0, span_ms=0, passage_count=0)]
    over, cancelled = threading.Event(), threading.Event()

    def beat() -> None:
        while True:
            if not stores.replays.beat(waiting.id, latest[0].done, latest[0].total):
                cancelled.set()
            if over.wait(_BEAT_S):
                return

    def note(progress: ReplayProgress) -> bool:
        latest[0] = progress
        return not cancelled.is_set()

    beating = threading.Thread(target=beat, name="beat", daemon=True)
    beating.start()
    try:
        report = replay(job, waiting.scope, workers=workers, on_progress=note)
        if report is not None:
            stores.replays.finish(waiting.id, report_json(report))
    except ZhenyanError as error:
        stores.replays.fail(waiting.id, str(error))
    finally:
        over.set()
        beating.join()
        stores.close()

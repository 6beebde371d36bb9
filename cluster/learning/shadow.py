"""Reads what ended by the candidate in shadow as well, in a process of its own; both scores are kept."""

import logging
from collections.abc import Callable
from pathlib import Path

from cluster.background import BackgroundJob, run_apart
from cluster.replay.run import Replaying, ReplayJob
from net.errors import ZhenyanError
from review.learning.shadow import scores_of
from review.learning.store import LearningStore
from review.learning.types import Shadow
from review.policies.repository import PolicyStore
from review.stores import Stores

_log = logging.getLogger(__name__)
_AT_ONCE = 50


class ShadowRunner(BackgroundJob):
    """Reads each broadcast that ended by both policies, one after the other.

    `job_of` gives what to judge a candidate's folder with. At `close` a broadcast that is being read is read anew by
    whoever looks next.
    """

    def __init__(
        self, learning: LearningStore, policies: PolicyStore, data_dir: Path, job_of: Callable[[Path], ReplayJob]
    ) -> None:
        self._learning, self._policies, self._data_dir, self._job_of = learning, policies, data_dir, job_of
        super().__init__(
            self.run_once, name="shadow", log=_log, failed="shadow: the next broadcast can't be read; it is tried again"
        )

    def run_once(self) -> bool:
        """Reads what waits, some broadcasts at a time; False if there was nothing to read."""
        shadow = self._learning.in_shadow()
        if shadow is None or self._learning.next_for_shadow(shadow) is None:
            return False
        job = self._job_of(self._policies.folder(shadow.digest, self._data_dir))
        status = run_apart(_run, job, shadow, name="shadow", stopping=self.stopping)
        if status and not self.stopping.is_set():
            raise ChildProcessError(f"the process that read in shadow ended with status {status}")
        return True


def _run(job: ReplayJob, shadow: Shadow) -> None:
    stores = Stores.open(job.database_url)
    try:
        read_in_shadow(stores.learning, Replaying(job, stores.replays), shadow)
    finally:
        stores.close()


def read_in_shadow(learning: LearningStore, replaying: Replaying, shadow: Shadow, limit: int = _AT_ONCE) -> int:
    """Reads the broadcasts that wait, so many at most; gives how many it read."""
    for count in range(limit):
        stream_id = learning.next_for_shadow(shadow)
        if stream_id is None:
            return count
        try:
            stream, live, candidate = replaying.both(stream_id)
        except ZhenyanError as error:
            learning.add_shadow_read(shadow, stream_id, 0, (), why=str(error))
            continue
        learning.add_shadow_read(shadow, stream_id, len(stream.passages), scores_of(stream_id, live, candidate))
    return limit

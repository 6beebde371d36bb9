"""Fits by the clock: so many hours after the last fit a customer's decisions are learnt from anew, as a candidate."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import configs
from claims.classifier.learnt_file import EVERYBODY
from claims.classifier.opening import semantics_of
from claims.policy.policy import Policy
from cluster.background import BackgroundJob, run_apart
from cluster.replay.run import ReplayJob
from review.learning.fitting import learn_from_decisions, learns
from review.learning.store import LearningStore
from review.policies.repository import PolicyStore
from review.stores import Stores

_log = logging.getLogger(__name__)
_HOUR_MS = 3_600_000
BY = "schedule"


class FitRunner(BackgroundJob):
    """Fits whose last fit is so many hours old; `across`: from everybody's decisions, for all.

    At `close` a fit that is being made is made anew by whoever looks next.
    """

    def __init__(
        self,
        learning: LearningStore,
        every_hours: float,
        job_of: Callable[[], ReplayJob],
        *,
        across: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._learning, self._every_hours, self._job_of = learning, every_hours, job_of
        self._across, self._now = across, now
        super().__init__(
            self.run_once,
            name="fits",
            log=_log,
            failed="learning: the next fit can't be made; it is tried again",
        )

    def start(self) -> None:
        """Looks at the clock in a thread until `close`."""
        if self._every_hours > 0:
            super().start()

    def waiting(self) -> list[str]:
        """The customers whose decisions are to be learnt from now."""
        if self._every_hours <= 0:
            return []
        before_ms = int(self._now().timestamp() * 1000 - self._every_hours * _HOUR_MS)
        asked = (EVERYBODY,) if self._across else self._learning.tenants()
        last = self._learning.last_fits()
        return [tenant for tenant in asked if last.get(tenant, 0) <= before_ms]

    def run_once(self) -> bool:
        """Makes the fits that are due, one after the other; False if there are none."""
        waiting = self.waiting()
        if not waiting:
            return False
        job = self._job_of()
        status = run_apart(_run, job, waiting, name="fits", stopping=self.stopping)
        if status and not self.stopping.is_set():
            raise ChildProcessError(f"the process that fitted ended with status {status}")
        return True


def _run(job: ReplayJob, tenants: list[str]) -> None:
    stores = Stores.open(job.database_url)
    try:
        fit_for(stores.learning, stores.policies, job, tenants, job.live)
    finally:
        stores.close()


def fit_for(learning: LearningStore, policies: PolicyStore, job: ReplayJob, tenants: list[str], live: Path) -> None:
    """A fit for each of these customers, kept with its card whether it is a candidate or refused."""
    reader = semantics_of(
        job.semantic, configs.SEMANTIC_DIR, device=job.device, threads=job.threads, models=job.models
    ).reader
    if reader is None or not learns(reader):
        _log.warning("learning: semantic %s opens no reader whose gate could learn; nothing is fitted", job.semantic)
        return
    policy = Policy(live)
    for tenant in tenants:
        learn_from_decisions(learning, policies, policy, reader, tenant_id=tenant, by=BY)

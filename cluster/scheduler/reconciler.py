"""One round after the other: see, decide, carry out; and while the database is away, decide nothing."""

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from cluster.scheduler.plan import plan
from cluster.scheduler.staffing import machines_wanted, staffing_changes
from cluster.scheduler.types import ActorLauncher, Staffing
from net.backoff import backoff_s
from review.errors import StoreUnavailableError
from review.scheduling.decisions import Close, Decision, Free, Grant, Recall, ReportWaiting, Snapshot
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.leases import LeaseStore
from review.streams.types import Wanted

log = logging.getLogger("zhenyan.dispatch")

TICK_S = 1.0
_FORGOTTEN_MS = 24 * 3_600_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Reconciler:
    """Keeps what runs as it is wanted. `open_leases` gives the store; it may fail while the database is away."""

    def __init__(
        self,
        open_leases: Callable[[], LeaseStore],
        terms: LeaseTerms,
        monotonic_ms: Callable[[], int] = _monotonic_ms,
    ) -> None:
        self._open = open_leases
        self._leases: LeaseStore | None = None
        self._terms = terms
        self._monotonic_ms = monotonic_ms
        self._last_ms: int | None = None
        self._calm_until_ms = 0
        self._failures = 0
        self._error = ""
        self._ending: frozenset[str] = frozenset()
        self._asked = 0
        self.tick_count = 0
        self.decision_count = 0

    @property
    def error(self) -> str:
        """What the database said when it last did not answer; empty while it does."""
        return self._error if self._failures else ""

    def tick(self) -> float:
        """One round of decisions; gives how long to wait for the next, in seconds.

        Where the database, or this process, was away for so long that beats have grown old though their workers are
        there, nothing is decided until workers have had the time to tell again.
        """
        now_ms = self._monotonic_ms()
        if self._last_ms is not None and now_ms - self._last_ms > self._terms.beat_ms // 2:
            self._calm_until_ms = now_ms + self._terms.beat_ms
        self._last_ms = now_ms
        try:
            self._decide(now_ms)
        except (SQLAlchemyError, StoreUnavailableError) as error:
            return self._wait_after(error)
        if self._failures:
            log.warning("the database answers again after %d tries", self._failures)
            self._failures = 0
        self._error = ""
        self.tick_count += 1
        return TICK_S

    def apply_staffing(self, launcher: ActorLauncher, staffing: Staffing) -> None:
        """Starts the actors that are missing and ends those that are too many; needs a database that answers."""
        if self._failures or self._leases is None:
            return
        snapshot, nodes, present = self._leases.snapshot(), launcher.nodes(), launcher.present()
        change = staffing_changes(nodes, present, snapshot.workers, snapshot.leases, staffing)
        for slot in change.start:
            log.info("starting %s", slot.name)
            launcher.start(slot)
        self._ending &= present
        for name in frozenset(change.end) - self._ending:
            log.info("ending %s", name)
            launcher.end(name)
        self._ending |= frozenset(change.end)
        if staffing.free_share:
            self._ask(launcher, machines_wanted(nodes, snapshot.workers, _running(snapshot), staffing.free_share))
        self._leases.forget(older_ms=_FORGOTTEN_MS, but_on={node.name for node in nodes})

    def _ask(self, launcher: ActorLauncher, machines: int) -> None:
        """Asks for so many machines, once: what was asked stands until another number is."""
        if machines != self._asked:
            log.info("asking for %d machines that carry broadcasts", machines)
            launcher.ask_for(machines)
            self._asked = machines

    def _decide(self, now_ms: int) -> None:
        if self._leases is None:
            self._leases = self._open()
        snapshot = self._leases.snapshot()
        if self._failures:
            self._calm_until_ms = now_ms + self._terms.beat_ms
        if now_ms < self._calm_until_ms:
            return
        decisions = plan(snapshot, self._terms)
        for decision in decisions:
            _log(decision)
        if decisions:
            self.decision_count += self._leases.apply(decisions)

    def _wait_after(self, error: Exception) -> float:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if not self._failures:
            log.error("the database does not answer (%s); nothing is decided until it does", reason)
        self._error = reason
        wait_s = backoff_s(self._failures)
        self._failures += 1
        return wait_s


def _running(snapshot: Snapshot) -> int:
    return sum(order.wanted is Wanted.RUN for order in snapshot.orders)


def _log(decision: Decision) -> None:
    about = {"stream_id": decision.stream_id, "held_by": decision.seen.worker_id, "token": decision.seen.token}
    match decision:
        case Grant():
            log.info("granted to %s", decision.worker_id, extra=about)
        case Recall():
            log.info("asked back: %s", decision.why, extra=about)
        case Free():
            log.warning("taken from its holder: %s", decision.why, extra=about)
        case Close():
            log.info("closed as %s: %s", decision.state.value, decision.why, extra=about)
        case ReportWaiting():
            log.info("waits: %s", decision.why, extra=about)

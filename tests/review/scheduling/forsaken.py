"""A broadcast on air, a serving process that looks after it, and what was told."""

from collections.abc import Callable

from review.db.engine import open_engine
from review.events.types import Event
from review.scheduling.expiry import LeaseExpiry
from review.scheduling.types import Lease
from review.stores import Stores
from tests.review.scheduling.conftest import Clock

Beat = Callable[..., None]


class Serving:
    """A serving process' housekeeping; its clock is the test's, and so is the one that is never set."""

    def __init__(self, live: Stores, url: str, clock: Clock) -> None:
        self.engine = open_engine(url)
        self._clock = clock
        self._began = clock.at
        self.keeping = LeaseExpiry(self.engine, clock, live.leases.terms, self._monotonic_ms)

    def _monotonic_ms(self) -> int:
        return int((self._clock.at - self._began).total_seconds() * 1000)

    def looks(self, seconds: int) -> int:
        """Looks every five seconds, so long; gives how often something was told."""
        told = 0
        for _ in range(seconds // 5):
            self._clock.pass_ms(5_000)
            told += self.keeping.keep()
        return told


def held(live: Stores) -> Lease:
    lease = live.leases.lease("s1")
    assert lease is not None
    return lease


def told(live: Stores, but: str = "stream.gap") -> list[str]:
    return [event.kind for event in live.events.after("local") if event.kind not in (but, "stream.health")]


def last(live: Stores, kind: str) -> Event:
    return [event for event in live.events.after("local") if event.kind == kind][-1]


def stop(live: Stores) -> None:
    live.orders.stop("s1", "test")

"""Who may go on, and how much of the picture: back-pressure and shedding as decisions, pure.

Credits bound what is in hand on a machine: who has none waits, in the order in which it asked. What cannot be kept up
with leaves pictures out first, of background broadcasts before others, and speech never.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ingest.decode.shedding import EffortLimits
from review.scheduling.types import Priority

# Starting costs seconds by itself; what lasts longer is overload.
SHED_FROM_MS = 12_000
# Recording goes in segments, and their times are no clockwork; more than this that comes faster than it plays was there
# before.
_AT_ONCE_MS = 3_000
_PATIENCE = {Priority.URGENT: 2.0, Priority.NORMAL: 1.0, Priority.BACKGROUND: 0.5}


class Credits:
    """A bounded amount lent to whoever asks, first come first served; each may hold one loan at a time.

    Somebody who asks for more than there is at all gets it once nobody else holds anything.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[str, int] = {}
        self._waiting: deque[tuple[str, int]] = deque()

    @property
    def in_hand(self) -> int:
        """How much is lent."""
        return sum(self._held.values())

    @property
    def waiting(self) -> tuple[str, ...]:
        """Who waits, in their order."""
        return tuple(who for who, _ in self._waiting)

    def ask(self, who: str, amount: int) -> bool:
        """Whether it is lent now; if not, `who` waits, and `holds` tells when that is over."""
        if who in self._held or who in self.waiting:
            raise ValueError(f"{who!r} has asked before")
        self._waiting.append((who, amount))
        self._lend()
        return self.holds(who)

    def holds(self, who: str) -> bool:
        """Whether it has what it asked for."""
        return who in self._held

    def give_back(self, who: str) -> None:
        """Ends the loan, or the wait for it; lends to those whose turn it is."""
        self._held.pop(who, None)
        self._waiting = deque((other, amount) for other, amount in self._waiting if other != who)
        self._lend()

    def _lend(self) -> None:
        while self._waiting:
            who, amount = self._waiting[0]
            if self._held and self.in_hand + amount > self._most:
                return
            self._waiting.popleft()
            self._held[who] = amount


def effort_limits(priority: Priority, shed_from_ms: int = SHED_FROM_MS) -> EffortLimits:
    """From which lag on a broadcast of this priority leaves pictures out; urgent ones bear twice as much of it."""
    first_ms = round(shed_from_ms * _PATIENCE[priority])
    return EffortLimits(second_ms=first_ms, fourth_ms=2 * first_ms, sound_only_ms=4 * first_ms)


class Lag:
    """How far the analysis of a broadcast has fallen behind since it was begun: what it began with does not count.

    Neither does what an origin gives at once, at the start or after an outage, however late that is seen: it is made
    up for. `clock_ms` is any clock that runs with the broadcast.
    """

    def __init__(self, clock_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000) -> None:
        self._clock_ms = clock_ms
        self._inherited_ms: int | None = None
        self._ahead_ms = 0

    def grown_ms(self, recorded_ms: int, analysed_ms: int) -> int:
        """By how much, now that it is recorded and analysed so far, on the stream clock."""
        lag_ms = max(0, recorded_ms - analysed_ms)
        ahead_ms = recorded_ms - self._clock_ms()
        if self._inherited_ms is None:
            self._inherited_ms, self._ahead_ms = lag_ms, ahead_ms
        at_once_ms = ahead_ms - self._ahead_ms
        if at_once_ms > _AT_ONCE_MS:
            self._inherited_ms += at_once_ms
        if at_once_ms > _AT_ONCE_MS or at_once_ms < 0:
            self._ahead_ms = ahead_ms
        self._inherited_ms = min(self._inherited_ms, lag_ms)
        return lag_ms - self._inherited_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a worker carries: how many broadcasts, how many of them lag beyond what is borne, and its places."""

    streams: int
    lagging: int
    worst_lag_ms: int


def places(most: float, load: Load, why: str) -> tuple[float, str]:
    """How many broadcasts the worker can carry as things stand, and what bounds it; `why`: what bounds `most`.

    Where the analysis falls behind, it carries what it has and no more: who would come would make all others worse.
    """
    if load.lagging and load.streams < most:
        return float(load.streams), (
            f"{load.lagging} of {load.streams} broadcasts lag, the worst by {load.worst_lag_ms // 1000} s"
        )
    return most, f"{most:g}, {why}"

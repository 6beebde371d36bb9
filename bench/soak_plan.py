"""What happens in a soak: broadcasts that come and go by day and night, and faults by chance. Pure, from a seed."""

import math
import random
from dataclasses import dataclass
from enum import StrEnum

DAYS = 6
# So much of the run, at its end, nothing new breaks.
_CALM = 0.06
# Between two faults of a long run: long enough for a process to live until it can be told whether it grows.
_LONGEST_REST_S = 60.0


class FaultKind(StrEnum):
    """What breaks."""

    WORKER_KILLED = "worker killed"
    DISPATCHER_KILLED = "dispatcher killed"
    SENDER_KILLED = "sender of webhooks killed"
    WORKER_STALLED = "worker stalled"
    DISK_FULL = "disk full"
    DATABASE_SLOW = "database slow"
    DATABASE_GONE = "database gone"
    RECEIVER_FAILS = "receiver fails"
    CLOCK_JUMPS = "clock jumps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: when it begins and how long it lasts, in seconds of the run; of whom, by chance in [0, 1).

    `shift_ms`: how far a clock jumps.
    """

    kind: FaultKind
    at_s: float
    lasts_s: float
    whom: float
    shift_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Airing:
    """A broadcast: when it is ordered, after how long it ends by itself, and when it is stopped before that (None)."""

    at_s: float
    lasts_s: int
    stopped_after_s: float | None
    is_urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that happens in a run of so many seconds, in order of time."""

    seconds: float
    faults: tuple[Fault, ...]
    airings: tuple[Airing, ...]

    @property
    def day_s(self) -> float:
        """How long a day takes."""
        return self.seconds / DAYS


# The lengths of faults in seconds; what is killed is gone at once, and rises by itself.
_LASTS_S = {
    FaultKind.WORKER_STALLED: (2.0, 16.0),
    FaultKind.DISK_FULL: (2.0, 8.0),
    FaultKind.DATABASE_SLOW: (2.0, 7.0),
    FaultKind.RECEIVER_FAILS: (3.0, 15.0),
    FaultKind.CLOCK_JUMPS: (3.0, 15.0),
}
_FURTHEST_MS = 40_000


def plan_of(seed: int, seconds: float, *, at_once: float, kinds: tuple[FaultKind, ...] = tuple(FaultKind)) -> Plan:
    """The plan that this seed gives; `at_once`: how many broadcasts are on air at the height of a day."""
    dice = random.Random(seed)
    return Plan(
        seconds=seconds,
        faults=tuple(_faults(dice, seconds, kinds)),
        airings=tuple(_airings(dice, seconds, at_once)),
    )


def _faults(dice: random.Random, seconds: float, kinds: tuple[FaultKind, ...]) -> list[Fault]:
    """One after the other, each kind as often as any other, with a rest between them."""
    found: list[Fault] = []
    rest_s = min(_LONGEST_REST_S, max(2.0, seconds / 40))
    at_s, deck = rest_s, list[FaultKind]()
    while True:
        if not deck:
            deck = list(kinds)
            dice.shuffle(deck)
        kind = deck.pop()
        low_s, high_s = _LASTS_S.get(kind, (0.0, 0.0))
        lasts_s = dice.uniform(low_s, high_s)
        if at_s + lasts_s > seconds * (1 - _CALM):
            return found
        shift_ms = dice.choice((-1, 1)) * dice.randrange(1_000, _FURTHEST_MS) if kind is FaultKind.CLOCK_JUMPS else 0
        found.append(Fault(kind=kind, at_s=at_s, lasts_s=lasts_s, whom=dice.random(), shift_ms=shift_ms))
        at_s += lasts_s + dice.uniform(0.5 * rest_s, 1.5 * rest_s)


def _airings(dice: random.Random, seconds: float, at_once: float) -> list[Airing]:
    """Few by night, many in the evening: so that about `at_once` are on air at the height of each day."""
    day_s = seconds / DAYS
    shortest_s, longest_s = max(3.0, day_s / 24), max(6.0, day_s / 5)
    often_s = (shortest_s + longest_s) / 2 / at_once
    found: list[Airing] = []
    at_s = 0.0
    while True:
        hour = (at_s % day_s) / day_s
        busy = 0.15 + 0.85 * (0.5 - 0.5 * math.cos(2 * math.pi * hour))
        at_s += dice.expovariate(busy / often_s)
        if at_s > seconds * (1 - _CALM):
            return found
        lasts_s = round(dice.uniform(shortest_s, longest_s))
        stopped = dice.uniform(0.1, 0.9) * lasts_s if dice.random() < 0.2 else None
        found.append(Airing(at_s=at_s, lasts_s=lasts_s, stopped_after_s=stopped, is_urgent=dice.random() < 0.1))

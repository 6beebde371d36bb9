"""Where a shard's work goes on: the pools and the judge as whoever drives a broadcast sees them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from cluster.errors import LeaseGone, StageLost, StateUnusable
from cluster.live.types import Failure, FailureReason
from cluster.stages.backpressure import Credits


class Answer(Protocol):
    """What a call will have given."""

    def get(self) -> Any:
        """Waits for it; raises StageLost or LeaseGone."""
        ...

    def wait(self, seconds: float) -> bool:
        """Whether it is there, or what it failed by, at the latest after so many seconds; never raises."""
        ...


class RemoteStage(Protocol):
    """An actor, wherever it is."""

    def ask(self, method: str, *args: object) -> Answer:
        """Calls the method; returns at once."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteStages:
    """Those that serve one broadcast."""

    asr: RemoteStage
    ocr: RemoteStage
    judge: RemoteStage


def checked(answer: Any) -> Any:
    """The answer, if it is no failure; raises StageLost, LeaseGone or StateUnusable."""
    if not isinstance(answer, Failure):
        return answer
    if answer.trouble is FailureReason.LEASE_LOST:
        raise LeaseGone(answer.why)
    if answer.trouble is FailureReason.STATE:
        raise StateUnusable(answer.why)
    raise StageLost(answer.why, is_fault=answer.trouble is FailureReason.FAILED)


class Gate:
    """Lends credits to threads; who has to wait waits."""

    def __init__(self, most: int) -> None:
        self._credits = Credits(most)
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, who: str, amount: int) -> Iterator[None]:
        """Goes on once the amount is lent, and gives it back at the end."""
        with self._changed:
            self._credits.ask(who, amount)
            self._changed.wait_for(lambda: self._credits.holds(who))
        try:
            yield
        finally:
            with self._changed:
                self._credits.give_back(who)
                self._changed.notify_all()

    @property
    def in_hand(self) -> int:
        """How much is lent."""
        with self._changed:
            return self._credits.in_hand

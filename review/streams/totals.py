"""Sums over all broadcasts, which a page that follows a running desk would else have added up every few seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from review.streams.coverage import read_coverage
from review.streams.queries import read_tally
from review.streams.types import StreamCoverage, Tally

_KEPT_S = 10.0
Sum = TypeVar("Sum")


@dataclass(slots=True)
class Kept(Generic[Sum]):
    """A sum as it was read; one caller reads it anew while the others have the one before."""

    read: Callable[[Session], Sum]
    clock: Callable[[], float]
    at_s: float = float("-inf")
    found: Sum | None = None
    lock: Lock = field(default_factory=Lock)

    def get(self, session: Session) -> Sum:
        """The sum: no older than ten seconds, but for the time that reading it takes."""
        if self.found is not None and (self.clock() - self.at_s < _KEPT_S or self.lock.locked()):
            return self.found
        with self.lock:
            if self.found is None or self.clock() - self.at_s >= _KEPT_S:
                self.found = self.read(session)
                self.at_s = self.clock()
            return self.found


class Sums:
    """The kept sums; `from_streams`: with so many broadcasts or fewer, nothing is kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, from_streams: int = 500) -> None:
        self.from_streams = from_streams
        self._coverage: Kept[StreamCoverage] = Kept(lambda session: read_coverage(session, None), clock)
        self._tally: Kept[Tally] = Kept(lambda session: read_tally(session, None), clock)

    def coverage(self, session: Session) -> StreamCoverage:
        """How much of all broadcasts was analysed."""
        return self._coverage.get(session)

    def tally(self, session: Session) -> Tally:
        """How many findings of all broadcasts there are."""
        return self._tally.get(session)

"""Notices a live source whose bytes come while its timestamps stand still."""

import io
import time
from collections.abc import Callable

from typing_extensions import Buffer

from net.errors import UnreachableSource

_RESTART_US = 1_000_000


class Watchdog:
    """Barks by UnreachableSource once no packet has moved the time on for the limit."""

    def __init__(self, url: str, limit_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._limit_s = limit_s
        self._monotonic = monotonic
        self._head_us: int | None = None
        self._moved_s = monotonic()

    def saw(self, time_us: int) -> None:
        """Takes a packet's decoding time; a publisher that starts anew from an earlier one moves on, too."""
        head = self._head_us
        if head is None or time_us > head or time_us < head - _RESTART_US:
            self._head_us = time_us
            self._moved_s = self._monotonic()

    def check(self) -> None:
        """Raises UnreachableSource if time has stood still for too long."""
        if self._monotonic() - self._moved_s > self._limit_s:
            raise UnreachableSource(self._url, f"bytes come, but no timestamp moved on for {self._limit_s:.0f} s")


class WatchedFile(io.RawIOBase):
    """A live file under a watchdog; it is checked at every read, because a trickle may never complete a packet."""

    def __init__(self, file: io.RawIOBase, watchdog: Watchdog) -> None:
        super().__init__()
        self._file = file
        self._watchdog = watchdog
        self._barked = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        """Fills the buffer with what has come; 0 at the end."""
        # The demuxer may read on after a failure, which must be told once.
        if self._barked:
            return 0
        try:
            self._watchdog.check()
        except UnreachableSource:
            self._barked = True
            raise
        return self._file.readinto(buffer)

"""Tells open pages that some case has changed."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from review.cases.store import CaseStore

_STEP_S = 1.0


class QueueEvents:
    """The number of the cases' last change, read once a second however many pages listen.

    `listening`: how many streams are open. `closing` is set once every stream is to end.
    """

    def __init__(self, cases: CaseStore) -> None:
        self._cases = cases
        self.closing = threading.Event()
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._change = 0
        self.listening = 0

    def close(self) -> None:
        """Ends every open stream within a second, so that the server can stop; safe from any thread."""
        self.closing.set()

    async def follow(self) -> AsyncGenerator[ServerSentEvent]:
        """An event at once and with every change, until the browser goes: nothing is held between two readings."""
        sent: int | None = None
        self.listening += 1
        try:
            while not self.closing.is_set():
                change = await self._latest()
                if change != sent:
                    sent = change
                    yield ServerSentEvent(raw_data=str(change), event="change", retry=2000)
                await asyncio.sleep(_STEP_S)
        finally:
            self.listening -= 1

    async def _latest(self) -> int:
        async with self._reading:
            if time.monotonic() - self._read_at >= _STEP_S / 2:
                self._change = await run_in_threadpool(self._cases.change)
                self._read_at = time.monotonic()
            return self._change

"""Readers who wait for what comes: one look at the heads of all logs serves them all."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from review.events.types import Event

_STEP_S = 0.5
_BATCH = 200


class Log(Protocol):
    """A log of each customer's, in order."""

    def after(self, tenant_id: str, after: int = 0, limit: int = 100) -> tuple[Event, ...]:
        """What the customer was told after this number, in order."""
        ...

    def heads(self) -> dict[str, int]:
        """The last number of every customer that was told something."""
        ...


class EventTail:
    """The heads of the logs, read at most twice a second however many readers wait, until `closing` is set."""

    def __init__(self, log: Log, closing: threading.Event) -> None:
        self._log = log
        self._closing = closing
        self._reading = asyncio.Lock()
        self._read_at = float("-inf")
        self._heads: dict[str, int] = {}

    async def wait(self, tenant_id: str, after: int, seconds: float, is_gone: Callable[[], Awaitable[bool]]) -> None:
        """Returns once there is an event after this number, after this long, or when nobody listens any more."""
        deadline = time.monotonic() + seconds
        while await self._head(tenant_id) <= after and not self._closing.is_set():
            left = deadline - time.monotonic()
            if left <= 0 or await is_gone():
                return
            await asyncio.sleep(min(_STEP_S, left))

    async def follow(self, tenant_id: str, after: int) -> AsyncGenerator[Event]:
        """The customer's events after this number, and then each as it comes; nothing is held between two readings."""
        while not self._closing.is_set():
            if await self._head(tenant_id) > after:
                for event in await run_in_threadpool(self._log.after, tenant_id, after, _BATCH):
                    yield event
                    after = event.sequence
            else:
                await asyncio.sleep(_STEP_S)

    async def _head(self, tenant_id: str) -> int:
        async with self._reading:
            if time.monotonic() - self._read_at >= _STEP_S / 2:
                self._heads = await run_in_threadpool(self._log.heads)
                self._read_at = time.monotonic()
            return self._heads.get(tenant_id, 0)

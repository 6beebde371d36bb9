"""A job on its way through the line and a process."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from review.judge_pool.fair_queue import Party
from review.judge_pool.worker import Worker


@dataclass(eq=False, slots=True, kw_only=True)
class Task:
    """A job on its way; `worker` is what does it now."""

    party: Party
    payload: bytes
    is_large: bool
    answer: "Future[Any]" = field(default_factory=Future)
    waits: bool = True
    withdrawn: bool = False
    killed: bool = False
    worker: Worker | None = None

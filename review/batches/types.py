"""A batch of archives as a customer sees it, and as whoever works on it does."""

from dataclasses import dataclass, field
from enum import StrEnum

from review.errors import NotFoundError


class UnknownBatchError(NotFoundError):
    """The customer has no batch of this id."""

    def __init__(self, batch_id: str) -> None:
        super().__init__(f"batch {batch_id!r} is not in the store; check the id")
        self.batch_id = batch_id


class BatchState(StrEnum):
    """Where a batch stands; `done` says nothing of single files, which may have failed."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = (BatchState.DONE, BatchState.FAILED, BatchState.CANCELLED)


class ArchiveState(StrEnum):
    """Where one archive stands; `same`: another of the batch has the same content and is screened for both."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SAME = "same"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One file of a batch. `url` may hold a token: it is never shown. `stream_id` None: it is no broadcast yet."""

    number: int
    url: str = field(repr=False)
    state: ArchiveState = ArchiveState.WAITING
    stream_id: str | None = None
    sha256: str | None = None
    recorded_ms: int = 0
    analysed_ms: int = 0
    findings: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Archives of one host, judged by the same passports as of the same moment.

    `products`: id and passport version of each. `started_at`: ISO 8601 with its offset. `archives` may be left out
    in lists.
    """

    batch_id: str
    tenant_id: str
    state: BatchState
    host_id: str
    host_name: str
    platform: str
    started_at: str
    products: tuple[tuple[str, str], ...]
    created_at_ms: int
    archives: tuple[Archive, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCounts:
    """How many of a batch's archives stand where, and how much of them is analysed."""

    total: int = 0
    done: int = 0
    failed: int = 0
    recorded_ms: int = 0
    analysed_ms: int = 0
    findings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """What a customer asks for. `request_key`: asked again with the same content, it is the same batch."""

    tenant_id: str
    host_id: str
    host_name: str
    platform: str
    started_at: str
    urls: tuple[str, ...] = field(repr=False)
    request_key: str | None = None
    content_sha256: str = ""

"""The JSON of batches."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from review.batches.types import ArchiveState, BatchState
from review.server.api.schemas.findings import WireModel
from review.server.api.schemas.streams import HostIn, Moment, ProductId, Url

MOST_URLS = 1000


class BatchIn(WireModel):
    """Archives to screen: addresses of recordings of one host, with what was on sale in them."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "urls": ["https://archive.example.com/room-7/2026-11-24.mp4"],
                    "host": {"id": "anchor-7", "name": "小岚", "platform": "example-live"},
                    "products": ["P-1"],
                    "started_at": "2026-11-24T20:00:00+08:00",
                }
            ]
        },
    )

    urls: Annotated[tuple[Url, ...], Field(min_length=1, max_length=MOST_URLS)]
    host: HostIn
    products: Annotated[tuple[ProductId, ...], Field(max_length=500)] = ()
    passports: Annotated[tuple[dict[str, Any], ...], Field(max_length=200)] = ()
    started_at: Annotated[
        Moment | None, Field(description="By which prices and validity dates are judged; now, if not given")
    ] = None


class ArchiveOut(WireModel):
    """An archive of a batch; its address without credentials and query. `stream_id`: by which its findings are had."""

    number: int
    url: str
    state: ArchiveState
    stream_id: str | None
    sha256: str | None
    recorded_ms: int
    analysed_ms: int
    findings: int
    error: str | None


class ProgressOut(WireModel):
    """How many archives there are, how many are done and failed, and how much of them is recorded and analysed."""

    total: int
    done: int
    failed: int
    recorded_ms: int
    analysed_ms: int
    findings: int


class BatchOut(WireModel):
    """A batch and how far it is."""

    batch_id: str
    state: BatchState
    host_id: str
    products: list[str]
    started_at: str
    created_at_ms: int
    progress: ProgressOut
    error: str | None


class BatchFilesOut(BatchOut):
    """A batch with its archives."""

    files: list[ArchiveOut]


class BatchesOut(WireModel):
    """Batches, the latest first; `next_after` null: there are no more."""

    batches: list[BatchOut]
    next_after: str | None

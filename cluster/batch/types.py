"""What a batch is asked to screen, and what became of each of its files."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cluster.errors import ClusterError
from cluster.types import ScreenJob
from ingest.types import RetentionLimits
from review.db.tenant_ids import LOCAL_TENANT

WORK = ".work"


class BatchFolderTaken(ClusterError):
    """The folder holds another batch, or is being worked on; the caller names another folder, or waits."""

    def __init__(self, out: Path, why: str) -> None:
        super().__init__(f"folder {out}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSource:
    """A file of the batch as it is read (`source`: a path or an address, never shown), and as it is shown."""

    name: str
    source: str = field(repr=False)
    host_id: str
    host_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """By what a batch is screened. Plain values only. `values`: what every screening takes from the settings.

    `stores`: findings, passages and recordings are kept for review as well, in the settings' database and data folder,
    as broadcasts of this customer on this platform; `label` keeps the broadcasts of two batches apart.
    """

    out: Path
    passports_file: Path
    at: datetime
    data_dir: Path
    values: Mapping[str, Any] = field(repr=False)
    products: tuple[str, ...] = ()
    policy_dir: Path | None = None
    allow_net: tuple[str, ...] = ()
    stores: bool = False
    tenant_id: str = LOCAL_TENANT
    platform: str = "batch"
    label: str = ""

    def screening(self, source: BatchSource, stream_id: str, work_dir: Path) -> ScreenJob:
        """The screening of one file; without a store nothing of its recording outlasts it, so none of it is let go."""
        values = dict(self.values)
        if not self.stores:
            values |= {"database_url": None, "retention": RetentionLimits()}
        recording = self.data_dir / "recordings" / stream_id if self.stores else work_dir / "recording"
        return ScreenJob(
            stream_id=stream_id,
            source=source.source,
            recording_dir=recording,
            passports_file=self.passports_file,
            products=self.products,
            policy_dir=self.policy_dir,
            at=self.at,
            allow_net=self.allow_net,
            clips_dir=self.data_dir / "clips" if self.stores else None,
            tenant_id=self.tenant_id,
            **values,
        )


class FileState(StrEnum):
    """Where a file stands; `same`: another file of the batch has the same content."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SAME = "same"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProgress:
    """How far a file is, on its own clock."""

    name: str
    state: FileState
    recorded_ms: int = 0
    analysed_ms: int = 0
    flagged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """What became of a file. `sha256`: of its content, or, of one that was fetched, of the packets received.

    `same_as`: the name of the file that has the same content. `coverage_per_mille`: how much of it was analysed.
    """

    name: str
    host_id: str
    state: FileState
    sha256: str = ""
    stream_id: str = ""
    work: str = ""
    length_ms: int = 0
    coverage_per_mille: int = 0
    flagged: int = 0
    noted: int = 0
    same_as: str | None = None
    error: str | None = None

    def of(self, source: BatchSource) -> "FileResult":
        """The same, under this file's name."""
        return replace(self, name=source.name, host_id=source.host_id)


@dataclass(slots=True, kw_only=True)
class BatchReading:
    """What second readings of a batch took, and what came of them."""

    model: str
    outcomes: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0

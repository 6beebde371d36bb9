"""Files of the data folder kept in the evidence storage, brought back when they are gone here, removed when erased."""

import logging
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import ColumnElement, Connection, Engine, delete, or_, select

from ingest.recording.manifest import MANIFEST
from review.db.tables.evidence import KeptFileRow, KeptFindingRow
from review.db.upsert import upsert
from review.evidence.storage import Storage, StorageError, open_storage, sha256_of

HANDED_IN = "handed-in"
_log = logging.getLogger(__name__)
_BATCH = 500
COPY = "copied.txt"
LOGS = frozenset({".json", ".jsonl"})


def handed_in_name(sha256: str) -> str:
    """Where a file that a host handed in lies in the data folder."""
    return f"{HANDED_IN}/{sha256[:2]}/{sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSetup:
    """Where evidence is kept, and the data folder that its paths are relative to."""

    storage: Storage
    data_dir: Path

    @classmethod
    def of(cls, url: str, data_dir: Path) -> "EvidenceSetup | None":
        """None where no storage is set; StorageError for an address that can't be one."""
        return cls(storage=open_storage(url), data_dir=data_dir) if url else None


class KeptEvidence:
    """What is kept. Without a storage nothing is, and nothing comes back."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], setup: EvidenceSetup | None = None) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._setup = setup

    @property
    def setup(self) -> EvidenceSetup | None:
        """Where evidence is kept; None: nowhere."""
        return self._setup

    def keep(self, names: Iterable[str], *, anew: bool = False) -> int:
        """Keeps these files of the data folder that are there; gives how many were sent. Raises StorageError.

        `anew`: also those that are kept, if they have changed.
        """
        if self._setup is None:
            return 0
        sent = 0
        wanted = dict.fromkeys(names)
        known = self._known(wanted)
        for name in wanted:
            path = self._setup.data_dir / name
            if not path.is_file() or (name in known and not (anew and sha256_of(path) != known[name])):
                continue
            with _still(path) as still:
                digest, byte_count = self._setup.storage.put(still), still.stat().st_size
            row = {"path": name, "sha256": digest, "byte_count": byte_count, "kept_at_ms": self._now_ms()}
            with self._writing.begin() as connection:
                upsert(connection, KeptFileRow, [row])
                left = _unnamed(connection, {known[name]} - {digest}) if name in known else set()
            for old in left:
                self._setup.storage.remove(old)
            sent += 1
        return sent

    def keep_pack(self, case_id: str, pack: Path) -> None:
        """Keeps a pack as it was given out; one that can't be kept is logged, for it can be made again."""
        if self._setup is None:
            return
        try:
            digest = self._setup.storage.put(pack)
        except StorageError as error:
            _log.warning("the pack of case %s could not be kept: %s", case_id, error)
            return
        name = f"packs/{case_id}/{digest}.zip"
        row = {"path": name, "sha256": digest, "byte_count": pack.stat().st_size, "kept_at_ms": self._now_ms()}
        with self._writing.begin() as connection:
            upsert(connection, KeptFileRow, [row])

    def note(self, finding_id: str, clip: str | None) -> None:
        """Notes that the finding's evidence is kept, with this clip."""
        row = {"finding_id": finding_id, "clip": clip, "kept_at_ms": self._now_ms()}
        with self._writing.begin() as connection:
            upsert(connection, KeptFindingRow, [row])

    def restore(self, names: Iterable[str]) -> int:
        """Brings those of these files back that are gone here; gives how many. What can't be had is logged and left."""
        if self._setup is None:
            return 0
        missing = [name for name in dict.fromkeys(names) if not (self._setup.data_dir / name).exists()]
        restored = 0
        for name, digest in self._known(missing).items():
            try:
                self._setup.storage.fetch(digest, self._setup.data_dir / name)
                restored += 1
            except StorageError as error:
                _log.warning("%s could not be brought back: %s", name, error)
        return restored

    def restore_recording(self, stream_id: str) -> int:
        """Brings back what was kept of a recording that is not this machine's, or not any more; gives how many files.

        A copy that was brought back before is brought up to date; a recording that is made here is only completed.
        """
        if self._setup is None:
            return 0
        name = f"recordings/{stream_id}"
        folder = self._setup.data_dir / name
        with self._engine.connect() as connection:
            rows = connection.execute(select(KeptFileRow.path, KeptFileRow.sha256).where(_below(name)))
            kept = {row.path: row.sha256 for row in rows}
        if f"{name}/{MANIFEST}" not in kept:
            return 0
        copied = not (folder / MANIFEST).is_file() or is_copy(folder)
        stale = [
            path
            for path, digest in kept.items()
            if copied
            and PurePosixPath(path).suffix in LOGS
            and (file := self._setup.data_dir / path).is_file()
            and sha256_of(file) != digest
        ]
        for path in stale:
            (self._setup.data_dir / path).unlink()
        restored = self.restore(kept)
        if copied and (folder / MANIFEST).is_file():
            (folder / COPY).write_text(sha256_of(folder / MANIFEST), encoding="utf-8")
        return restored

    def forget(self, connection: Connection, names: Collection[str]) -> None:
        """Removes what is kept of these files and folders, within the transaction that erases them.

        The contents go first: where the storage fails, StorageError undoes the rest, and it is tried again.
        """
        gone: set[str] = set()
        for name in names:
            condition = or_(KeptFileRow.path.in_(beside(name)), _below(name))
            gone.update(connection.scalars(select(KeptFileRow.sha256).where(condition)))
            connection.execute(delete(KeptFileRow).where(condition))
        for digest in sorted(_unnamed(connection, gone)):
            if self._setup is None:
                raise StorageError(digest, "is kept, but evidence_url is not set any more; set it, so that it can go")
            self._setup.storage.remove(digest)

    def forget_findings(self, connection: Connection, finding_ids: Collection[str]) -> None:
        """Forgets that these findings were kept."""
        ids = sorted(finding_ids)
        for start in range(0, len(ids), _BATCH):
            connection.execute(delete(KeptFindingRow).where(KeptFindingRow.finding_id.in_(ids[start : start + _BATCH])))

    def _known(self, names: Iterable[str]) -> dict[str, str]:
        """The hash under which each of these files is kept."""
        wanted = list(names)
        known: dict[str, str] = {}
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _BATCH):
                part = wanted[start : start + _BATCH]
                rows = connection.execute(
                    select(KeptFileRow.path, KeptFileRow.sha256).where(KeptFileRow.path.in_(part))
                )
                known.update((row.path, row.sha256) for row in rows)
        return known

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


@contextmanager
def _still(path: Path) -> Iterator[Path]:
    """The file as it is now: what is written on meanwhile, a manifest for instance, is copied first."""
    if path.suffix not in LOGS:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="zhenyan-kept-") as folder:
        yield Path(shutil.copyfile(path, Path(folder) / path.name))


def is_copy(recording: Path) -> bool:
    """Whether the recording was brought back from the storage, and nothing was recorded on to it since."""
    marker, manifest = recording / COPY, recording / MANIFEST
    return marker.is_file() and manifest.is_file() and marker.read_text(encoding="utf-8") == sha256_of(manifest)


def beside(name: str) -> tuple[str, ...]:
    """The file, and what lies beside a clip: its poster and its loudness."""
    path = PurePosixPath(name)
    if path.suffix != ".mp4":
        return (name,)
    return (name, str(path.with_suffix(".jpg")), f"{name}.peaks.json")


def _below(folder: str) -> ColumnElement[bool]:
    return KeptFileRow.path.startswith(f"{folder}/", autoescape=True)


def _unnamed(connection: Connection, digests: Collection[str]) -> set[str]:
    """Those of these contents that no kept file has any more."""
    if not digests:
        return set()
    named = connection.scalars(select(KeptFileRow.sha256).where(KeptFileRow.sha256.in_(digests)))
    return set(digests) - set(named)

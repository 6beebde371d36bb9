"""Sends evidence to the storage: of findings, once clips are cut and cases are confirmed; what hosts handed in.

It works from what the database says and what lies in this machine's data folder, beside the screening and never in its
way: each machine that has recordings runs one, and each finds its own.
"""

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Engine, select

from ingest.errors import BrokenChain
from ingest.recording.manifest import read_manifest
from review.cases.types import CaseState
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.enforcement import AppealRow, DefenceRow
from review.db.tables.evidence import KeptFindingRow
from review.db.tables.streams import FindingRow
from review.evidence.files import LOGS, KeptEvidence, beside, handed_in_name, is_copy
from review.evidence.storage import StorageError

_log = logging.getLogger(__name__)
_PAGE = 200
_EVERY_S = 5.0
_BEFORE_MS, _AFTER_MS = 10_000, 2_500


class EvidenceKeeper:
    """Looks at what changed since it looked last; the first look is at everything. `failures` counts rounds."""

    def __init__(self, engine: Engine, kept: KeptEvidence) -> None:
        self._engine = engine
        self._kept = kept
        self._finding_change = 0
        self._case_change = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failures = 0

    def run_once(self) -> int:
        """Keeps what waits; gives how many findings that were. StorageError: what is left is tried at the next look."""
        if self._kept.setup is None:
            return 0
        self._kept.keep(self._handed_in())
        return self._clipped() + self._confirmed()

    def start(self) -> None:
        """Looks every few seconds in a thread until `close`."""
        if self._kept.setup is not None:
            self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Ends the thread after the file in hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.run_once()
            except StorageError as error:
                self.failures += 1
                _log.error("%s; it is tried again", error)
            except Exception:
                self.failures += 1
                _log.exception("evidence: the round failed; it is tried again")
            self._stop.wait(_EVERY_S)

    def _clipped(self) -> int:
        count = 0
        while not self._stop.is_set():
            with self._engine.connect() as connection:
                rows = connection.execute(
                    select(FindingRow.finding_id, FindingRow.updated_seq, FindingRow.clip)
                    .where(FindingRow.updated_seq > self._finding_change)
                    .order_by(FindingRow.updated_seq)
                    .limit(_PAGE)
                ).all()
            if not rows:
                break
            count += self._keep(row.finding_id for row in rows if row.clip is not None)
            self._finding_change = rows[-1].updated_seq
        return count

    def _confirmed(self) -> int:
        count = 0
        while not self._stop.is_set():
            with self._engine.connect() as connection:
                cases = connection.execute(
                    select(CaseRow.case_id, CaseRow.changed_seq, CaseRow.state)
                    .where(CaseRow.changed_seq > self._case_change)
                    .order_by(CaseRow.changed_seq)
                    .limit(_PAGE)
                ).all()
                confirmed = [case.case_id for case in cases if case.state == CaseState.CONFIRMED.value]
                found = connection.scalars(
                    select(CaseFindingRow.finding_id).where(CaseFindingRow.case_id.in_(confirmed))
                ).all()
            if not cases:
                break
            count += self._keep(found)
            self._case_change = cases[-1].changed_seq
        return count

    def _keep(self, finding_ids: Iterable[str]) -> int:
        """Keeps those of these findings that are not kept as they are now and whose files lie here."""
        wanted = list(finding_ids)
        with self._engine.connect() as connection:
            findings = connection.execute(
                select(FindingRow.finding_id, FindingRow.stream_id, FindingRow.clip, FindingRow.record)
                .outerjoin(KeptFindingRow, KeptFindingRow.finding_id == FindingRow.finding_id)
                .where(
                    FindingRow.finding_id.in_(wanted),
                    KeptFindingRow.finding_id.is_(None) | (FindingRow.clip.is_distinct_from(KeptFindingRow.clip)),
                )
                .order_by(FindingRow.updated_seq)
            ).all()
        count = 0
        for finding in findings:
            record = finding.record
            if is_copy(self._recording(finding.stream_id)):
                continue
            pieces = self._pieces(finding.stream_id, record["start_ms"], record["end_ms"])
            clip = () if finding.clip is None else beside(finding.clip)
            if self._kept.setup is None or not (pieces or any(self._here(name) for name in clip)):
                continue
            self._kept.keep(pieces if record["disposition"] == "flag" else ())
            self._kept.keep(self._logs(finding.stream_id), anew=True)
            self._kept.keep(clip, anew=True)
            self._kept.note(finding.finding_id, finding.clip)
            count += 1
        return count

    def _pieces(self, stream_id: str, start_ms: int, end_ms: int) -> list[str]:
        """The segments around these moments that lie here."""
        try:
            segments = read_manifest(self._recording(stream_id))
        except BrokenChain as error:
            _log.error("evidence: %s", error)
            return []
        near = [s.path for s in segments if s.start_ms < end_ms + _AFTER_MS and start_ms - _BEFORE_MS < s.end_ms]
        return [self._named(path) for path in near if path.is_file()]

    def _logs(self, stream_id: str) -> list[str]:
        """What a pack needs of the recording beside its segments: manifest, notes, by what it was judged."""
        folder = self._recording(stream_id)
        files = [path for path in sorted(folder.rglob("*")) if path.suffix in LOGS]
        return [self._named(path) for path in files if path.is_file()]

    def _handed_in(self) -> list[str]:
        """What hosts handed in and an answer or appeal names: a copy of what was erased is not sent again."""
        with self._engine.connect() as connection:
            lists = [*connection.scalars(select(DefenceRow.files)), *connection.scalars(select(AppealRow.files))]
        return [handed_in_name(str(file["sha256"])) for files in lists for file in files]

    def _recording(self, stream_id: str) -> Path:
        return self._data_dir() / "recordings" / stream_id

    def _data_dir(self) -> Path:
        assert self._kept.setup is not None
        return self._kept.setup.data_dir

    def _named(self, path: Path) -> str:
        return path.relative_to(self._data_dir()).as_posix()

    def _here(self, name: str) -> bool:
        return (self._data_dir() / name).is_file()

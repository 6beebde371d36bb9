"""The folder of a batch: what is known of each file between two runs, and the three files that come out at the end."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from claims.types import Finding, Passage
from cluster.batch.types import WORK, BatchFolderTaken, BatchJob, FileResult, FileState
from cluster.stages.policies import LoadedPolicies

FINDINGS, PASSAGES, FILES = "findings.jsonl", "passages.jsonl", "files.jsonl"
_SEGMENTS = "segments.jsonl"
_RESULT = "result.json"
_JOB = "job.json"
_LOCK = "lock"
END = -1


@contextmanager
def held(folder: Path, why: str, *, wait: bool = False) -> Iterator[None]:
    """Nobody else holds the folder meanwhile; BatchFolderTaken if somebody does. Death gives it back.

    `wait`: whoever has it is dying, wait for the end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise BatchFolderTaken(folder, why) from error
        yield


def keep_job(job: BatchJob) -> None:
    """Notes by what the folder's files are judged; BatchFolderTaken if some were judged by something else."""
    asked = {
        "passports": hashlib.sha256(job.passports_file.read_bytes()).hexdigest(),
        "policy": LoadedPolicies().digest(job.policy_dir),
        "products": list(job.products),
        "at": job.at.isoformat(),
        "models": {name: str(job.values.get(name)) for name in ("asr_model", "semantic", "embed_model")},
        "stores": job.stores,
    }
    path = job.out / WORK / _JOB
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = [name for name, value in asked.items() if before.get(name) != value]
        if changed:
            why = f"holds a batch with other {', '.join(changed)}; name another folder, or call with the same"
            raise BatchFolderTaken(job.out, why)
        return
    replace_text(path, json.dumps(asked, ensure_ascii=False, indent=1))


def kept_moment(out: Path) -> datetime | None:
    """The moment by which the folder's files are judged; None: none is yet."""
    path = out / WORK / _JOB
    if not path.is_file():
        return None
    return datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["at"])


def replace_text(path: Path, text: str) -> None:
    """Writes the file as a whole: whoever looks finds the one before or this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


class FileWork:
    """What was found in a file so far: a line for each segment, and the result at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def result(self) -> FileResult | None:
        """What became of the file; None: it is not over."""
        path = self.folder / _RESULT
        if not path.is_file():
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        return FileResult(**(stored | {"state": FileState(stored["state"])}))

    def finish(self, result: FileResult) -> None:
        """Keeps what became of the file."""
        replace_text(self.folder / _RESULT, json.dumps(asdict(result), ensure_ascii=False))

    def begin_after(self, sequence: int) -> None:
        """Forgets what was found in segments after this one: they are analysed again."""
        lines = [line for line in self._lines() if 0 <= line["n"] <= sequence]
        replace_text(self.folder / _SEGMENTS, "".join(_spelled(line) for line in lines))

    def add(self, sequence: int, passages: Sequence[Passage], findings: Sequence[Finding]) -> None:
        """Keeps what a segment gave, or, as number END, what came out when everything was analysed."""
        line = {
            "n": sequence,
            "passages": [passage.model_dump() for passage in passages],
            "findings": [finding.to_json() for finding in findings],
        }
        with (self.folder / _SEGMENTS).open("a", encoding="utf-8") as file:
            file.write(_spelled(line))

    def findings(self) -> list[dict[str, Any]]:
        """The findings, each as it was told last, in order of time."""
        latest = {one["finding_id"]: one for line in self._lines() for one in line["findings"]}
        return sorted(latest.values(), key=lambda f: (f["start_ms"], f["end_ms"], f["finding_id"]))

    def passages(self) -> list[dict[str, Any]]:
        """The passages, each as it was told last, in order of time."""
        latest = {one["id"]: one for line in self._lines() for one in line["passages"]}
        return sorted(latest.values(), key=lambda p: (p["start_ms"], p["id"]))

    def let_go(self, recording: Path) -> None:
        """Removes a recording that nobody needs any more."""
        shutil.rmtree(recording, ignore_errors=True)

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        path = self.folder / _SEGMENTS
        if not path.is_file():
            return
        with path.open(encoding="utf-8") as file:
            for line in file:
                # Only the last one can be half a line: the process died while it wrote.
                if line.endswith("\n"):
                    yield json.loads(line)


def write_results(out: Path, results: Sequence[FileResult]) -> None:
    """Writes findings, passages and what became of each file, in the order of the files."""
    works = [FileWork(out / WORK / r.work) for r in results if r.state is FileState.DONE]
    _write_lines(out / FINDINGS, (finding for work in works for finding in work.findings()))
    _write_lines(out / PASSAGES, (passage for work in works for passage in work.passages()))
    _write_lines(out / FILES, (_file(result) for result in results))


def _file(result: FileResult) -> dict[str, Any]:
    row = {"file": result.name, "host_id": result.host_id, "state": result.state.value}
    more: dict[str, Any] = {"error": result.error, "same_as": result.same_as, "sha256": result.sha256}
    if result.state is FileState.DONE:
        more |= {
            "stream_id": result.stream_id,
            "length_ms": result.length_ms,
            "coverage_per_mille": result.coverage_per_mille,
            "flagged": result.flagged,
            "noted": result.noted,
        }
    return row | {name: value for name, value in more.items() if value not in ("", None)}


def _write_lines(path: Path, records: Iterator[Mapping[str, Any]]) -> None:
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(_spelled(record))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _spelled(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"

"""All stages' memory of one stream after a segment, in a file beside its recording, from which another process goes on.

Beside, not in it: into the recording's folder the child writes that reads strangers' media.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cluster.errors import StateUnusable
from ingest.recording.disk import sync_folder

_FORMAT = 1
_ROOT = Path(__file__).parents[2]
_PACKAGES = ("asr", "claims", "cluster", "ingest", "net", "vision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """By what the memory was made; under another program, policy or passports it means something else."""

    program: str
    policy: str
    passports: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What each stage remembers (`parts`, by the stage's name) once segment `sequence` was analysed up to `end_ms`."""

    stream_id: str
    sequence: int
    end_ms: int
    versions: Versions
    parts: Mapping[str, bytes]


def checkpoint_file(recording_dir: Path) -> Path:
    """Where the checkpoint of the stream recorded in this folder lies."""
    return recording_dir.with_name(recording_dir.name + ".checkpoint")


@cache
def program_version() -> str:
    """The installed version and a hash of the stages' sources: memory has the form that these give it."""
    try:
        installed = version("zhenyan")
    except PackageNotFoundError:
        installed = "0"
    sources = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            sources.update(path.relative_to(_ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{installed}+{sources.hexdigest()[:16]}"


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces the checkpoint at this path as a whole, durably. Raises OSError, and the one before stays."""
    body = b"".join(checkpoint.parts.values())
    header = {
        "format": _FORMAT,
        "stream_id": checkpoint.stream_id,
        "sequence": checkpoint.sequence,
        "end_ms": checkpoint.end_ms,
        "versions": asdict(checkpoint.versions),
        "parts": {name: len(part) for name, part in checkpoint.parts.items()},
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            file.write(json.dumps(header, ensure_ascii=False).encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_checkpoint(path: Path, stream_id: str, versions: Versions) -> Checkpoint | None:
    """The checkpoint at this path; None if there is none. Raises StateUnusable, which says why it is of no use."""
    try:
        line, _, body = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnusable(f"{path.name} can't be read: {error.strerror}") from error
    try:
        header = json.loads(line)
        if header["format"] != _FORMAT:
            raise StateUnusable(f"{path.name} has another form")
        made_by = Versions(**header["versions"])
        sizes = {str(name): int(size) for name, size in header["parts"].items()}
        sequence, end_ms = int(header["sequence"]), int(header["end_ms"])
        context, digest = str(header["stream_id"]), str(header["sha256"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StateUnusable(f"{path.name} is damaged") from error
    if sum(sizes.values()) != len(body) or hashlib.sha256(body).hexdigest() != digest:
        raise StateUnusable(f"{path.name} is damaged")
    if context != stream_id:
        raise StateUnusable(f"{path.name} is of another stream")
    changed = [name for name, value in asdict(versions).items() if asdict(made_by)[name] != value]
    if changed:
        raise StateUnusable(f"{path.name} was made by another {' and '.join(changed)}")
    parts: dict[str, bytes] = {}
    start = 0
    for name, size in sizes.items():
        parts[name] = body[start : start + size]
        start += size
    return Checkpoint(stream_id=stream_id, sequence=sequence, end_ms=end_ms, versions=made_by, parts=parts)

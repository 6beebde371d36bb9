"""Clips cut in a child process that sees the wanted segments and one empty folder, and nothing else."""

import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingest.errors import BrokenMedia, ParserDied
from ingest.sandbox.process import SandboxChoice, SandboxLimits, SandboxProcess, SandboxView, printable, start_sandbox
from ingest.sandbox.protocol import segment_row, to_line
from ingest.types import ClipInfo, Segment

# Encoding anew runs for many seconds on many threads.
CLIP_LIMITS = SandboxLimits(memory_bytes=2_500_000_000, cpu_s=600, file_bytes=1 << 30, processes=256)
_WALL_S = 400.0
_MAX_ANSWER_BYTES = 1 << 20


@checked(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answer:
    """Either the clip's facts, or why there is none."""

    clip: ClipInfo | None = None
    broken: str | None = None


_ANSWER = TypeAdapter(_Answer)


def cut_sandboxed_clip(
    segments: Sequence[Segment],
    *,
    start_ms: int,
    end_ms: int,
    target: Path,
    hit_ms: int | None = None,
    sandbox: SandboxChoice = "auto",
    limits: SandboxLimits = CLIP_LIMITS,
) -> ClipInfo:
    """What `clip.cut_clip` gives; BrokenMedia as there, ParserDied if the child that cuts dies or is late."""
    target.parent.mkdir(parents=True, exist_ok=True)
    there = [s for s in segments if s.start_ms < end_ms and _is_plain(s.path)]
    with tempfile.TemporaryDirectory(prefix=".cut-", dir=target.parent) as made:
        folder = Path(made).resolve()
        job = {
            "segments": [segment_row(replace(s, path=s.path.resolve())) for s in there],
            "start_ms": start_ms,
            "end_ms": end_ms,
            "hit_ms": hit_ms,
            "target": str(folder / target.name),
        }
        view = SandboxView(readable=tuple(s.path.resolve() for s in there), writable=folder)
        with _running(view, sandbox, limits) as box:
            answer = _ask(box, to_line(job), target)
        if answer.clip is None:
            raise BrokenMedia(str(target), printable(answer.broken or "no answer", 200))
        return _taken_over(answer.clip, folder, target)


@contextmanager
def _running(view: SandboxView, sandbox: SandboxChoice, limits: SandboxLimits) -> Iterator[SandboxProcess]:
    box = start_sandbox(
        "ingest.clips.child",
        sandbox=sandbox,
        limits=limits,
        view=view,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield box
    finally:
        box.end(0.0)


def _ask(box: SandboxProcess, job: bytes, target: Path) -> _Answer:
    try:
        out, _ = box.process.communicate(job, timeout=_WALL_S)
    except subprocess.TimeoutExpired as error:
        raise ParserDied(str(target), f"no clip after {_WALL_S:.0f} s") from error
    if box.process.returncode != 0:
        raise ParserDied(str(target), box.end(0.0))
    try:
        return _ANSWER.validate_json(out[:_MAX_ANSWER_BYTES])
    except ValidationError as error:
        raise ParserDied(str(target), "its answer is none") from error


def _taken_over(clip: ClipInfo, folder: Path, target: Path) -> ClipInfo:
    """The clip and its companions in their place; only plain files of the expected names are taken."""

    def place(told: Path) -> Path:
        made = folder / told.name
        if not told.name.startswith(target.stem) or not _is_plain(made):
            raise ParserDied(str(target), f"it made no plain file {printable(told.name, 100)}")
        return made.replace(target.parent / told.name)

    if clip.path.name != target.name:
        raise ParserDied(str(target), "it made another clip")
    poster, peaks = (told and place(told) for told in (clip.poster, clip.peaks))
    return replace(clip, path=place(clip.path), poster=poster, peaks=peaks)


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False

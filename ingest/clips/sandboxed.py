"""Clips cut by a sandboxed process that sees the open files of the segments and of the clip, and nothing else."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from ingest.clips.cut import Cut, clip_info
from ingest.clips.peaks import peaks_path
from ingest.errors import BrokenMedia, ParserDied
from ingest.sandbox.process import SandboxChoice, SandboxLimits, printable
from ingest.sandbox.protocol import open_segment, segment_row
from ingest.sandbox.warm import WarmDied, WarmSandbox
from ingest.types import ClipInfo, Segment

# Encoding anew runs for many seconds on many threads.
CLIP_LIMITS = SandboxLimits(memory_bytes=2_500_000_000, cpu_s=600, file_bytes=1 << 30, open_files=1_000, processes=256)
_WALL_S = 400.0


@checked(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _Answer:
    """Either what was cut, or why nothing was."""

    cut: Cut | None = None
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
    """What `clip.cut_clip` gives; BrokenMedia as there, ParserDied if the process that cuts dies or is late."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".cut-", dir=target.parent) as made, ExitStack() as opened:
        made_files = [Path(made, place.name) for place in (target, target.with_suffix(".jpg"), peaks_path(target))]
        files = [_created(path, opened) for path in made_files]
        there: list[Segment] = []
        for segment in segments:
            if segment.start_ms < end_ms and (file := _opened(segment, opened)) is not None:
                there.append(segment)
                files.append(file)
        request = {
            "segments": [segment_row(s) for s in there],
            "start_ms": start_ms,
            "end_ms": end_ms,
            "hit_ms": hit_ms,
        }
        try:
            answer = _ANSWER.validate_json(_cutter(sandbox, limits).ask(request, files, _WALL_S))
        except WarmDied as error:
            raise ParserDied(str(target), str(error)) from error
        except ValidationError as error:
            raise ParserDied(str(target), "its answer is none") from error
        if answer.cut is None:
            raise BrokenMedia(str(target), printable(answer.broken or "no answer", 200))
        sha256 = _digest(made_files[0])
        clip, poster, peaks = (_taken_over(path, target.parent) for path in made_files)
        if clip is None:
            raise ParserDied(str(target), "it wrote no clip")
        return clip_info(answer.cut, clip, sha256=sha256, poster=poster, peaks=peaks)


def end_cutter(*, sandbox: SandboxChoice = "auto", limits: SandboxLimits = CLIP_LIMITS) -> None:
    """Ends this process's cutter before it does so by itself."""
    _cutter(sandbox, limits).close()


@cache
def _cutter(sandbox: SandboxChoice, limits: SandboxLimits) -> WarmSandbox:
    """This process's cutter; it ends when nothing was cut for a while."""
    return WarmSandbox("ingest.clips.child", sandbox=sandbox, limits=limits)


def _created(path: Path, opened: ExitStack) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    opened.callback(os.close, file)
    return file


def _opened(segment: Segment, opened: ExitStack) -> int | None:
    try:
        return open_segment(segment, opened)
    except BrokenMedia:
        return None


def _taken_over(path: Path, folder: Path) -> Path | None:
    """What was written, in its place; None if nothing was."""
    return path.replace(folder / path.name) if path.stat().st_size else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

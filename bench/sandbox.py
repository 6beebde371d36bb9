"""What it costs to parse in a child: decoding, capture and a clip here, under rlimits alone, and under bubblewrap."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.ingest import make_broadcast
from ingest.capture.capture import capture
from ingest.capture.supervisor import CaptureJob, CaptureSupervisor
from ingest.clips.clip import cut_clip
from ingest.clips.sandboxed import cut_sandboxed_clip, end_cutter
from ingest.decode.decoder import SegmentDecoder
from ingest.decode.pool import DecodePool
from ingest.sandbox.process import SandboxChoice
from ingest.types import Segment
from net.guard import NetPolicy

_SECONDS = 40
_CLIP_MS = 2_000, 8_000, 6_000
_BOXES: tuple[SandboxChoice, ...] = ("rlimits", "bubblewrap")


def run(quick: bool = False) -> list[dict[str, object]]:
    """Milliseconds for each: the start of a child, two seconds of 720p decoded, a recording, a clip."""
    with TemporaryDirectory() as scratch:
        file = make_broadcast(Path(scratch) / "talk.flv", 2, seconds=8 if quick else _SECONDS)
        here, segments = _timed(lambda: _record(file, Path(scratch) / "here"))
        rows = [_row("here", None, _decode_here(segments), here, _timed(lambda: _clip_here(segments, scratch))[0])]
        for box in _BOXES:
            folder = Path(scratch) / box
            job = CaptureJob(source=str(file), stream_id="s1", folder=folder)
            captured, _ = _timed(lambda: list(CaptureSupervisor(job, sandbox=box).segments(lambda: False)))  # noqa: B023
            first, *more = [_timed(lambda: _clip_boxed(segments, scratch, box))[0] for _ in range(6)]  # noqa: B023
            end_cutter(sandbox=box)
            start, decoded = _decode_boxed(segments, box)
            rows.append(_row(box, start, decoded, captured, median(more), first))
        return rows


def _row(
    where: str,
    start_ms: float | None,
    decoded: tuple[list[float], float],
    captured_ms: float,
    clip_ms: float,
    first_clip_ms: float | None = None,
) -> dict[str, object]:
    walls_ms, cpu_ms = decoded
    return {
        "parsed": where,
        "start_and_first_segment_ms": None if start_ms is None else round(start_ms),
        "segment_ms_median": round(median(walls_ms), 1),
        # The system does not add up what was used under bubblewrap.
        "segment_cpu_ms": None if where == "bubblewrap" else round(cpu_ms, 1),
        "recording_ms": round(captured_ms),
        "first_clip_ms": None if first_clip_ms is None else round(first_clip_ms),
        "clip_ms": round(clip_ms),
    }


def _cpu_ms() -> float:
    """What this process and the children that have ended have used."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds)) * 1000


def _timed(work: Callable[[], list[Segment] | object]) -> tuple[float, list[Segment]]:
    started = time.perf_counter()
    given = work()
    return (time.perf_counter() - started) * 1000, given if isinstance(given, list) else []


def _record(file: Path, folder: Path) -> list[Segment]:
    return list(
        capture(
            str(file),
            stream_id="s1",
            folder=folder,
            policy=NetPolicy(),
            stop=lambda: False,
            now_ms=lambda: time.time_ns() // 1_000_000,
        )
    )


def _clip_here(segments: list[Segment], scratch: str) -> object:
    start_ms, end_ms, hit_ms = _CLIP_MS
    return cut_clip(segments, start_ms=start_ms, end_ms=end_ms, hit_ms=hit_ms, target=Path(scratch) / "here.mp4")


def _clip_boxed(segments: list[Segment], scratch: str, box: SandboxChoice) -> object:
    start_ms, end_ms, hit_ms = _CLIP_MS
    target = Path(scratch) / "boxed.mp4"
    return cut_sandboxed_clip(segments, start_ms=start_ms, end_ms=end_ms, hit_ms=hit_ms, target=target, sandbox=box)


def _decode_here(segments: list[Segment]) -> tuple[list[float], float]:
    decoder = SegmentDecoder()
    decoder.decode(segments[0])
    before_ms = _cpu_ms()
    walls_ms = [_timed(lambda: decoder.decode(segment))[0] for segment in segments[1:]]  # noqa: B023
    return walls_ms, (_cpu_ms() - before_ms) / len(walls_ms)


def _decode_boxed(segments: list[Segment], box: SandboxChoice) -> tuple[float, tuple[list[float], float]]:
    """The start apart from the rest: its cost is that of a pool that decodes one segment and ends."""
    costs_ms: list[float] = []
    walls_ms: list[float] = []
    for some in (segments[:1], segments):
        before_ms = _cpu_ms()
        pool = DecodePool(sandbox=box)
        try:
            walls_ms = [_timed(lambda: pool.decode(segment))[0] for segment in some]  # noqa: B023
        finally:
            pool.close()
        costs_ms.append(_cpu_ms() - before_ms)
    return walls_ms[0], (walls_ms[1:], (costs_ms[1] - costs_ms[0]) / (len(segments) - 1))

"""Hours of short broadcasts through capture and decoding leave memory, descriptors and processes as they were."""

import gc
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ingest.capture.capture import capture
from ingest.clips.clip import cut_clip
from ingest.decode.decoder import SegmentDecoder
from tests.ingest.barcode import make_broadcast
from tests.ingest.support import QUICK, Origin, run_ffmpeg, wall_ms

_BROADCAST_S = 30
# The first broadcasts load libraries and fill the allocator's pools.
_WARM_UP = 5
_MIB_AN_HOUR = 16.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process and those under it hold."""

    memory_mib: float
    descriptors: int
    threads: int
    children: int


def usage() -> Usage:
    own = Path("/proc/self")
    status = dict(line.split(":", 1) for line in (own / "status").read_text().splitlines())
    children = 0
    for path in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            children += int((path / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
    return Usage(
        memory_mib=int(status["VmRSS"].split()[0]) / 1024,
        descriptors=len(list((own / "fd").iterdir())),
        threads=int(status["Threads"]),
        children=children,
    )


@pytest.fixture(scope="module")
def broadcast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished HLS broadcast, and the same as FLV."""
    folder = tmp_path_factory.mktemp("broadcast")
    made = make_broadcast(folder / "show.flv", seconds=_BROADCAST_S, gop=60, size=(160, 90))
    parts = ("-f", "hls", "-hls_time", "2", "-hls_list_size", "0", folder / "show.m3u8")
    run_ffmpeg("-i", made, "-c", "copy", *parts)
    return folder


def screened_ms(source: str, folder: Path, origin: Origin) -> int:
    """Captures and decodes a whole broadcast and cuts a clip of it; how long it was."""
    decoder = SegmentDecoder()
    segments, samples, frames = [], 0, 0
    for segment in capture(
        source,
        stream_id=folder.name,
        folder=folder,
        policy=origin.policy,
        stop=lambda: False,
        now_ms=wall_ms,
        limits=QUICK,
    ):
        decoded = decoder.decode(segment)
        samples += sum(len(span.samples) for span in decoded.audio)
        frames += len(decoded.frames)
        segments.append(segment)
    cut_clip(segments, start_ms=9_000, end_ms=14_000, hit_ms=11_000, target=folder / "clip.mp4")
    assert samples >= (_BROADCAST_S - 0.2) * 16_000
    assert frames == _BROADCAST_S // 2
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    return segments[-1].end_ms


def soak(
    stream_ms: int, sources: list[Callable[[], str]], folder: Path, origin: Origin
) -> tuple[list[float], list[Usage]]:
    """Stream hours so far and what is held then, after each broadcast, warm-up left out."""
    hours: list[float] = []
    held: list[Usage] = []
    done_ms, number = 0, 0
    while done_ms < stream_ms:
        source = sources[number % len(sources)]()
        done_ms += screened_ms(source, folder / f"s{number}", origin)
        number += 1
        gc.collect()
        if number > _WARM_UP:
            hours.append(done_ms / 3_600_000)
            held.append(usage())
    return hours, held


@pytest.mark.service
@pytest.mark.parametrize(
    "stream_minutes", [pytest.param(6, id="minutes"), pytest.param(120, id="two hours", marks=pytest.mark.slow)]
)
def test_nothing_grows(broadcast: Path, tmp_path: Path, origin: Origin, stream_minutes: int) -> None:
    for path in broadcast.iterdir():
        origin.routes[f"/{path.name}"] = path.read_bytes()
    sources = [
        lambda: str(broadcast / "show.flv"),
        lambda: f"{origin.url}/show.m3u8",
        lambda: f"{origin.url}/show.flv",
    ]
    hours, held = soak(stream_minutes * 60_000, sources, tmp_path, origin)
    memory = [each.memory_mib for each in held]
    growth_mib_an_hour = float(np.polyfit(hours, memory, 1)[0])
    # Over minutes one page of the allocator is a steep slope: there the whole growth is held to what an hour may cost.
    grown_mib = growth_mib_an_hour * (hours[-1] - hours[0])
    assert grown_mib <= _MIB_AN_HOUR * max(1.0, hours[-1] - hours[0])
    assert max(each.descriptors for each in held) - min(each.descriptors for each in held) <= 2
    assert max(each.threads for each in held) - min(each.threads for each in held) <= 2
    assert {each.children for each in held} == {held[0].children}

"""Live streams from the end of an utterance to what is stored of it, ours beside a plain loop of ffmpeg and Whisper."""

import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel

import configs
from asr.engines.weights import DEFAULT_MODEL, find_whisper
from bench.live_air import SEGMENT_MS, Busy, Meter, OnAir, on_air, two_second_gop
from bench.live_material import is_ready, order_demo, service, service_config, wait
from cli.broadcast.script import lay_out, read_script
from cluster.ray.session import running_ray
from ingest.media.ffmpeg import find_ffmpeg
from ingest.recording.manifest import read_manifest
from ingest.types import SAMPLE_RATE_HZ
from review.store import Store
from review.streams.types import FindingQuery, StreamState

START_S, SECONDS, QUICK_SECONDS = 56, 72, 24
WINDOW_S = 10
SIZES = (1, 2, 4, 6, 8, 10, 12, 16, 20, 24)
MOST_P50_S, MOST_P95_S, MOST_LOAD = 4.0, 8.0, 0.7
_OVER = (StreamState.ENDED, StreamState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds from the moment at which the origin gave out the end of an utterance until its outcome was there.

    `lost_ms`: what was never analysed, or analysed without pictures, of all streams.
    """

    streams: int
    spoken_s: tuple[float, ...]
    found_s: tuple[float, ...]
    busy: Busy
    lost_ms: int = 0

    def row(self, way: str) -> dict[str, object]:
        """The run as a row."""
        return {
            "live": way,
            "streams": self.streams,
            "findings": len(self.found_s),
            "finding_p50_s": _quantile(self.found_s, 0.5),
            "finding_p95_s": _quantile(self.found_s, 0.95),
            "utterance_p50_s": _quantile(self.spoken_s, 0.5),
            "utterance_p95_s": _quantile(self.spoken_s, 0.95),
            "lost_or_shed_s": round(self.lost_ms / 1000, 1),
            "machine_busy": round(self.busy.machine, 2),
            "own_share": round(self.busy.own, 2),
        }

    @property
    def is_carried(self) -> bool:
        """Whether these streams are carried: soon enough, and with nothing left out."""
        p50, p95 = _quantile(self.found_s, 0.5), _quantile(self.found_s, 0.95)
        return p50 is not None and p95 is not None and p50 <= MOST_P50_S and p95 <= MOST_P95_S and not self.lost_ms


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2) if values else None


def run(quick: bool = False) -> list[dict[str, object]]:
    """Ours with more and more streams until they are no longer carried; the loop with one, and with as many as ours."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with tempfile.TemporaryDirectory() as scratch, running_ray():
        media = two_second_gop(Path(scratch) / "live.mp4", start_s=START_S, seconds=seconds)
        runs: list[Waits] = []
        for count in SIZES[:1] if quick else SIZES:
            folder = Path(scratch) / f"ours-{count}"
            folder.mkdir()
            runs.append(_ours(media, folder, count))
            if not runs[-1].is_carried:
                break
        carried = max((one.streams for one in runs if one.is_carried), default=0)
        loops = [_loop(media, Path(scratch), count) for count in ({1} if quick else {1, max(1, carried)})]
    at_load = [one for one in runs if one.busy.machine <= MOST_LOAD]
    rows = [one.row("ours") for one in runs]
    rows += [one.row(f"loop: ffmpeg, {WINDOW_S} s windows, transcribe, word list") for one in loops]
    best = at_load[-1] if at_load else runs[0]
    rows.append(
        {
            "asked": f"p50 ≤ {MOST_P50_S} s, p95 ≤ {MOST_P95_S} s at ≤ {MOST_LOAD:.0%} load",
            "streams_at_that_load": best.streams,
            "p50_s": _quantile(best.found_s, 0.5),
            "p95_s": _quantile(best.found_s, 0.95),
            "streams_carried": carried,
        }
    )
    return rows


def _ours(media: Path, folder: Path, count: int) -> Waits:
    """The live service with so many streams, on a database of its own."""
    url = f"sqlite:///{folder / 'zhenyan.db'}"
    names = [f"s{index}" for index in range(count)]
    seen: dict[tuple[str, str], float] = {}
    ends: dict[tuple[str, str], tuple[str, int]] = {}
    store = Store.open(url)
    with service(service_config(folder, url, places=count, checkpoint_ms=10_000)):
        wait(lambda: bool(store.leases.workers()) and is_ready("hearing", "reading", "shard"), 300)
        with on_air(media, count) as air:
            for name, source in zip(names, air.urls, strict=True):
                order_demo(url, name, source)
            meter = Meter()
            while not all(store.stream(name).state in _OVER for name in names):
                _look(store, names, seen, ends)
                time.sleep(0.1)
            busy = meter.read()
            _look(store, names, seen, ends)
        lost_ms = sum(one.span_ms - one.analysed_ms for one in map(store.coverage, names))
    waits: dict[str, list[float]] = {"passage": [], "finding": []}
    for key, (name, end_ms) in ends.items():
        given_s = _published_s(air, names.index(name), folder / "recordings" / name, end_ms)
        if given_s is not None:
            waits[key[0]].append(seen[key] - given_s)
    store.close()
    return Waits(
        streams=count,
        spoken_s=tuple(waits["passage"]),
        found_s=tuple(waits["finding"]),
        busy=busy,
        lost_ms=lost_ms,
    )


def _look(
    store: Store,
    names: Sequence[str],
    seen: dict[tuple[str, str], float],
    ends: dict[tuple[str, str], tuple[str, int]],
) -> None:
    """Notes what is stored of speech for the first time."""
    for name in names:
        now_s = time.time()
        new = [(("passage", f"{name}/{p.id}"), p.end_ms) for p in store.passages(name) if p.channel == "speech"]
        page = store.findings(FindingQuery(stream_id=name, limit=500))
        new += [
            (("finding", one.finding.finding_id), one.finding.end_ms)
            for one in page.findings
            if one.finding.channel == "speech"
        ]
        for key, end_ms in new:
            if key not in seen:
                seen[key], ends[key] = now_s, (name, end_ms)


def _published_s(air: OnAir, index: int, recording: Path, end_ms: int) -> float | None:
    """When the origin gave out the segment in which the utterance ended."""
    for segment in read_manifest(recording):
        if segment.start_ms < end_ms <= segment.end_ms:
            return air.by_hash.get(f"{index}:{segment.sha256}")
    return None


def _loop(media: Path, scratch: Path, count: int) -> Waits:
    """For each stream a thread: ffmpeg's sound in windows, each transcribed; what a word list adds costs nothing."""
    model_class: Any = WhisperModel
    weights = find_whisper(DEFAULT_MODEL, scratch)
    model = model_class(str(weights.folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=2)
    told: list[list[tuple[float, float, str]]] = [[] for _ in range(count)]

    def listen(index: int, url: str) -> None:
        command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-live_start_index", "0", "-i", url, "-vn"]
        command += ["-ac", "1", "-ar", str(SAMPLE_RATE_HZ), "-f", "f32le", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
            assert reader.stdout is not None
            until_s = 0.0
            while content := reader.stdout.read(WINDOW_S * SAMPLE_RATE_HZ * 4):
                samples = np.frombuffer(content[: len(content) // 4 * 4], np.float32)
                until_s += len(samples) / SAMPLE_RATE_HZ
                segments, _ = model.transcribe(samples, language="zh")
                text = "".join(segment.text for segment in segments)
                told[index].append((until_s, time.time(), text))

    with on_air(media, count) as air:
        meter = Meter()
        threads = [threading.Thread(target=listen, args=(index, url)) for index, url in enumerate(air.urls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        busy = meter.read()
    spoken: list[float] = []
    found: list[float] = []
    for index, windows in enumerate(told):
        for end_s, has_finding in _lines():
            given_s = air.by_number.get((index, int(end_s * 1000 // SEGMENT_MS)))
            done = next((done_s for until_s, done_s, _ in windows if until_s >= end_s), None)
            if given_s is not None and done is not None:
                spoken.append(done - given_s)
                found += [done - given_s] if has_finding else []
    return Waits(streams=count, spoken_s=tuple(spoken), found_s=tuple(found), busy=busy)


def _lines() -> list[tuple[float, bool]]:
    """The end of each spoken line in the part that is played, in seconds of it, and whether anything is wrong in it."""
    script = read_script(configs.DEMO_DIR / "demo.json")
    layout = lay_out(script)
    ends = [(layout.lines[line.id].end_ms / 1000 - START_S, bool(line.expected)) for line in script.lines]
    return [(end_s, wrong) for end_s, wrong in ends if end_s > 0]

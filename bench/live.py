"""Live streams from the end of an utterance to what is stored of it, ours beside a plain loop of ffmpeg and Whisper."""

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import click
import numpy as np
from faster_whisper import WhisperModel
from sqlalchemy import Engine, select

import configs
from asr.engines.weights import DEFAULT_MODEL, find_whisper
from bench.live_air import SEGMENT_MS, Busy, Meter, OnAir, on_air, two_second_gop
from bench.live_material import is_ready, order_demo, service, service_config, wait
from bench.live_stages import Moment, StageMeter, cuts_that_wait, mean_waits, shard_figures
from cli.broadcast.script import lay_out, read_script
from cli.config.settings import load_settings
from cli.shell.benchmark_report import print_report, report_json
from cli.shell.tables import open_console
from cluster.ray.session import running_ray
from ingest.media.ffmpeg import find_ffmpeg
from ingest.recording.manifest import read_manifest
from ingest.sandbox.process import SandboxChoice
from ingest.types import SAMPLE_RATE_HZ
from review.db.engine import open_engine
from review.db.tables.streams import FindingRow, PassageRow, StreamRow
from review.stores import Stores
from review.streams.types import StreamState

START_S, SECONDS, QUICK_SECONDS = 56, 72, 24
WINDOW_S = 10
SIZES = (1, 4, 11, 16, 20, 24)
MOST_P50_S, MOST_P95_S = 4.0, 8.0
_LOOK_S, _FIGURES_S = 0.25, 15.0
_OVER = {StreamState.ENDED.value, StreamState.FAILED.value}
_PASSAGES = select(PassageRow.stream_id, PassageRow.id, PassageRow.end_ms).where(PassageRow.channel == "speech")
_FINDINGS = select(FindingRow.stream_id, FindingRow.finding_id)
_STATES = select(StreamRow.state).distinct()


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
    moments: tuple[Moment, ...] = ()
    seconds: float = 0.0
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)
    in_stage_s: Mapping[str, float] = field(default_factory=dict)

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
            "worst_lag_s": round(max((max(one.lags_s) for one in self.moments), default=0.0), 1),
            "machine_busy": round(self.busy.machine, 2),
            "own_share": round(self.busy.own, 2),
        }

    def cost_row(self) -> dict[str, object]:
        """What one broadcast took of a core by stage, and what the worker's processes held, in MB."""
        each = {stage: spent / self.seconds / self.streams for stage, spent in self.cpu_s.items() if stage != "other"}
        held = {stage: size for stage, size in self.memory.items() if stage != "other"}
        return {
            "streams": self.streams,
            "cores_per_stream": round(sum(each.values()), 3),
            "of_which": ", ".join(f"{s} {c:.3f}" for s, c in sorted(each.items(), key=lambda one: -one[1])),
            "benchmark_cores": round(self.cpu_s.get("other", 0.0) / self.seconds, 2),
            "memory_mb": round(sum(held.values()) / 1e6),
            "held_by": ", ".join(f"{s} {m / 1e6:.0f}" for s, m in sorted(held.items(), key=lambda one: -one[1])),
        }

    def stage_row(self) -> dict[str, object]:
        """How long a segment was in each stage, in seconds, on average."""
        return {"streams": self.streams, "seconds_in": ", ".join(f"{s} {v}" for s, v in self.in_stage_s.items())}

    @property
    def is_carried(self) -> bool:
        """Whether these streams are carried: soon enough, and with nothing left out."""
        p50, p95 = _quantile(self.found_s, 0.5), _quantile(self.found_s, 0.95)
        return p50 is not None and p95 is not None and p50 <= MOST_P50_S and p95 <= MOST_P95_S and not self.lost_ms


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2) if values else None


@click.command(name="live")
@click.option("--sizes", default=",".join(map(str, SIZES)), show_default=True, help="How many broadcasts at once.")
@click.option("--seconds", default=SECONDS, show_default=True, help="How long each is on air.")
@click.option("--semantic", default="auto", show_default=True, help="The reader of claims: auto or off.")
@click.option(
    "--sandbox",
    type=click.Choice(get_args(SandboxChoice)),
    default="auto",
    show_default=True,
    help="What holds the processes that parse media.",
)
@click.option("--no-peer", is_flag=True, help="Leave the plain loop out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: machine and rows.")
def command(sizes: str, seconds: int, semantic: str, sandbox: SandboxChoice, no_peer: bool, as_json: bool) -> None:
    """Measure so many live broadcasts, one size after another, and the plain loop."""
    try:
        counts = tuple(int(size) for size in sizes.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{sizes!r}: give numbers with commas between, such as 1,4,11") from error
    rows = _measured(counts, seconds, {"semantic": semantic, "sandbox": sandbox}, has_peer=not no_peer)
    click.echo(report_json("live", rows)) if as_json else print_report("live", rows, open_console())


def run(quick: bool = False) -> list[dict[str, object]]:
    """Ours with each size; the loop with one, and with as many as ours carried."""
    sizes, seconds = (SIZES[:1], QUICK_SECONDS) if quick else (SIZES, SECONDS)
    return _measured(sizes, seconds, {"semantic": "auto"}, has_peer=True)


def _measured(
    sizes: Sequence[int], seconds: int, job: Mapping[str, object], *, has_peer: bool
) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as scratch, running_ray():
        media = two_second_gop(Path(scratch) / "live.mp4", start_s=START_S, seconds=seconds)
        runs: list[Waits] = []
        for count in sizes:
            folder = Path(scratch) / f"ours-{count}"
            folder.mkdir()
            runs.append(_ours(media, folder, count, job))
        carried = max((one.streams for one in runs if one.is_carried), default=0)
        peers = sorted({1, max(1, carried)}) if has_peer else []
        loops = [_loop(media, Path(scratch), count) for count in peers]
    rows = [one.row("ours") for one in runs]
    rows += [one.row(f"loop: ffmpeg, {WINDOW_S} s windows, transcribe, word list") for one in loops]
    rows += [one.cost_row() for one in runs] + [one.stage_row() for one in runs]
    rows += [moment.row(one.streams) for one in runs for moment in one.moments]
    rows.append({"asked": f"p50 ≤ {MOST_P50_S} s, p95 ≤ {MOST_P95_S} s, nothing left out", "streams_carried": carried})
    return rows


def _ours(media: Path, folder: Path, count: int, job: Mapping[str, object]) -> Waits:
    """The live service with so many streams, on a database of its own. `job`: what all of them share, by setting."""
    url = f"sqlite:///{folder / 'zhenyan.db'}"
    names = [f"s{index}" for index in range(count)]
    stores, engine = Stores.open(url), open_engine(url)
    looks = _Looks(stores, engine)
    moments: list[Moment] = []
    job = {**job, "models": load_settings().models_folder}
    config = service_config(folder, url, places=count, checkpoint_ms=10_000, job=job)
    with service(config):
        wait(lambda: bool(stores.leases.workers()) and is_ready("hearing", "reading", "shard"), 300)
        wait(lambda: shard_figures()["judge"]["done"] > 0, 300)
        before = shard_figures()
        meter, since = Meter(), Meter()
        began_s = looked_s = time.monotonic()

        def order(index: int, source: str) -> None:
            order_demo(url, names[index], source)

        with StageMeter() as stages, on_air(media, count, order) as air:
            while not looks.look():
                if time.monotonic() - looked_s > _FIGURES_S:
                    looked_s = time.monotonic()
                    stages.look_at_memory()
                    lags_s = tuple(stores.streams.coverage(name).waiting_ms / 1000 for name in names)
                    at_s, busy_since = round(looked_s - began_s), since.read().machine
                    moments.append(Moment(second=at_s, busy=busy_since, lags_s=lags_s, cuts=cuts_that_wait()))
                    since = Meter()
                time.sleep(_LOOK_S)
            busy, seconds = meter.read(), time.monotonic() - began_s
        in_stage_s = mean_waits(shard_figures(), before)
        lost_ms = sum(one.span_ms - one.analysed_ms for one in map(stores.streams.coverage, names))

    def given_s(stream_id: str, end_ms: int) -> float | None:
        return _published_s(air, names.index(stream_id), folder / "recordings" / stream_id, end_ms)

    waits = looks.waits(given_s)
    engine.dispose()
    stores.close()
    return Waits(
        streams=count,
        spoken_s=tuple(waits["passage"]),
        found_s=tuple(waits["finding"]),
        busy=busy,
        lost_ms=lost_ms,
        moments=tuple(moments),
        seconds=seconds,
        cpu_s=stages.cpu_s(),
        memory=stages.memory,
        in_stage_s=in_stage_s,
    )


@dataclass(slots=True)
class _Looks:
    """When something was there for the first time: passages of speech and findings, by kind, broadcast and id.

    One look asks three questions of the database, however many broadcasts there are.
    """

    stores: Stores
    engine: Engine
    seen: dict[tuple[str, str, str], float] = field(default_factory=dict)
    ends_ms: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def look(self) -> bool:
        """Whether all broadcasts are over."""
        with self.engine.connect() as connection:
            passages = connection.execute(_PASSAGES).all()
            findings = connection.execute(_FINDINGS).all()
            states = set(connection.execute(_STATES).scalars())
        now_s = time.time()
        for stream_id, name, end_ms in passages:
            self._note(("passage", stream_id, name), now_s, end_ms)
        for stream_id, name in findings:
            self._note(("finding", stream_id, name), now_s, -1)
        return states <= _OVER

    def waits(self, given_s: Callable[[str, int], float | None]) -> dict[str, list[float]]:
        """Seconds by kind from the moment at which the end of each was given out, of what was spoken."""
        found: dict[str, list[float]] = {"passage": [], "finding": []}
        for (kind, stream_id, name), seen_s in self.seen.items():
            end_ms = self.ends_ms[kind, stream_id, name]
            if kind == "finding":
                finding = self.stores.streams.finding(name).finding
                if finding.channel != "speech":
                    continue
                end_ms = finding.end_ms
            out_s = given_s(stream_id, end_ms)
            if out_s is not None:
                found[kind].append(seen_s - out_s)
        return found

    def _note(self, key: tuple[str, str, str], now_s: float, end_ms: int) -> None:
        if key not in self.seen:
            self.seen[key], self.ends_ms[key] = now_s, end_ms


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
    measured: list[list[tuple[float, float, str]]] = [[] for _ in range(count)]

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
                measured[index].append((until_s, time.time(), text))

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
    for index, windows in enumerate(measured):
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

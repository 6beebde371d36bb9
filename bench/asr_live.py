"""Live streams at their own pace: how many are heard in time, ours beside a `transcribe` thread for each stream."""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Protocol

import numpy as np
from faster_whisper import WhisperModel

from asr.engines.shared import start_shared
from asr.engines.vocabulary import for_mandarin
from asr.engines.weights import DEFAULT_MODEL, WhisperWeights, find_whisper
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.recogniser import SAMPLES_PER_MS, Cut
from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from bench.asr_material import Line, Samples, broadcast_lines, given_lines
from bench.asr_ways import joined
from ingest.types import SAMPLE_RATE_HZ, AudioSpan

SEGMENT_MS = 2_000
LATE_S = 5.0
LATE_SHARE = 0.05
RUN_S = 40
QUICK_RUN_S = 16
CORES = 2
TRIES = 6
FIRST_GUESS = {"peer": 4, "peer without fallback": 6, "ours": 24}
UTTERANCE_S = 5


class Hearing(Protocol):
    """Takes cuts as they come; each future is done when its cut is recognised."""

    def offer(self, cut: Cut) -> Future[Any] | None:
        """None: no room."""
        ...

    def close(self) -> None:
        """Ends it, after what it has taken in or without it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What became of the utterances of one run: seconds from the end of speech, infinite for what was not heard.

    `others_share`: how much of the machine's time went to other processes; above a tenth a run says little.
    """

    streams: int
    waits_s: tuple[float, ...]
    cpu_share: float
    others_share: float = 0.0

    @property
    def p95_s(self) -> float:
        """The wait that 95 % stayed under."""
        return sorted(self.waits_s)[int(len(self.waits_s) * (1 - LATE_SHARE))] if self.waits_s else float("inf")

    @property
    def in_time(self) -> bool:
        """Whether these streams are carried."""
        return self.p95_s < LATE_S


class OneThreadPerStream:
    """The usual way: a model for all, and for each stream a thread that calls `transcribe` on each utterance.

    Without `fallback` it never decodes again at a higher temperature, which its defaults do where text looks wrong.
    """

    def __init__(self, weights: WhisperWeights, *, fallback: bool) -> None:
        self._options: dict[str, Any] = {} if fallback else {"temperature": 0}
        model_class: Any = WhisperModel
        self._model = model_class(
            str(weights.folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=CORES
        )
        self._threads: dict[str, ThreadPoolExecutor] = {}

    def offer(self, cut: Cut) -> Future[Any]:
        """Queued behind the stream's own utterances."""
        thread = self._threads.setdefault(cut.stream_id, ThreadPoolExecutor(1))
        return thread.submit(self._texts, cut.samples)

    def close(self) -> None:
        """Drops what waits."""
        for thread in self._threads.values():
            thread.shutdown(cancel_futures=True)

    def _texts(self, samples: Samples) -> list[str]:
        segments, _ = self._model.transcribe(
            samples, language="zh", beam_size=5, without_timestamps=True, **self._options
        )
        return [segment.text for segment in segments]


def ours(weights: WhisperWeights) -> Hearing:
    """Ours: an engine a core, each in a process of its own, behind one batcher; text only, as the peer."""
    make = partial(WhisperTranscriber, weights, WhisperSettings(device="cpu", word_times=False))
    return start_shared(make, process_count=CORES)


def run(*, quick: bool = False) -> list[dict[str, object]]:
    """Rows: the streams that each way carries, each run of the search, and what a silent stream costs."""
    lines = (broadcast_lines() if quick else [*given_lines(), *broadcast_lines()]) or broadcast_lines()
    with TemporaryDirectory() as scratch:
        weights = find_whisper(DEFAULT_MODEL, Path(scratch))
        ways: dict[str, Callable[[], Hearing]] = {
            "peer": lambda: OneThreadPerStream(weights, fallback=True),
            "peer without fallback": lambda: OneThreadPerStream(weights, fallback=False),
            "ours": lambda: ours(for_mandarin(weights, Path(scratch))),
        }
        busy = f"{os.getloadavg()[0]:.1f}"
        tried = {name: _search(start, lines, FIRST_GUESS[name], quick) for name, start in ways.items()}
    carried = {name: max((one.streams for one in runs if one.in_time), default=0) for name, runs in tried.items()}
    names = {
        "peer": "faster-whisper, a transcribe thread a stream",
        "peer without fallback": "the same at temperature 0",
        "ours": "ours: an engine a core, one batcher",
    }
    rows: list[dict[str, object]] = [
        {
            "live": names[name],
            "streams_in_time": carried[name],
            "times_the_peer": round(carried[name] / carried["peer"], 2) if carried["peer"] else None,
            "cores": CORES,
            "load_before": busy,
        }
        for name in ways
    ]
    rows += [
        {
            "run": names[name],
            "streams": one.streams,
            "utterances": len(one.waits_s),
            "p95_s": round(one.p95_s, 2) if one.p95_s < float("inf") else "unheard",
            "median_s": round(float(np.median(one.waits_s)), 2) if one.waits_s else None,
            "own_process_cpu_share": round(one.cpu_share, 3),
            "others_share_of_machine": round(one.others_share, 2),
        }
        for name, runs in tried.items()
        for one in runs
    ]
    return [*rows, silence_row(quick)]


def _search(start: Callable[[], Hearing], lines: Sequence[Line], guess: int, quick: bool) -> list[Replay]:
    """Runs with more streams until one is late, and with a number in between until neighbours are found."""
    runs: list[Replay] = []
    enough, too_many = 0, 0
    streams = 1 if quick else guess
    while len(runs) < (1 if quick else TRIES) and streams > enough and streams != too_many:
        runs.append(replay(start, lines, streams, QUICK_RUN_S if quick else RUN_S))
        if runs[-1].in_time:
            enough = streams
        else:
            too_many = streams
        streams = (enough + too_many) // 2 if too_many else max(enough + 1, enough * 3 // 2)
    return runs


def replay(start: Callable[[], Hearing], lines: Sequence[Line], stream_count: int, run_s: float) -> Replay:
    """Streams of continuous speech in segments of 2 s as the clock has them, each stream at its own place in the lines.

    Ends early when more are late already than may be.
    """
    hearing = start()
    waits_s: list[float] = []
    ends_s: deque[tuple[float, Future[Any]]] = deque()
    unheard = 0
    lock = Lock()
    streams = [_Stream(index, lines, stream_count) for index in range(stream_count)]
    allowed_late = LATE_SHARE * stream_count * run_s / UTTERANCE_S
    process_s, busy_s, own_s = time.process_time(), _busy_s(), _own_s()
    started_s = time.monotonic()
    segments = sorted(
        (
            (stream.offset_s + (n + 1) * SEGMENT_MS / 1000, stream, n)
            for stream in streams
            for n in range(int(run_s // 2))
        ),
        key=lambda one: one[0],
    )

    def heard(end_s: float, _: Future[Any]) -> None:
        with lock:
            waits_s.append(time.monotonic() - started_s - end_s)

    def late() -> int:
        now_s = time.monotonic() - started_s
        return sum(not one.done() and now_s - end_s > LATE_S for end_s, one in ends_s) + sum(
            wait_s > LATE_S for wait_s in list(waits_s)
        )

    for at_s, stream, n in segments:
        time.sleep(max(0.0, started_s + at_s - time.monotonic()))
        for cut in stream.hear(n):
            future = hearing.offer(cut)
            if future is None:
                unheard += 1
                continue
            end_s = stream.offset_s + cut.speech_end_ms / 1000
            ends_s.append((end_s, future))
            future.add_done_callback(partial(heard, end_s))
        if late() + unheard > allowed_late + 1:
            break
    while any(not one.done() for _, one in ends_s) and late() + unheard <= allowed_late + 1:
        time.sleep(0.05)
    cpu_share = (time.process_time() - process_s) / (time.monotonic() - started_s)
    unheard += sum(not one.done() for _, one in ends_s)
    with lock:
        found = (*waits_s, *[float("inf")] * unheard)
    hearing.close()
    others_s = _busy_s() - busy_s - (_own_s() - own_s)
    whole_s = (time.monotonic() - started_s) * (os.cpu_count() or 1)
    return Replay(
        streams=stream_count, waits_s=found, cpu_share=cpu_share, others_share=min(1.0, max(0.0, others_s / whole_s))
    )


def _busy_s() -> float:
    """CPU seconds that all processes of the machine have had."""
    user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text(encoding="utf-8").split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts[:3]))) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class _Stream:
    """Endless speech: the lines from a place of its own on, again and again."""

    def __init__(self, index: int, lines: Sequence[Line], stream_count: int) -> None:
        first = index * len(lines) // stream_count
        self.offset_s = index * SEGMENT_MS / 1000 / stream_count
        self._name = f"s{index}"
        self._samples = joined([*lines[first:], *lines[:first]])
        self._listener = StreamListener(self._name, SileroVad())

    def hear(self, n: int) -> list[Cut]:
        size = SEGMENT_MS * SAMPLES_PER_MS
        samples = np.take(self._samples, range(n * size, (n + 1) * size), mode="wrap")
        return self._listener.push([AudioSpan(stream_id=self._name, start_ms=n * SEGMENT_MS, samples=samples)])


def silence_row(quick: bool) -> dict[str, object]:
    """What listening to nothing costs, for 16 kHz in segments of 2 s."""
    segment_count = 10 if quick else 150
    silence = np.zeros(SEGMENT_MS * SAMPLES_PER_MS, np.float32)
    listener = StreamListener("silent", SileroVad())
    listener.push([AudioSpan(stream_id="silent", start_ms=0, samples=silence)])
    started_s = time.process_time()
    cuts = [
        cut
        for n in range(1, 1 + segment_count)
        for cut in listener.push([AudioSpan(stream_id="silent", start_ms=n * SEGMENT_MS, samples=silence)])
    ]
    share = (time.process_time() - started_s) / (segment_count * SEGMENT_MS / 1000)
    return {"silent_stream": f"{SAMPLE_RATE_HZ} Hz", "share_of_a_core": round(share, 5), "cuts": len(cuts)}

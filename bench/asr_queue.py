"""Live streams on two idle cores, derived: each call's measured CPU time is its duration on a clock of its own.

Beside `asr_live`, which needs a machine that does nothing else: here a busy one only has to count CPU time rightly.
Ours is the product's own batcher, told this clock's time.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from asr.batching.batcher import Batcher
from asr.engines.weights import DEFAULT_MODEL, find_whisper
from asr.recogniser import Cut, Transcriber
from asr.segmentation.endpointing import EndpointSettings
from bench.asr_live import CORES, LATE_S, SEGMENT_MS, silence_row
from bench.asr_material import Samples, broadcast_lines, given_lines
from bench.asr_ways import cuts_of, engine, joined, peer, transcribed
from ingest.types import SAMPLE_RATE_HZ

SIZES = (1, 2, 4, 8)
PROBES = 4
LASTS_MS = 300_000
LATE_SHARE = 0.05
MOST_STREAMS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """CPU milliseconds of one core for each cut of a recording, and what a cut costs in company over alone."""

    cuts: tuple[Cut, ...]
    length_ms: int
    peer_ms: tuple[float, ...]
    alone_ms: tuple[float, ...]
    company: dict[int, float]
    listening_share: float

    def call_ms(self, indices: Sequence[int]) -> float:
        """What a shared call of these cuts takes."""
        factor = float(np.interp(len(indices), sorted(self.company), [self.company[n] for n in sorted(self.company)]))
        return factor * sum(self.alone_ms[index] for index in indices)


@dataclass(frozen=True, slots=True, order=True)
class _Arrival:
    at_ms: float
    ended_ms: int
    stream: int
    index: int


def run(*, quick: bool = False) -> list[dict[str, object]]:
    """Rows: the streams each way carries with p95 < 5 s, what calls cost, and the waits around the limit."""
    lines = broadcast_lines()[:3] if quick else [*given_lines(), *broadcast_lines()]
    with TemporaryDirectory() as scratch:
        weights = find_whisper(DEFAULT_MODEL, Path(scratch))
        theirs, ours, words = peer(weights), engine(weights), engine(weights, words=True)
    recording = joined(lines)

    def measured(of: Transcriber) -> Costs:
        return measure(
            recording,
            lambda samples: transcribed(theirs, samples, beam_size=5, without_timestamps=True),
            of,
            quick=quick,
        )

    text_only = measured(ours)
    with_words = replace(text_only, alone_ms=_alone_ms(words, text_only.cuts))
    ways: dict[str, Callable[[int], list[float]]] = {
        "faster-whisper, a transcribe thread a stream": lambda n: peer_waits(text_only, n),
        "ours, text only": lambda n: our_waits(text_only, n),
        "ours, word times": lambda n: our_waits(with_words, n),
    }
    carried = {name: most_streams(waits) for name, waits in ways.items()}
    first = next(iter(carried.values()))
    rows: list[dict[str, object]] = [
        {
            "derived": name,
            "streams_in_time": streams,
            "times_the_peer": round(streams / first, 2) if first else None,
            "p95_s_then": round(p95_s(ways[name](streams)), 2) if streams else None,
            "p95_s_with_one_more": round(p95_s(ways[name](streams + 1)), 2),
            "idle_cores": CORES,
            "load_while_measured": f"{os.getloadavg()[0]:.1f}",
        }
        for name, streams in carried.items()
    ]
    rows.append(
        {
            "cuts": len(text_only.cuts),
            "mean_cut_s": round(sum(len(cut.samples) for cut in text_only.cuts) / len(text_only.cuts) / 16_000, 2),
            "peer_cpu_s": round(float(np.mean(text_only.peer_ms)) / 1000, 3),
            "ours_alone_cpu_s": round(float(np.mean(text_only.alone_ms)) / 1000, 3),
            **{f"in_a_call_of_{n}": round(factor, 3) for n, factor in text_only.company.items()},
        }
    )
    return [*rows, silence_row(quick)]


def measure(recording: Samples, transcribe: Callable[[Samples], str], ours: Transcriber, *, quick: bool) -> Costs:
    """Costs of the cuts of a recording, both ways in turn; company by the same cut many times over."""
    cuts = tuple(cuts_of("recording", recording))
    peer_ms, alone_ms = [], []
    for cut in cuts:
        peer_ms.append(_cpu_ms(lambda cut=cut: transcribe(cut.samples)))  # type: ignore[misc]
        alone_ms.append(_cpu_ms(lambda cut=cut: ours.transcribe([cut])))  # type: ignore[misc]
    probes = cuts[:: max(1, len(cuts) // (1 if quick else PROBES))]
    spent = {n: sum(_cpu_ms(lambda cut=cut, n=n: ours.transcribe([cut] * n)) for cut in probes) / n for n in SIZES}  # type: ignore[misc]
    return Costs(
        cuts=cuts,
        length_ms=len(recording) * 1000 // SAMPLE_RATE_HZ,
        peer_ms=tuple(peer_ms),
        alone_ms=tuple(alone_ms),
        company={n: spent[n] / spent[1] for n in SIZES},
        listening_share=float(str(silence_row(quick)["share_of_a_core"])),
    )


def peer_waits(costs: Costs, stream_count: int) -> list[float]:
    """Waits in ms when each stream's thread takes its utterances one after the other, on two cores in turn."""
    waiting: dict[int, deque[_Arrival]] = {}
    speaking: set[int] = set()

    def take(_: float) -> tuple[list[_Arrival], float] | None:
        heads = [line[0] for stream, line in waiting.items() if line and stream not in speaking]
        if not heads:
            return None
        one = min(heads)
        waiting[one.stream].popleft()
        speaking.add(one.stream)
        return [one], costs.peer_ms[one.index]

    def offer(one: _Arrival) -> None:
        waiting.setdefault(one.stream, deque()).append(one)

    return _waits(costs, stream_count, offer, take, lambda done: speaking.difference_update(a.stream for a in done))


def our_waits(costs: Costs, stream_count: int) -> list[float]:
    """Waits in ms when the product's batcher shares two engines, one a core."""
    batcher = Batcher()
    taken_in: dict[int, _Arrival] = {}

    def take(now_ms: float) -> tuple[list[_Arrival], float] | None:
        call = batcher.take(int(now_ms))
        if call is None:
            return None
        arrivals = [taken_in.pop(ticket) for ticket in call.tickets]
        return arrivals, costs.call_ms([one.index for one in arrivals])

    def offer(one: _Arrival) -> None:
        ticket = batcher.offer(replace(costs.cuts[one.index], stream_id=str(one.stream)), int(one.at_ms)).ticket
        if ticket is not None:
            taken_in[ticket] = one

    return _waits(costs, stream_count, offer, take, lambda done: None, batcher.next_due_ms)


def most_streams(waits: Callable[[int], list[float]]) -> int:
    """The largest number of streams whose p95 stays under 5 s, by doubling and halving."""
    enough, too_many = 0, 1
    while too_many < MOST_STREAMS and p95_s(waits(too_many)) < LATE_S:
        enough, too_many = too_many, 2 * too_many
    while too_many - enough > 1:
        middle = (enough + too_many) // 2
        enough, too_many = (middle, too_many) if p95_s(waits(middle)) < LATE_S else (enough, middle)
    return enough


def p95_s(waits_ms: Sequence[float]) -> float:
    """What 95 % of the waits stay under, in seconds."""
    return sorted(waits_ms)[int(len(waits_ms) * (1 - LATE_SHARE))] / 1000 if waits_ms else float("inf")


def _waits(
    costs: Costs,
    stream_count: int,
    offer: Callable[[_Arrival], None],
    take: Callable[[float], tuple[list[_Arrival], float] | None],
    finished: Callable[[list[_Arrival]], None],
    next_due_ms: Callable[[], int | None] = lambda: None,
) -> list[float]:
    """Plays arrivals into a queue that two cores serve; listening to the streams takes its share of the cores."""
    slower = CORES / max(0.1, CORES - stream_count * costs.listening_share)
    events: list[tuple[float, int, list[_Arrival] | _Arrival | None]] = []
    order = count()
    for one in _arrivals(costs, stream_count):
        heappush(events, (one.at_ms, next(order), one))
    free, waits = CORES, []
    while events:
        now_ms, _, what = heappop(events)
        if isinstance(what, _Arrival):
            offer(what)
        elif what is not None:
            free += 1
            finished(what)
            waits += [now_ms - one.ended_ms for one in what]
        while free and (call := take(now_ms)) is not None:
            free -= 1
            heappush(events, (now_ms + call[1] * slower, next(order), call[0]))
        due_ms = next_due_ms()
        if free and due_ms is not None:
            heappush(events, (max(due_ms, now_ms + 1), next(order), None))
    return waits


def _arrivals(costs: Costs, stream_count: int) -> Iterator[_Arrival]:
    """Each stream's cuts, from a place of its own on, round again, when the segment that shows the pause ends."""
    pause_ms = EndpointSettings().pause_ms
    for stream in range(stream_count):
        shift_ms = stream * costs.length_ms // stream_count
        offset_ms = stream * SEGMENT_MS / stream_count
        for turn in range(LASTS_MS // costs.length_ms + 2):
            for index, cut in enumerate(costs.cuts):
                ended_ms = cut.speech_end_ms + turn * costs.length_ms - shift_ms
                if 0 <= ended_ms < LASTS_MS:
                    at_ms = -(-(ended_ms + pause_ms) // SEGMENT_MS) * SEGMENT_MS + offset_ms
                    yield _Arrival(at_ms, int(ended_ms + offset_ms), stream, index)


def _alone_ms(ours: Transcriber, cuts: Sequence[Cut]) -> tuple[float, ...]:
    return tuple(_cpu_ms(lambda cut=cut: ours.transcribe([cut])) for cut in cuts)  # type: ignore[misc]


def _cpu_ms(work: Callable[[], object]) -> float:
    started_s = time.process_time()
    work()
    return (time.process_time() - started_s) * 1000

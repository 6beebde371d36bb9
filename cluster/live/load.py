"""What the work on broadcasts takes of a process, and when a long-lived one should be recycled."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from review.scheduling.latencies import Latency
from review.tracing import Step

_WEIGHT = 0.1


_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class RecyclingPolicy:
    """When this process should be recycled, by its age and memory; never before it is `least_s` old.

    Without that, limits below what the work takes in any case would replace processes for ever, and nothing went on.
    """

    def __init__(self, *, most_s: float, most_bytes: int, least_s: float = 0) -> None:
        self._least_s = least_s
        self._most_s = most_s
        self._most_bytes = most_bytes
        self._born_s = time.monotonic()

    def reason_to_recycle(self) -> str | None:
        """Why the process should be replaced; None: it is good."""
        age_s, held = time.monotonic() - self._born_s, memory_bytes()
        if age_s < self._least_s:
            return None
        if self._most_s and age_s > self._most_s:
            return f"it ran for {age_s / 3600:.1f} h"
        if self._most_bytes and held > self._most_bytes:
            return f"it holds {held // 1_000_000} MB"
        return None


def memory_bytes() -> int:
    """What this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


@dataclass(frozen=True, slots=True)
class ProcessTimes:
    """A process's parent, and seconds of processor time: its own, and that of those below it that have ended."""

    parent: int
    own_s: float
    ended_s: float


def process_times() -> dict[int, ProcessTimes]:
    """Every process of the machine that can be seen, by its number."""
    ticks = os.sysconf("SC_CLK_TCK")
    found: dict[int, ProcessTimes] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        own, ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        found[int(path.parent.name)] = ProcessTimes(int(fields[1]), own / ticks, ended / ticks)
    return found


def below(pid: int, times: Mapping[int, ProcessTimes]) -> list[int]:
    """The process and all below it, each after its parent."""
    children: dict[int, list[int]] = {}
    for child, one in times.items():
        children.setdefault(one.parent, []).append(child)
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found


def cpu_s(pid: int) -> float:
    """Processor time of the process, of all below it, and of those below it that have ended, in seconds."""
    times = process_times()
    return sum(times[one].own_s + times[one].ended_s for one in below(pid, times) if one in times)


@dataclass(slots=True)
class Meter:
    """Smoothed figures by name, and how often each was how long; any number of threads may measure.

    `clock` gives seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _figures: dict[str, float] = field(default_factory=dict)
    _latencies: dict[str, Latency] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def timing(self, name: str, per_s: float = 1.0) -> Iterator[None]:
        """Measures what it takes inside, in seconds for each `per_s`; what fails is not counted."""
        start_s = self.clock()
        yield
        self.note(name, (self.clock() - start_s) / per_s)

    def note(self, name: str, value: float) -> None:
        """Takes one more value."""
        with self._lock:
            before = self._figures.get(name, value)
            self._figures[name] = before + _WEIGHT * (value - before)

    def note_latency(self, stage: str, seconds: float) -> None:
        """Takes one more duration of a stage."""
        with self._lock:
            self._latencies.setdefault(stage, Latency()).note(seconds)

    @contextmanager
    def passing(self, stage: str) -> Iterator[None]:
        """Measures how long a stage takes inside; what fails is not counted."""
        start_s = self.clock()
        yield
        self.note_latency(stage, self.clock() - start_s)

    def latencies(self) -> dict[str, dict[str, object]]:
        """How often each stage took how long since the start, as plain values."""
        with self._lock:
            return {stage: latency.to_json() for stage, latency in self._latencies.items()}

    def figures(self) -> dict[str, float]:
        """The figures as they stand."""
        with self._lock:
            return {name: round(value, 4) for name, value in self._figures.items()}


class Steps:
    """What is done of a segment, from when to when; it arrived at `begun_ms` (Unix time)."""

    def __init__(self, begun_ms: float) -> None:
        self._at_ms = begun_ms
        self.taken: list[Step] = []

    def note(self, name: str) -> None:
        """What has lasted since the arrival ends now."""
        self.taken.append(Step(name=name, start_ms=self._at_ms, end_ms=time.time() * 1000))

    @contextmanager
    def doing(self, name: str) -> Iterator[None]:
        """Notes what is done inside, whatever comes of it."""
        start_ms = time.time() * 1000
        try:
            yield
        finally:
            self.taken.append(Step(name=name, start_ms=start_ms, end_ms=time.time() * 1000))

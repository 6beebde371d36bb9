"""What the live service takes of a machine, by stage: processor time and memory of its processes, and its waits."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.live_material import figures
from cluster.live.load import ProcessTimes, below, process_times
from review.scheduling.latencies import read_latencies

CUTTER = "ingest.clips.child"
# A process belongs to the first of these that stands in its command line, else to what its parent belongs to.
ROLES = {
    "ray::AsrActor": "hearing",
    "ray::OcrActor": "reading",
    "ray::JudgeActor": "judging",
    "ingest.decode.child": "decoding",
    "ingest.capture.child": "capture",
    CUTTER: "clips",
    "ray::ShardActor": "shard",
    "ray::": "dispatcher",
    "raylet": "ray",
    "gcs_server": "ray",
    "/ray/": "ray",
}
_LOOK_S = 1.0


@dataclass(slots=True)
class _Seen:
    role: str
    first_s: float
    last_s: float


@dataclass
class StageMeter:
    """Looks every second at the processes below this one, from `with` until its end; what ended in between counts."""

    _seen: dict[int, _Seen] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    memory: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._look()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *how: object) -> None:
        self._over.set()
        self._thread.join()
        self._look()

    def cpu_s(self) -> dict[str, float]:
        """Processor time by stage; "other" is the benchmark itself and the origins of its broadcasts."""
        spent: dict[str, float] = {}
        for one in self._seen.values():
            spent[one.role] = spent.get(one.role, 0.0) + one.last_s - one.first_s
        return spent

    def look_at_memory(self) -> None:
        """Notes what each stage's processes hold, in bytes; pages that several share count in parts (PSS)."""
        held: dict[str, int] = {}
        for pid, one in list(self._seen.items()):
            try:
                rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            kib = next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0)
            held[one.role] = held.get(one.role, 0) + kib * 1024
        if sum(held.values()) - held.get("other", 0) > sum(self.memory.values()) - self.memory.get("other", 0):
            self.memory = held

    def _run(self) -> None:
        while not self._over.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        is_first = not self._seen
        for pid, (role, used_s) in _tree().items():
            if pid in self._seen:
                self._seen[pid].last_s = used_s
            else:
                self._seen[pid] = _Seen(role, used_s if is_first else 0.0, used_s)


def _tree() -> dict[int, tuple[str, float]]:
    """The role and the seconds of processor time of each process at or below this one."""
    times = process_times()
    own, *others = below(os.getpid(), times)
    roles, commands = {own: "other"}, {pid: _command(pid) for pid in others}
    for pid in others:
        roles[pid] = _own_role(commands[pid]) or roles[times[pid].parent]
    forks = {pid for pid in others if CUTTER in commands[pid] and commands[pid] == commands.get(times[pid].parent)}
    return {pid: (role, _used_s(times[pid], commands.get(pid, ""))) for pid, role in roles.items() if pid not in forks}


def _used_s(times: ProcessTimes, command: str) -> float:
    """What a process used itself; one that forks for each clip is also what its forks used, which live for too short
    a time to be seen."""
    return times.own_s + (times.ended_s if CUTTER in command and not command.startswith("bwrap") else 0.0)


def _own_role(command: str) -> str | None:
    return next((role for mark, role in ROLES.items() if mark in command), None)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The service at one second of a run: how busy the machine was since the one before, and what waits.

    `lags_s`: how much of each broadcast was received and is still to be analysed. `cuts`: of speech, for an engine.
    """

    second: int
    busy: float
    lags_s: tuple[float, ...]
    cuts: int

    def row(self, streams: int) -> dict[str, object]:
        """The moment as a row."""
        return {
            "streams": streams,
            "second": self.second,
            "busy_since": round(self.busy, 2),
            "mean_lag_s": round(sum(self.lags_s) / len(self.lags_s), 1),
            "most_lag_s": round(max(self.lags_s), 1),
            "cuts_that_wait": self.cuts,
        }


def cuts_that_wait() -> int:
    """How many cuts wait for an engine of the hearing pool."""
    return int(figures("hearing")["waiting"])


def shard_figures() -> dict[str, Any]:
    """What the only shard tells of itself."""
    return figures("shard")


def mean_waits(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, float]:
    """How long a segment was in each stage on average, in seconds, between two tellings of the shard."""
    earlier = read_latencies(before)
    found: dict[str, float] = {}
    for stage, latency in read_latencies(now).items():
        old = earlier.get(stage)
        count = sum(latency.counts) - (sum(old.counts) if old else 0)
        if count:
            found[stage] = round((latency.sum_s - (old.sum_s if old else 0.0)) / count, 2)
    return found

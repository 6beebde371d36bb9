"""Readers of one live broadcast, as threads of one process and as shipped: what each costs, and how late it is."""

import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import getpid, sched_getaffinity, sysconf
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from ingest.capture.capture import capture
from ingest.capture.supervisor import CaptureJob, CaptureSupervisor
from ingest.decode.decoder import SegmentDecoder
from ingest.decode.pool import DecodePool
from ingest.types import Segment
from net.errors import SourceError
from net.guard import NetPolicy

THREADS, SHIPPED = "threads of one process", "as shipped: a capturing child each, decoding children shared"
_WARM_S = 90.0


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A running publisher: where to read, and the wall clock at its timestamp zero."""

    url: str
    port: int
    began_ms: int


@contextmanager
def broadcasting(path: Path) -> Iterator[Broadcast]:
    """The FLV file as a live broadcast, for ever."""
    args = [sys.executable, "-m", "bench.ingest_publisher", str(path)]
    with subprocess.Popen(args, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None
        try:
            port, began_ms = map(int, process.stdout.readline().split())
            yield Broadcast(f"http://127.0.0.1:{port}/live.flv", port, began_ms)
        finally:
            process.kill()


def live_row(path: Path, way: str, readers: int, seconds: float) -> dict[str, object]:
    """One row: so many readers for so long, measured from when all of them had given something."""
    # A fresh process each time: memory that an earlier run left would hide this one's.
    spawning = multiprocessing.get_context("spawn")
    with (
        broadcasting(path) as broadcast,
        TemporaryDirectory() as scratch,
        ProcessPoolExecutor(1, mp_context=spawning) as fresh,
    ):
        return fresh.submit(_measure, broadcast, way, readers, seconds, Path(scratch)).result()


def _measure(broadcast: Broadcast, way: str, readers: int, seconds: float, scratch: Path) -> dict[str, object]:
    run = _Readers(broadcast, way, readers, scratch)
    idle_mib = memory_mib(process_tree(getpid()))
    run.start()
    try:
        warm = run.wait_warm(_WARM_S)
        cpu_s, wall_s, since = cpu_seconds(process_tree(getpid())), time.monotonic(), len(run.lags_ms)
        time.sleep(seconds)
        used_s = cpu_seconds(process_tree(getpid())) - cpu_s
        wall_s = time.monotonic() - wall_s
        mib = memory_mib(process_tree(getpid())) - idle_mib
        lags_ms = sorted(run.lags_ms[since:])
    finally:
        run.stop()
    return {
        "readers": readers,
        "way": way,
        "all_reading": warm,
        "cpu_percent_of_a_core_each": round(100 * used_s / wall_s / readers, 2),
        "memory_mib_each": round(mib / readers, 1),
        "lag_s_median": round(median(lags_ms) / 1000, 2) if lags_ms else None,
        "lag_s_worst": round(lags_ms[-1] / 1000, 2) if lags_ms else None,
        "segments": len(lags_ms),
        "streams_per_core": round(readers * wall_s / used_s, 1) if used_s else None,
        "cores_used": round(used_s / wall_s, 2),
        "cores": len(sched_getaffinity(0)),
    }


class _Readers:
    """Whoever records and decodes; `lags_ms`: from the end of a segment's media to the end of its decoding."""

    def __init__(self, broadcast: Broadcast, way: str, count: int, scratch: Path) -> None:
        self._broadcast = broadcast
        self._scratch = scratch
        self._over = threading.Event()
        self._pool = DecodePool(children=len(sched_getaffinity(0))) if way == SHIPPED else None
        self._first = [threading.Event() for _ in range(count)]
        self._threads = [threading.Thread(target=self._read, args=(number,)) for number in range(count)]
        self.lags_ms: list[float] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_warm(self, most_s: float) -> bool:
        deadline_s = time.monotonic() + most_s
        return all(event.wait(max(0.0, deadline_s - time.monotonic())) for event in self._first)

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._pool is not None:
            self._pool.close()

    def _read(self, number: int) -> None:
        decoder = SegmentDecoder()
        with suppress(SourceError):
            for segment in self._segments(number):
                if self._pool is not None:
                    self._pool.decode(segment)
                else:
                    decoder.decode(segment)
                end_ms = segment.source_start_ms + segment.end_ms - segment.start_ms
                self.lags_ms.append(time.time() * 1000 - self._broadcast.began_ms - end_ms)
                self._first[number].set()
                segment.path.unlink()

    def _segments(self, number: int) -> Iterator[Segment]:
        folder, stream_id = self._scratch / str(number), f"s{number}"
        allowed = f"127.0.0.1:{self._broadcast.port}"
        if self._pool is not None:
            job = CaptureJob(source=self._broadcast.url, stream_id=stream_id, folder=folder, allow_net=(allowed,))
            return CaptureSupervisor(job).segments(self._over.is_set)
        return capture(
            self._broadcast.url,
            stream_id=stream_id,
            folder=folder,
            policy=NetPolicy.parse([allowed]),
            stop=self._over.is_set,
            now_ms=lambda: time.time_ns() // 1_000_000,
        )


def process_tree(root: int) -> list[int]:
    """The process and all under it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(path.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time of these processes so far."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / sysconf("SC_CLK_TCK")


def memory_mib(pids: Sequence[int]) -> float:
    """Memory of these processes, what they share counted once."""
    return sum(map(_pss_kib, pids)) / 1024


def _pss_kib(pid: int) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return 0

"""Live HLS streams with a key frame every two seconds, and when their origin gave out each segment."""

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.checkout import DEMO_FILM
from cli.broadcast.play import LiveBroadcast
from cluster.live.load import below, process_times
from ingest.media.ffmpeg import find_ffmpeg

SEGMENT_MS = 2_000


def two_second_gop(target: Path, *, start_s: int, seconds: int) -> Path:
    """A part of the packaged broadcast, encoded anew with a key frame every two seconds."""
    source = DEMO_FILM
    command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", "-ss", str(start_s), "-i", str(source)]
    command += ["-t", str(seconds), "-c:v", "libx264", "-preset", "veryfast", "-b:v", "740k", "-r", "25", "-g", "50"]
    command += ["-keyint_min", "50", "-sc_threshold", "0", "-c:a", "aac", "-b:a", "96k", str(target)]
    subprocess.run(command, check=True)
    return target


@dataclass(slots=True)
class OnAir:
    """Broadcasts on air; `published_s` is when a segment was closed, by its hash and by broadcast and number."""

    urls: tuple[str, ...]
    by_hash: dict[str, float] = field(default_factory=dict)
    by_number: dict[tuple[int, int], float] = field(default_factory=dict)

    def look(self, folders: Sequence[Path]) -> None:
        """Notes the segments that are new."""
        for index, folder in enumerate(folders):
            for path in folder.glob("segment*.ts"):
                number = int(path.stem.removeprefix("segment"))
                if (index, number) in self.by_number:
                    continue
                try:
                    published_s, content = path.stat().st_mtime, path.read_bytes()
                except FileNotFoundError:
                    continue
                self.by_number[index, number] = published_s
                self.by_hash[f"{index}:{hashlib.sha256(content).hexdigest()}"] = published_s


@contextmanager
def on_air(media: Path, count: int, ordered: Callable[[int, str], None] = lambda index, url: None) -> Iterator[OnAir]:
    """So many broadcasts of the media, begun half a second after one another: segments that coincide are no rule.

    `ordered` is told of each, by its number and its URL, as soon as it is on air.
    """
    over = threading.Event()
    with ExitStack() as stack:
        broadcasts: list[LiveBroadcast] = []
        for index in range(count):
            broadcasts.append(stack.enter_context(LiveBroadcast(media)))
            ordered(index, broadcasts[-1].url)
            time.sleep(0.5)
        air = OnAir(urls=tuple(one.url for one in broadcasts))

        def watch() -> None:
            while not over.wait(0.2):
                air.look([one.folder for one in broadcasts])

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield air
        finally:
            over.set()
            watching.join()


@dataclass(frozen=True, slots=True)
class Busy:
    """How busy the machine was: with everything, and with this process and all that it started, as shares of it."""

    machine: float
    own: float


class Meter:
    """Measures from when it is made until it is read."""

    def __init__(self) -> None:
        self._begun = self._machine()
        self._own = self._tree()
        self._begun_s = time.monotonic()

    def read(self) -> Busy:
        """The shares since then; processes that have ended meanwhile count for the machine alone."""
        busy, total = (now - then for now, then in zip(self._machine(), self._begun, strict=True))
        spent = sum(max(0.0, used - self._own.get(pid, 0.0)) for pid, used in self._tree().items())
        cores = os.cpu_count() or 1
        return Busy(machine=busy / total if total else 0.0, own=spent / (time.monotonic() - self._begun_s) / cores)

    @staticmethod
    def _machine() -> tuple[float, float]:
        fields = [float(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        idle = fields[3] + fields[4]
        return sum(fields) - idle, sum(fields)

    @staticmethod
    def _tree() -> dict[int, float]:
        """Seconds of processor time of each process of the tree."""
        times = process_times()
        return {pid: times[pid].own_s for pid in below(os.getpid(), times) if pid in times}

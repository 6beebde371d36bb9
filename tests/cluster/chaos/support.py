"""What breaks the live service, who belongs to it, and what a broadcast must have given in the end."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.live_material import is_ready, service, service_config, wait
from cli.broadcast.play import LiveBroadcast
from review.types import StreamState
from tests.cluster.service.support import Desk, desk
from tests.ingest.processes import descendants

Strike = Callable[[Desk], None]


@dataclass
class Census:
    """Every process that was ever seen below this one, by id and moment of birth; some lose their parents later.

    What was there before, such as a database server, and what it starts, is not counted.
    """

    before: frozenset[int]
    seen: set[tuple[int, str]] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    def count(self) -> None:
        while not self._stop.wait(0.3):
            others = {pid for old in self.before for pid in descendants(old)}
            for pid in set(descendants(os.getpid())[1:]) - others:
                born = _born(pid)
                if born:
                    self.seen.add((pid, born))

    def left(self) -> set[int]:
        """Those that still are there."""
        return {pid for pid, born in self.seen if _born(pid) == born}


def _born(pid: int) -> str:
    """When the process was started; empty if it is gone, or dead and not waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]


@contextmanager
def nobody_left() -> Iterator[None]:
    """Fails if any process that was started meanwhile is there soon after."""
    census = Census(frozenset(descendants(os.getpid())[1:]))
    counting = threading.Thread(target=census.count, daemon=True)
    counting.start()
    try:
        yield
    finally:
        census._stop.set()
        counting.join()
    wait(lambda: not census.left(), 60, lambda: f"still there: {sorted(census.left())}")


@dataclass(frozen=True)
class Given:
    """What a run gave: the ids of findings of each broadcast, the clock of each, and what was never analysed of it."""

    finding_ids: dict[str, frozenset[str]]
    span_ms: dict[str, int]
    lost_ms: dict[str, int]
    states: dict[str, StreamState]
    errors: dict[str, str | None]
    passages: dict[str, frozenset[tuple[int, str, str]]]


def play(
    media: Path, folder: Path, database_url: str, strikes: Sequence[tuple[int, Strike]] = (), *, streams: int = 2
) -> Given:
    """Plays the media as so many live broadcasts and carries them to their end.

    Each strike is struck once the first broadcast is analysed up to its moment (ms on the stream clock).
    """
    # However busy the machine is that tests: nothing is left out of the pictures for it.
    config = service_config(folder, database_url, shed_from_ms=3_600_000)
    names = [f"s{number}" for number in range(streams)]
    with desk(database_url) as watched, service(config):
        wait(lambda: bool(watched.store.leases.workers()), 600)
        wait(lambda: is_ready("hearing", "reading", "shard"), 600)
        with ExitStack() as stack:
            for name in names:
                watched.order(name, stack.enter_context(LiveBroadcast(media, window=30)).url)
            for at_ms, strike in strikes:
                wait(lambda at_ms=at_ms: watched.analysed_ms(names[0]) >= at_ms, 600)  # type: ignore[misc]
                strike(watched)
            watched.wait_over(*names)
        coverage = {name: watched.coverage(name) for name in names}
        records = {name: watched.store.stream(name) for name in names}
        return Given(
            finding_ids={name: watched.finding_ids(name) for name in names},
            span_ms={name: one.span_ms for name, one in coverage.items()},
            lost_ms={name: one.span_ms - one.analysed_ms for name, one in coverage.items()},
            states={name: record.state for name, record in records.items()},
            errors={name: record.error for name, record in records.items()},
            passages={name: _said(watched, name) for name in names},
        )


def _said(desk: Desk, name: str) -> frozenset[tuple[int, str, str]]:
    return frozenset((p.start_ms, p.channel, p.text) for p in desk.store.passages(name))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_children_named(pid: int, name: str) -> int:
    """Kills what runs this module below the process; how many there were."""
    struck = 0
    for child in descendants(pid):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.encode() in command.split(b"\0"):
            kill(child)
            struck += 1
    return struck


def pause_s(seconds: float) -> None:
    """The length of an outage."""
    time.sleep(seconds)

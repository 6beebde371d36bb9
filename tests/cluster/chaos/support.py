"""What breaks the live service, who belongs to it, and what a broadcast must have given in the end."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.live_material import is_ready, service, service_config, wait
from cli.broadcast.play import LiveBroadcast
from ingest.types import Gap
from review.streams.types import StreamState
from tests.cluster.live.support import Desk, desk
from tests.ingest.processes import descendants

ROOT = Path(__file__).parents[3]
Witnesses = Mapping[str, Sequence[tuple[int, int]]]
"""Where each finding was heard or read, on the stream clock."""

# What is said so near to a hole is heard or read otherwise than without it.
_NEAR_MS = 4_000

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
                born = _begin(pid)
                if born:
                    self.seen.add((pid, born))

    def left(self) -> set[int]:
        """Those that still are there."""
        return {pid for pid, born in self.seen if _begin(pid) == born}


def _begin(pid: int) -> str:
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


class OnAir(Protocol):
    """A broadcast on air."""

    @property
    def url(self) -> str:
        """Where it is had."""
        ...


@dataclass(frozen=True)
class Given:
    """What a run gave: the ids of findings of each broadcast, the clock of each, and what was never analysed of it."""

    finding_ids: dict[str, frozenset[str]]
    span_ms: dict[str, int]
    lost_ms: dict[str, int]
    states: dict[str, StreamState]
    errors: dict[str, str | None]
    gaps: dict[str, tuple[Gap, ...]]
    witnesses: dict[str, Witnesses]
    passages: dict[str, frozenset[tuple[int, str, str]]]


def _live(media: Path) -> AbstractContextManager[OnAir]:
    return LiveBroadcast(media, window=30)


def play(
    media: Path,
    folder: Path,
    database_url: str,
    strikes: Sequence[tuple[int, Strike]] = (),
    *,
    streams: int = 2,
    on_air: Callable[[Path], AbstractContextManager[OnAir]] = _live,
    **changes: Any,
) -> Given:
    """Plays the media as so many live broadcasts and carries them to their end; `changes`: of the settings.

    Each strike is struck once the first broadcast is analysed up to its moment (ms on the stream clock).
    """
    # However busy the machine is that tests: nothing is left out of the pictures for it.
    config = service_config(folder, database_url, shed_from_ms=3_600_000, **changes)
    names = [f"s{number}" for number in range(streams)]
    with desk(database_url) as watched, service(config):
        wait(lambda: bool(watched.stores.leases.workers()), 600)
        wait(lambda: is_ready("hearing", "reading", "shard"), 600)
        with ExitStack() as stack:
            for name in names:
                watched.order(name, stack.enter_context(on_air(media)).url)
            for at_ms, strike in strikes:
                wait(lambda at_ms=at_ms: watched.analysed_ms(names[0]) >= at_ms, 600)  # type: ignore[misc]
                strike(watched)
            watched.wait_over(*names)
        coverage = {name: watched.coverage(name) for name in names}
        records = {name: watched.stores.streams.stream(name) for name in names}
        return Given(
            finding_ids={name: watched.finding_ids(name) for name in names},
            span_ms={name: one.span_ms for name, one in coverage.items()},
            lost_ms={name: one.span_ms - one.analysed_ms for name, one in coverage.items()},
            states={name: record.state for name, record in records.items()},
            gaps={name: one.gaps for name, one in coverage.items()},
            witnesses={name: witnesses_of(watched, name) for name in names},
            errors={name: record.error for name, record in records.items()},
            passages={name: _said(watched, name) for name in names},
        )


def witnesses_of(desk: Desk, name: str) -> Witnesses:
    """Where each finding of the broadcast was heard or read."""
    return {one.finding_id: [(w.start_ms, w.end_ms) for w in one.witnesses] for one in desk.findings(name)}


def apart_from(holes: Sequence[tuple[int, int]], witnesses: Witnesses) -> set[str]:
    """The findings that have a witness of which none of these holes is near."""
    near = [(start_ms - _NEAR_MS, end_ms + _NEAR_MS) for start_ms, end_ms in holes]
    return {
        finding_id
        for finding_id, spans in witnesses.items()
        if any(all(end_ms <= hole[0] or start_ms >= hole[1] for hole in near) for start_ms, end_ms in spans)
    }


def assert_the_same(given: Given, undisturbed: Given) -> None:
    assert set(given.states.values()) == {StreamState.ENDED}, given.errors
    assert given.finding_ids == undisturbed.finding_ids
    for name, passages in undisturbed.passages.items():
        assert sorted(given.passages[name] ^ passages) == []
    assert given.span_ms == undisturbed.span_ms
    assert set(given.lost_ms.values()) == {0}


def _said(desk: Desk, name: str) -> frozenset[tuple[int, str, str]]:
    return frozenset((p.start_ms, p.channel, p.text) for p in desk.stores.streams.passages(name))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def running_below(pid: int, name: str) -> list[int]:
    """What has this word on its command line, below the process; what holds it comes before it."""
    found: list[int] = []
    for child in descendants(pid)[1:]:
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name.encode() in command.split(b"\0"):
            found.append(child)
    return found


def kill_below(pid: int, name: str) -> None:
    """Kills what has this word on its command line, below the process, once there is such a process."""

    def struck() -> bool:
        return any([_is_killed(child) for child in running_below(pid, name)])

    wait(struck, 60, lambda: f"no {name} runs below {pid}")


def _is_killed(pid: int) -> bool:
    """Whether it was there to be killed; what another one held has gone with that."""
    try:
        kill(pid)
    except ProcessLookupError:
        return False
    return True


def pause_s(seconds: float) -> None:
    """The length of an outage."""
    time.sleep(seconds)

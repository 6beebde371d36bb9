"""Several segments of a broadcast are worked on at a time, and each stage still sees them in their order."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from asr.recogniser import Cut
from bench.live_material import order_demo, service_config
from claims.types import Passage
from cluster.live.failures import answered
from cluster.live.judge import JudgePool
from cluster.live.remote_stages import RemoteStages
from cluster.live.shard import Shard
from cluster.live.types import ReadScreen
from cluster.ray.actors import make_judge
from cluster.scheduler.reconciler import Reconciler
from cluster.stages.checkpoint import checkpoint_file
from ingest.recording.ledger import Coverage
from ingest.types import Frame, GapKind
from review.scheduling.lease_terms import LeaseTerms
from review.stores import Stores
from review.streams.types import FindingQuery, StreamState
from tests.cluster.live.support import shortened
from tests.cluster.live.test_shard import Call
from tests.cluster.live.test_told import database_url

pytestmark = pytest.mark.service

__all__ = ["database_url"]

SAID = "这款充电宝是全国第一。"
_OVER = {StreamState.ENDED, StreamState.FAILED}


class Ear:
    """Takes a second for each call and notes how many are in hand; of the poisoned place, every call fails."""

    def __init__(self, poisoned_ms: tuple[int, int] | None = None) -> None:
        self._poisoned_ms = poisoned_ms
        self._lock = threading.Lock()
        self._in_hand = 0
        self.most_in_hand = 0

    def name(self) -> str:
        return "ear"

    @answered
    def recognise(self, cuts: Sequence[Cut]) -> list[Passage]:
        with self._lock:
            self._in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self._in_hand)
        try:
            time.sleep(1)
            if self._poisoned_ms is not None and any(
                self._poisoned_ms[0] <= one.speech_end_ms < self._poisoned_ms[1] for one in cuts
            ):
                raise ValueError("this sound ends every engine")
            return [
                Passage(
                    stream_id=one.stream_id, id=f"u{one.start_ms}", start_ms=one.start_ms, end_ms=one.end_ms, text=SAID
                )
                for one in cuts
            ]
        finally:
            with self._lock:
                self._in_hand -= 1


class Eye:
    """Reads a line of its own in every segment, and notes up to where it was asked; what it remembers is how often.

    `fails`: how often the segment that ends behind `fails_from_ms` can't be read.
    """

    def __init__(self, fails: int = 0, fails_from_ms: int = 0) -> None:
        self.asked_ms: list[int] = []
        self._count = 0
        self._fails, self._fails_from_ms = fails, fails_from_ms

    def open(self, stream_id: str, session: str, state: bytes | None) -> str:
        self._count = int(state) if state else 0
        return "eye"

    @answered
    def read(self, stream_id: str, session: str, frames: Sequence[Frame], until_ms: int) -> ReadScreen:
        if self._fails and until_ms > self._fails_from_ms:
            self._fails -= 1
            raise ValueError("these pictures can't be read now")
        self.asked_ms.append(until_ms)
        self._count += 1
        start_ms = until_ms - 1
        name = f"v{until_ms}"
        shown = Passage(
            stream_id=stream_id, id=name, channel="screen", start_ms=start_ms, end_ms=until_ms, text="到手价"
        )
        return ReadScreen(passages=[shown], marks=())

    def finish(self, *_: object) -> ReadScreen:
        return ReadScreen(passages=[], marks=())

    def save(self, *_: object) -> bytes:
        return str(self._count).encode()

    def let_go(self, *_: object) -> None:
        return None


class Noting:
    """A judge that notes the numbers of the segments it is given, and of those with nothing from the screen."""

    def __init__(self, pool: JudgePool) -> None:
        self._pool = pool
        self.taken: list[int] = []
        self.unread: list[int] = []

    def take(self, stream_id: str, session: str, prepared: Any, passages: Sequence[Passage], *more: Any) -> Any:
        self.taken.append(prepared.segment.sequence)
        if all(passage.channel == "speech" for passage in passages):
            self.unread.append(prepared.segment.sequence)
        return self._pool.take(stream_id, session, prepared, passages, *more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


class Beside:
    """A stage in this process whose calls go on beside whoever asks."""

    def __init__(self, stage: object) -> None:
        self._stage = stage
        self._threads = ThreadPoolExecutor(8)

    def ask(self, method: str, *args: object) -> Call:
        return Call(self._threads.submit(getattr(self._stage, method), *args))


class Room:
    """A broadcast of 24 s as a file, to be screened by shards with these stages."""

    def __init__(self, url: str, folder: Path, ear: Ear, eye: Eye | None = None) -> None:
        self.stores, self.ear, self.eye = Stores.open(url), ear, eye or Eye()
        self.judge = Noting(make_judge(url))
        self._stages = RemoteStages(Beside(ear), Beside(self.eye), Beside(self.judge))
        self._url, self._folder = url, folder
        self._deciding = Reconciler(lambda: self.stores.leases, LeaseTerms())
        order_demo(url, "s1", str(shortened(folder / "part.mp4", start_s=80, seconds=24)))

    def shard(self, name: str, **changes: Any) -> Shard:
        config = service_config(self._folder, self._url, **changes)
        return Shard(config, worker_id=name, node="here:1", most=1, remote_stages_of=lambda _: self._stages)

    def close(self) -> None:
        self.stores.close()

    def turn_until(self, holds: Callable[[], bool], shard: Shard) -> None:
        deadline_s = time.monotonic() + 300
        while not holds():
            assert time.monotonic() < deadline_s, shard.figures()
            shard.tick()
            self._deciding.tick()
            time.sleep(0.1)

    def carry_to_its_end(self, shard: Shard) -> Coverage:
        self.turn_until(lambda: self.stores.streams.stream("s1").state in _OVER, shard)
        assert self.stores.streams.stream("s1").state is StreamState.ENDED, self.stores.streams.stream("s1").error
        return self.stores.streams.coverage("s1")


def test_while_one_segment_is_heard_the_next_are_decoded_and_read(database_url: str, tmp_path: Path) -> None:
    room = Room(database_url, tmp_path, Ear())
    shard = room.shard("w1")
    coverage = room.carry_to_its_end(shard)
    assert 1 < room.ear.most_in_hand <= 4
    assert room.eye.asked_ms == sorted(room.eye.asked_ms)
    assert room.judge.taken == list(range(len(room.judge.taken)))
    assert coverage.analysed_ms == coverage.span_ms > 20_000
    assert room.stores.streams.findings(FindingQuery(stream_id="s1", limit=50)).findings
    shard.leave()
    room.close()


def test_a_segment_that_spoils_an_engine_is_found_among_those_in_hand_and_given_up_alone(
    database_url: str, tmp_path: Path
) -> None:
    room = Room(database_url, tmp_path, Ear(poisoned_ms=(5_000, 12_000)))
    shard = room.shard("w1", checkpoint_ms=4_000)
    coverage = room.carry_to_its_end(shard)
    assert coverage.gaps
    assert set(coverage.by_kind) == {GapKind.CRASH}
    assert coverage.gap_ms < 12_000
    assert coverage.analysed_ms == coverage.span_ms - coverage.gap_ms
    shard.leave()
    room.close()


def test_what_is_in_hand_is_judged_before_a_broadcast_is_given_back(database_url: str, tmp_path: Path) -> None:
    room = Room(database_url, tmp_path, Ear())
    first, second = room.shard("w1"), room.shard("w2")
    room.turn_until(lambda: len(room.judge.taken) >= 3, first)
    first.give_back_all()
    room.turn_until(lambda: first.held == (), first)
    assert checkpoint_file(tmp_path / "recordings" / "s1").is_file()
    assert len(room.judge.taken) == len(room.eye.asked_ms)
    room.carry_to_its_end(second)
    assert room.judge.taken == list(range(len(room.judge.taken))), "one was analysed twice, or left out"
    assert room.eye.asked_ms == sorted(set(room.eye.asked_ms))
    first.leave()
    second.leave()
    room.close()


def test_a_segment_that_can_not_be_read_now_is_read_later_and_never_judged_without(
    database_url: str, tmp_path: Path
) -> None:
    room = Room(database_url, tmp_path, Ear(), Eye(fails=1, fails_from_ms=5_000))
    shard = room.shard("w1", checkpoint_ms=2_000)
    coverage = room.carry_to_its_end(shard)
    assert room.judge.unread == []
    assert sorted(set(room.judge.taken)) == list(range(max(room.judge.taken) + 1))
    assert coverage.analysed_ms == coverage.span_ms
    shard.leave()
    room.close()

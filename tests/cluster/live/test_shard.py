"""A shard with real stages, without Ray: what it does with what the database says."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import configs
from bench.live_material import service_config
from cluster.errors import StageLost
from cluster.live.asr_pool import AsrPool
from cluster.live.failures import answered
from cluster.live.judge import JudgePool
from cluster.live.ocr_pool import OcrPool
from cluster.live.placement import pool_placement
from cluster.live.remote_stages import RemoteStages, checked
from cluster.live.shard import Shard
from cluster.ray.actors import make_judge
from cluster.scheduler.plan import plan
from cluster.stages.checkpoint import checkpoint_file
from ingest.recording.chain import verify_chain
from ingest.recording.manifest import read_manifest
from review.db.engine import open_engine
from review.db.tables.passports import PassportRow
from review.stores import Stores
from review.streams.types import StreamState
from tests.cluster.live.support import Desk, desk, shortened

pytestmark = pytest.mark.service


class Call:
    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def get(self) -> Any:
        return checked(self._future.result())

    def wait(self, seconds: float) -> bool:
        return not wait([self._future], seconds).not_done


class Near:
    """A pool in this process, called as if it were elsewhere."""

    def __init__(self, pool: object) -> None:
        self.pool = pool
        self.asked: list[str] = []
        self._threads = ThreadPoolExecutor(8)

    def ask(self, method: str, *args: object) -> Call:
        self.asked.append(method)
        return Call(self._threads.submit(getattr(self.pool, method), *args))


@dataclass
class Pools:
    hearing: Near
    reading: Near


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shortened(tmp_path_factory.mktemp("media") / "part.mp4", start_s=80, seconds=30)


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pools]:
    with opened_pools(tmp_path_factory.mktemp("models")) as both:
        yield both


@contextmanager
def opened_pools(folder: Path) -> Iterator[Pools]:
    config = service_config(folder, "")
    placement = pool_placement(config, cores=2, gpu_count=0)
    hearing = AsrPool(config, placement)
    try:
        yield Pools(Near(hearing), Near(OcrPool(config, placement)))
    finally:
        hearing.close()


@dataclass
class Office:
    """A database, a judge, and shards that are turned as often as the test wants."""

    desk: Desk
    folder: Path
    pools: Pools
    judge: Near

    @classmethod
    def new(cls, desk: Desk, folder: Path, pools: Pools) -> "Office":
        return cls(desk, folder, pools, Near(make_judge(desk.url)))

    def shard(self, name: str, **changes: Any) -> Shard:
        config = service_config(self.folder, self.desk.url, **changes)
        remote = RemoteStages(self.pools.hearing, self.pools.reading, self.judge)
        return Shard(config, worker_id=name, node="here", most=4, remote_stages_of=lambda _: remote)

    def tick(self, *shards: Shard) -> None:
        for shard in shards:
            shard.tick()
        leases = self.desk.stores.leases
        leases.apply(plan(leases.snapshot(), leases.terms))

    def turn_until(self, holds: Any, *shards: Shard, limit_s: float = 900) -> None:
        deadline_s = time.monotonic() + limit_s
        while not holds():
            assert time.monotonic() < deadline_s, [shard.figures() for shard in shards]
            self.tick(*shards)
            threading.Event().wait(0.05)

    def is_over(self, stream_id: str = "s1") -> bool:
        return self.desk.state(stream_id) in (StreamState.ENDED, StreamState.FAILED)


@contextmanager
def opened(folder: Path, pools: Pools) -> Iterator[Office]:
    folder.mkdir(exist_ok=True)
    url = f"sqlite:///{folder / 'zhenyan.db'}"
    with desk(url) as one:
        yield Office.new(one, folder, pools)


@pytest.fixture(scope="module")
def whole(part: Path, pools: Pools, tmp_path_factory: pytest.TempPathFactory) -> tuple[frozenset[str], int]:
    """What one shard finds in the broadcast, and how long it is."""
    with opened(tmp_path_factory.mktemp("whole"), pools) as office:
        shard = office.shard("w1")
        office.desk.order("s1", str(part))
        office.turn_until(office.is_over, shard)
        assert office.desk.state("s1") is StreamState.ENDED
        coverage = office.desk.coverage("s1")
        assert coverage.analysed_ms == coverage.span_ms > 28_000
        recording = office.folder / "recordings" / "s1"
        assert not checkpoint_file(recording).exists()
        assert list((recording / "basis").glob("passport-*.json"))
        assert shard.held == ()
        lease = office.desk.stores.leases.lease("s1")
        assert lease is not None
        assert lease.worker_id == ""
        found = office.desk.finding_ids("s1")
        assert len(found) >= 2
        assert list((office.folder / "clips").glob("*.mp4"))
        shard.leave()
        return found, coverage.span_ms


def test_what_is_given_back_is_gone_on_with_elsewhere(
    whole: tuple[frozenset[str], int], part: Path, pools: Pools, tmp_path: Path
) -> None:
    with opened(tmp_path, pools) as office:
        first, second = office.shard("w1"), office.shard("w2")
        office.desk.order("s1", str(part))
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 10_000, first)
        first.give_back_all()
        office.turn_until(lambda: first.held == (), first)
        assert not office.is_over()
        assert checkpoint_file(tmp_path / "recordings" / "s1").is_file()
        office.turn_until(office.is_over, first, second)
        assert office.desk.finding_ids("s1") == whole[0]
        assert office.desk.coverage("s1").analysed_ms == whole[1]
        first.leave()
        second.leave()


def test_a_broadcast_that_moves_to_another_machine_keeps_its_clock_and_its_chain(
    whole: tuple[frozenset[str], int], part: Path, pools: Pools, tmp_path: Path
) -> None:
    """No folder is shared: what the other machine recorded is not here, and the broadcast goes on where it was."""
    with opened(tmp_path / "one", pools) as office:
        first = office.shard("w1")
        office.desk.order("s1", str(part))
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 10_000, first)
        first.give_back_all()
        office.turn_until(lambda: first.held == (), first)
        before = read_manifest(tmp_path / "one" / "recordings" / "s1")
        cursor = office.desk.stores.streams.cursor("s1") or 0
        first.leave()
        there = Office(office.desk, tmp_path / "two", pools, office.judge)
        second = there.shard("w2")
        there.turn_until(there.is_over, second)
        after = read_manifest(tmp_path / "two" / "recordings" / "s1")
        assert office.desk.state("s1") is StreamState.ENDED
        known = office.desk.stores.streams.coverage("s1")
        assert (known.span_ms, known.waiting_ms) == (whole[1], 0)
        assert [s.sequence for s in after] == list(range(len(after)))
        assert [s.chain_sha256 for s in after] == [s.chain_sha256 for s in before]
        assert [s.sequence for s in after if s.path.is_file()] == [s.sequence for s in before if s.sequence > cursor]
        verify_chain(tmp_path / "two" / "recordings" / "s1")
        second.leave()


def test_whoever_lost_the_lease_stores_nothing_more(part: Path, pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        shard = office.shard("w1")
        office.desk.order("s1", str(part))
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 6_000, shard)
        office.desk.stores.leases.leave("w1")
        cursor = office.desk.stores.streams.cursor("s1")
        deadline_s = time.monotonic() + 30
        while shard.figures()["streams"] and time.monotonic() < deadline_s:
            shard.tick()
        assert shard.held == ()
        assert office.desk.stores.streams.cursor("s1") == cursor
        assert not office.is_over()
        shard.leave()


def test_a_broadcast_that_is_stopped_keeps_what_was_recorded(part: Path, pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        shard = office.shard("w1")
        office.desk.order("s1", str(part))
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 6_000, shard)
        office.desk.stop("s1")
        office.turn_until(office.is_over, shard)
        assert office.desk.state("s1") is StreamState.ENDED
        recorded = read_manifest(tmp_path / "recordings" / "s1")
        assert all(segment.path.is_file() for segment in recorded)
        coverage = office.desk.coverage("s1")
        assert coverage.span_ms == recorded[-1].end_ms
        assert coverage.waiting_ms == 0
        shard.leave()


def test_a_product_whose_passport_is_missing_ends_the_order_at_once(part: Path, pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        shard = office.shard("w1")
        office.desk.order("s1", str(part))
        with open_engine(office.desk.url).execution_options(writes=True).begin() as connection:
            connection.execute(PassportRow.__table__.delete())  # type: ignore[attr-defined]
        office.turn_until(office.is_over, shard)
        record = office.desk.stores.streams.stream("s1")
        assert record.state is StreamState.FAILED
        assert "urn:demo:passport:01" in (record.error or "")
        assert "register" in (record.error or "")
        shard.leave()


def test_a_source_that_may_not_be_captured_is_not_tried_again(pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        shard = office.shard("w1", allow_net=())
        office.desk.order("s1", "http://127.0.0.1:9/live.m3u8?token=hidden")
        office.turn_until(office.is_over, shard)
        record = office.desk.stores.streams.stream("s1")
        assert record.state is StreamState.FAILED
        assert "hidden" not in (record.error or "")
        shard.leave()


def test_stages_that_are_lost_are_taken_up_anew(
    whole: tuple[frozenset[str], int], part: Path, pools: Pools, tmp_path: Path
) -> None:
    """The judge forgets everything in the middle, as one does that was started again; so does the reader later."""
    with opened(tmp_path, pools) as office:
        shard = office.shard("w1", checkpoint_ms=4_000)
        office.desk.order("s1", str(part))
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 8_000, shard)
        judge = office.judge.pool
        assert isinstance(judge, JudgePool)
        judge._broadcasts.clear()
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 14_000, shard)
        reading = pools.reading.pool
        assert isinstance(reading, OcrPool)
        reading._sessions.clear()
        office.turn_until(office.is_over, shard)
        assert office.desk.finding_ids("s1") == whole[0]
        assert office.desk.coverage("s1").analysed_ms == whole[1]
        assert office.judge.asked.count("open") >= 3
        shard.leave()


class Faulty:
    """A pool of which these methods fail, whenever they are called."""

    def __init__(self, pool: Any, *methods: str) -> None:
        self._pool = pool
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        return self._fail if name in self._methods else getattr(self._pool, name)

    @answered
    def _fail(self, *_: object) -> None:
        raise ValueError("it holds an open file")


def test_what_can_not_be_kept_is_no_reason_to_stand_still(
    whole: tuple[frozenset[str], int], part: Path, pools: Pools, tmp_path: Path
) -> None:
    faulty = Pools(pools.hearing, Near(Faulty(pools.reading.pool, "save")))
    with opened(tmp_path, faulty) as office:
        shard = office.shard("w1", checkpoint_ms=4_000)
        office.desk.order("s1", str(part))
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 10_000, shard)
        assert "it holds an open file" in str(shard.figures()["told"])
        office.turn_until(office.is_over, shard)
        assert office.desk.finding_ids("s1") == whole[0]
        assert office.desk.coverage("s1").analysed_ms == whole[1]
        assert office.judge.asked.count("open") == 1
        shard.leave()


def test_a_broadcast_whose_end_fails_again_and_again_has_failed(part: Path, pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        office.judge = Near(Faulty(office.judge.pool, "finish"))
        shard = office.shard("w1", checkpoint_ms=4_000)
        office.desk.order("s1", str(part))

        def is_released() -> bool:
            lease = office.desk.stores.leases.lease("s1")
            return lease is not None and lease.restarts > 0

        office.turn_until(is_released, shard)
        assert office.judge.asked.count("finish") == 9
        assert "it holds an open file" in office.desk.stores.leases.lease("s1").why  # type: ignore[union-attr]
        assert not office.is_over()
        shard.give_back_all()
        office.turn_until(lambda: shard.held == (), shard)
        shard.leave()


def test_a_shard_outlives_a_database_that_does_not_answer(pools: Pools, tmp_path: Path) -> None:
    folder = tmp_path / "not-yet"
    config = service_config(tmp_path, f"sqlite:///{folder / 'zhenyan.db'}")
    remote = RemoteStages(pools.hearing, pools.reading, pools.reading)
    shard = Shard(config, worker_id="w1", node="here", most=4, remote_stages_of=lambda _: remote)
    shard.tick()
    folder.mkdir()
    shard.tick()
    stores = Stores.open(config.database_url)
    assert [worker.worker_id for worker in stores.leases.workers()] == ["w1"]
    stores.close()
    shard.leave()


def test_facts_are_learned_while_the_broadcast_is_on(part: Path, pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        shard = office.shard("w1")
        office.desk.order("s1", str(part))
        office.desk.tell("s1", 1, {"at_ms": 0, "kind": "stock", "product_id": "urn:demo:passport:01", "value": 3})
        office.turn_until(lambda: office.desk.analysed_ms("s1") >= 4_000, shard)
        office.desk.tell("s1", 2, {"at_ms": 4_000, "kind": "viewers", "value": 70})
        judge = office.judge.pool
        assert isinstance(judge, JudgePool)
        office.turn_until(lambda: judge._broadcasts["s1"].facts_read == 2 or office.is_over(), shard)
        kept = json.loads((tmp_path / "recordings" / "s1.passports.json").read_text())
        assert len(kept) == len(json.loads(json.dumps(kept)))
        shard.give_back_all()
        office.turn_until(lambda: shard.held == (), shard)
        shard.leave()


def test_no_pools_is_no_reason_to_fail(part: Path, pools: Pools, tmp_path: Path) -> None:
    with opened(tmp_path, pools) as office:
        there: list[RemoteStages] = []

        def remote_stages_of(_: str) -> RemoteStages:
            if not there:
                raise StageLost("no hearing pool is there")
            return there[0]

        config = service_config(tmp_path, office.desk.url)
        shard = Shard(config, worker_id="w1", node="here", most=4, remote_stages_of=remote_stages_of)
        office.desk.order("s1", str(part))
        office.turn_until(lambda: bool(shard.figures()["told"]), shard)
        assert shard.figures()["told"] == {"s1": "no hearing pool is there"}
        there.append(RemoteStages(pools.hearing, pools.reading, office.judge))
        office.turn_until(lambda: office.desk.analysed_ms("s1") > 0, shard)
        shard.give_back_all()
        office.turn_until(lambda: shard.held == (), shard)
        shard.leave()


def test_settings_reach_the_pools() -> None:
    config = service_config(configs.ROOT, "", job={"asr_processes": 3})
    assert pool_placement(config, cores=8, gpu_count=0).process_count == 3
    halved = service_config(configs.ROOT, "", job={"asr_processes": 0})
    assert pool_placement(halved, cores=8, gpu_count=0).process_count == 4
    on_gpu = service_config(configs.ROOT, "", job={"device": "auto", "num_gpus": 0.5, "asr_processes": 0})
    assert pool_placement(on_gpu, cores=8, gpu_count=1).gpu_share == 0.5

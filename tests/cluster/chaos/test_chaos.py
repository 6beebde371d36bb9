"""Whatever is killed while broadcasts are on: every finding is the same, every second is accounted for, nothing of what
ran is left."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from sqlalchemy import create_engine, text

from bench.live_material import actor, figures
from bench.postgres import new_database
from cluster.dispatch.types import DISPATCHER
from review.types import StreamState
from tests.cluster.chaos.support import Given, Strike, kill, kill_children_named, nobody_left, pause_s, play
from tests.cluster.service.support import Desk, shortened

pytestmark = pytest.mark.service

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 s of the packaged broadcast, with findings in what is said and what is shown."""
    return shortened(tmp_path_factory.mktemp("media") / "part.mp4", start_s=56, seconds=48)


@pytest.fixture
def head(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Ray of one machine, to which others can be added; when it is gone, nothing of it is left."""
    # A folder of its own: Ray finds a cluster of this machine by what lies in the usual one.
    folder = tempfile.mkdtemp(prefix="zy", dir="/tmp")
    monkeypatch.setenv("RAY_TMPDIR", folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
    with nobody_left():
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})  # type: ignore[no-untyped-call]
        ray.init(address=cluster.address, log_to_driver=False, namespace="tests")
        try:
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()  # type: ignore[no-untyped-call]
    shutil.rmtree(folder)


_undisturbed: list[Given] = []


@pytest.fixture
def undisturbed(head: Any, media: Path, tmp_path: Path) -> Given:
    """What the broadcasts give when nothing dies; found once."""
    if not _undisturbed:
        folder = tmp_path / "undisturbed"
        folder.mkdir()
        _undisturbed.append(play(media, folder, f"sqlite:///{folder / 'zhenyan.db'}"))
    given = _undisturbed[0]
    assert set(given.states.values()) == {StreamState.ENDED}, given.errors
    assert all(len(ids) >= 3 for ids in given.finding_ids.values())
    assert set(given.lost_ms.values()) == {0}
    return given


def assert_the_same(given: Given, undisturbed: Given) -> None:
    assert set(given.states.values()) == {StreamState.ENDED}, given.errors
    assert given.finding_ids == undisturbed.finding_ids
    for name, passages in undisturbed.passages.items():
        assert sorted(given.passages[name] ^ passages) == []
    assert given.span_ms == undisturbed.span_ms
    assert set(given.lost_ms.values()) == {0}


def kill_actor(prefix: str) -> Strike:
    return lambda desk: kill(figures(prefix)["pid"])


def kill_judge(desk: Desk) -> None:
    kill(figures("shard")["judge"]["pid"])


def kill_dispatcher(desk: Desk) -> None:
    handle = actor(DISPATCHER)
    kill(ray.get(handle.__ray_call__.remote(lambda _: os.getpid())))


def kill_child(module: str) -> Strike:
    def strike(desk: Desk) -> None:
        assert kill_children_named(figures("shard")["pid"], module)

    return strike


def test_judge_reader_and_recogniser_are_killed_one_after_the_other(
    undisturbed: Given, media: Path, tmp_path: Path
) -> None:
    strikes = [(10_000, kill_judge), (20_000, kill_actor("reading")), (30_000, kill_actor("hearing"))]
    given = play(media, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", strikes)
    assert_the_same(given, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "strikes",
    [
        pytest.param([(16_000, kill_actor("shard"))], id="a shard"),
        pytest.param([(8_000, kill_actor("shard")), (26_000, kill_actor("shard"))], id="a shard, twice"),
        pytest.param([(16_000, kill_dispatcher)], id="the dispatcher"),
        pytest.param([(16_000, kill_dispatcher), (16_000, kill_actor("shard"))], id="the dispatcher and a shard"),
        pytest.param([(16_000, kill_child("ingest.capture_child"))], id="what captures"),
        pytest.param([(16_000, kill_child("ingest.decode_child"))], id="what decodes"),
    ],
)
def test_a_process_is_killed(
    undisturbed: Given, media: Path, tmp_path: Path, strikes: list[tuple[int, Strike]]
) -> None:
    given = play(media, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", strikes)
    assert_the_same(given, undisturbed)


@pytest.mark.slow
def test_a_machine_is_lost(undisturbed: Given, head: Any, media: Path, tmp_path: Path) -> None:
    """The second machine's raylet dies, and with it all that it carried; the first goes on with its broadcasts."""
    second = head.add_node(num_cpus=2)

    def lose(desk: Desk) -> None:
        nodes = {worker.node for worker in desk.store.leases.workers()}
        assert len(nodes) == 2
        held = {desk.store.leases.lease(s).worker_id for s in ("s0", "s1")}  # type: ignore[union-attr]
        assert len(held) == 2
        kill(second.all_processes["raylet"][0].process.pid)

    given = play(media, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", [(14_000, lose)])
    assert_the_same(given, undisturbed)


@pytest.mark.slow
def test_the_database_is_cut_off(undisturbed: Given, media: Path, tmp_path: Path, postgres: str) -> None:
    url = new_database(postgres, f"chaos{os.getpid()}")
    name = url.rsplit("/", 1)[1]

    def cut(desk: Desk) -> None:
        engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'alter database "{name}" allow_connections false'))
            for _ in range(12):
                connection.execute(
                    text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :n"), {"n": name}
                )
                pause_s(0.5)
            connection.execute(text(f'alter database "{name}" allow_connections true'))
        engine.dispose()

    given = play(media, tmp_path, url, [(14_000, cut)])
    assert_the_same(given, undisturbed)

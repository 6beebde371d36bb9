"""Whatever is killed while broadcasts are on: every finding is the same, every second is accounted for, nothing of what
ran is left."""

import os
from pathlib import Path
from typing import Any

import pytest
import ray
from sqlalchemy import create_engine, text

from bench.live_material import actor, figures
from bench.postgres import new_database
from cluster.scheduler.types import DISPATCHER
from tests.cluster.chaos.support import Given, Strike, assert_the_same, kill, kill_below, pause_s, play
from tests.cluster.live.support import Desk

pytestmark = pytest.mark.service


def kill_actor(prefix: str) -> Strike:
    return lambda desk: kill(figures(prefix)["pid"])


def kill_judge(desk: Desk) -> None:
    kill(figures("shard")["judge"]["pid"])


def kill_dispatcher(desk: Desk) -> None:
    handle = actor(DISPATCHER)
    kill(ray.get(handle.__ray_call__.remote(lambda _: os.getpid())))


def kill_child(module: str) -> Strike:
    return lambda desk: kill_below(figures("shard")["pid"], module)


def test_judge_reader_and_recogniser_are_killed_one_after_the_other(
    undisturbed: Given, spoken: Path, tmp_path: Path
) -> None:
    strikes = [(10_000, kill_judge), (20_000, kill_actor("reading")), (30_000, kill_actor("hearing"))]
    given = play(spoken, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", strikes)
    assert_the_same(given, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "strikes",
    [
        pytest.param([(16_000, kill_actor("shard"))], id="a shard"),
        pytest.param([(8_000, kill_actor("shard")), (26_000, kill_actor("shard"))], id="a shard, twice"),
        pytest.param([(16_000, kill_dispatcher)], id="the dispatcher"),
        pytest.param([(16_000, kill_dispatcher), (16_000, kill_actor("shard"))], id="the dispatcher and a shard"),
        pytest.param([(16_000, kill_child("ingest.capture.child"))], id="what captures"),
        pytest.param([(16_000, kill_child("ingest.decode.child"))], id="what decodes"),
    ],
)
def test_a_process_is_killed(
    undisturbed: Given, spoken: Path, tmp_path: Path, strikes: list[tuple[int, Strike]]
) -> None:
    given = play(spoken, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", strikes)
    assert_the_same(given, undisturbed)


@pytest.mark.slow
def test_a_machine_is_lost(undisturbed: Given, head: Any, spoken: Path, tmp_path: Path) -> None:
    """The second machine's raylet dies, and with it all that it carried; the first goes on with its broadcasts."""
    second = head.add_node(num_cpus=2)

    def lose(desk: Desk) -> None:
        nodes = {worker.node for worker in desk.stores.leases.workers()}
        assert len(nodes) == 2
        held = {desk.stores.leases.lease(s).worker_id for s in ("s0", "s1")}  # type: ignore[union-attr]
        assert len(held) == 2
        kill(second.all_processes["raylet"][0].process.pid)

    given = play(spoken, tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", [(14_000, lose)])
    assert_the_same(given, undisturbed)


@pytest.mark.slow
def test_the_database_is_cut_off(undisturbed: Given, spoken: Path, tmp_path: Path, postgres: str) -> None:
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

    given = play(spoken, tmp_path, url, [(14_000, cut)])
    assert_the_same(given, undisturbed)

"""A worker that is told of a Ray by RAY_ADDRESS works there, and leaves it as it was."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import ray

from bench.live_material import order_demo, wait
from cli.broadcast.play import LiveBroadcast
from cluster.scheduler.types import NAMESPACE
from review.scheduling.types import Priority
from tests.cluster.chaos.support import Given
from tests.cluster.live.support import Desk, desk

pytestmark = [pytest.mark.service, pytest.mark.slow]


def actors() -> list[str]:
    """The service's, on the Ray of this test."""
    named: list[Any] = ray.util.list_named_actors(all_namespaces=True)
    return sorted(one["name"] for one in named if one["namespace"] == NAMESPACE)


def nodes() -> set[str]:
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}  # type: ignore[no-untyped-call]


def carry(watched: Desk, source: str) -> None:
    order_demo(watched.url, "s0", source, priority=Priority.URGENT)
    watched.wait_over("s0")


def test_a_worker_joins_the_ray_that_runs(undisturbed: Given, head: Any, spoken: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    before = nodes()
    environment = os.environ | {
        "RAY_ADDRESS": head.address,
        "ZHENYAN_DATA_DIR": str(tmp_path / "data"),
        "ZHENYAN_ALLOW_NET": "127.0.0.1",
        "ZHENYAN_SEMANTIC": "off",
    }
    command = [sys.executable, "-c", "from cli.main import main; main()", "worker", "--capacity", "2"]
    worker = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    try:
        with desk(f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}") as watched:
            host = socket.gethostname()
            assert worker.stdout.readline().startswith(f"worker on {host}: carries up to 2 broadcasts (2, as set)")
            wait(lambda: len(actors()) == 4, 60, lambda: str(actors()))
            with LiveBroadcast(spoken, window=30) as broadcast:
                carry(watched, broadcast.url)
            assert watched.finding_ids("s0") == undisturbed.finding_ids["s0"]
            coverage = watched.coverage("s0")
            assert (coverage.span_ms, coverage.analysed_ms) == (undisturbed.span_ms["s0"],) * 2
            worker.send_signal(signal.SIGTERM)
            assert worker.stdout.read() == f"worker on {host}: handed over and ended\n"
            assert worker.wait(120) == 0
            # So that nobody starts anything on it before a worker is.
            assert [one.draining for one in watched.stores.leases.workers()] == [True]
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    assert actors() == []
    assert nodes() == before

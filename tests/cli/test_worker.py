"""`zhenyan worker`: carries what is ordered, hands it over, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.live_material import order_demo, wait
from cli.broadcast.play import LiveBroadcast
from review.scheduling.applying import unseen
from review.scheduling.decisions import Grant, Released
from review.scheduling.types import Worker
from review.stores import Stores
from review.streams.types import FindingQuery, StreamState
from tests.cli.support import ROOT, Call
from tests.cluster.chaos.support import nobody_left
from tests.cluster.live.support import shortened

pytestmark = pytest.mark.service

HERE = f"{socket.gethostname()}:0123456789ab"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Stores]:
    """The store of the command's data folder."""
    (tmp_path / "data").mkdir(mode=0o700)
    stores = Stores.open(f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}")
    yield stores
    stores.close()


@contextmanager
def worker_process(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A running `zhenyan worker`, ready to carry; killed if the test fails."""
    environment = os.environ | {
        "ZHENYAN_DATA_DIR": str(folder / "data"),
        "ZHENYAN_ALLOW_NET": "127.0.0.1",
        "ZHENYAN_SEMANTIC": "off",
        "ZHENYAN_SOURCE_AWAY_S": "5",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("RAY_ADDRESS", None)
    command = [sys.executable, "-c", "from cli.main import main; main()", "worker", *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        assert first.startswith(f"worker on {socket.gethostname()}: carries up to 3 broadcasts"), first
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_worker_that_is_stopped_leaves_nothing_and_the_next_one_goes_on_until_it_is_drained(
    tmp_path: Path, live: Stores, zhenyan: Call
) -> None:
    media = shortened(tmp_path / "part.mp4", start_s=56, seconds=40)
    url = f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}"
    with LiveBroadcast(media) as broadcast, nobody_left():
        with worker_process(tmp_path, "--capacity", "3") as first:
            order_demo(url, "s1", broadcast.url)
            wait(lambda: (lease := live.leases.lease("s1")) is not None and lease.analysed_ms >= 6_000, 180)
            first.send_signal(signal.SIGTERM)
            assert first.stdout is not None
            assert first.stdout.read() == f"worker on {socket.gethostname()}: handed over and ended\n"
            assert first.wait(120) == 0
        assert live.leases.workers() == ()
        lease = live.leases.lease("s1")
        assert lease is not None
        assert (lease.worker_id, lease.restarts) == ("", 0)
        # How long the worker took to start decides whether the room was still on air when it left.
        left = StreamState.INTERRUPTED if lease.on_air else StreamState.WAITING
        assert (live.streams.stream("s1").state, live.streams.stream("s1").error) == (left, "no worker is running")
        with worker_process(tmp_path, "--capacity", "3") as second:
            wait(lambda: live.streams.stream("s1").state is StreamState.ENDED, 240)
            assert zhenyan("worker", "--drain").status == 0
            assert second.stdout is not None
            assert second.stdout.read() == f"worker on {socket.gethostname()}: drained\n"
            assert second.wait(120) == 0
    coverage = live.streams.coverage("s1")
    assert coverage.waiting_ms == 0
    assert coverage.analysed_ms + coverage.gap_ms == coverage.span_ms
    assert live.streams.findings(FindingQuery(stream_id="s1")).findings


def test_draining_where_nothing_runs_is_refused(zhenyan: Call) -> None:
    answer = zhenyan("worker", "--drain")
    assert answer.status == 2
    assert "no worker is running here" in answer.complaint


def carrying(live: Stores, tmp_path: Path, *others: Worker) -> None:
    """A worker of this machine that has a broadcast, and others."""
    order_demo(f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}", "s1", "https://live.example/1")
    for worker in (Worker(worker_id="mine", node=HERE, capacity=1), *others):
        live.leases.beat(worker)
    assert live.leases.apply([Grant(stream_id="s1", worker_id="mine", seen=unseen("s1"))]) == 1


def test_draining_the_only_worker_says_what_stays(zhenyan: Call, live: Stores, tmp_path: Path) -> None:
    carrying(live, tmp_path)
    answer = zhenyan("worker", "--drain")
    assert answer.status == 2
    assert "1 of its broadcasts stay, for no other worker is running" in answer.complaint
    assert [worker.draining for worker in live.leases.workers()] == [True]


def test_draining_waits_until_others_have_everything(zhenyan: Call, live: Stores, tmp_path: Path) -> None:
    other = Worker(worker_id="other", node="elsewhere:0123456789ab", capacity=1)
    carrying(live, tmp_path, other)

    def hands_over() -> None:
        lease = live.leases.lease("s1")
        assert lease is not None
        wait(lambda: live.leases.workers()[0].draining, 60)
        live.leases.beat(other)
        live.leases.release("s1", lease.token, Released.GIVEN_BACK)

    handing = threading.Thread(target=hands_over)
    handing.start()
    answer = zhenyan("worker", "--drain")
    handing.join()
    assert (answer.status, answer.out) == (0, f"worker on {socket.gethostname()}: drained\n")
    drained = {worker.worker_id: worker.draining for worker in live.leases.workers()}
    assert drained == {"mine": True, "other": False}

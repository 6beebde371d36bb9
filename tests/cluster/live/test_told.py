"""Workers are killed with -9 while rooms are on air, under two serving processes, on both databases."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.live_material import order_demo, wait
from cli.config.enforcement import enforcement_setup
from cli.config.settings import Settings, load_settings
from ingest.types import Gap
from review.background_jobs import BackgroundJobs
from review.stores import Stores
from review.streams.types import StreamState
from tests.cluster.chaos.support import ROOT
from tests.ingest.conftest import origin
from tests.ingest.support import Origin, playlist, run_ffmpeg
from tests.material import DEMO_FILM
from tests.review.conftest import postgres
from tests.review.postgres import empty_database

pytestmark = pytest.mark.service

__all__ = ["origin", "postgres"]

Work = Callable[[str], "subprocess.Popen[bytes]"]
_WINDOW = 4


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged broadcast in segments of two seconds: `s0.ts` …"""
    folder = tmp_path_factory.mktemp("cut")
    run_ffmpeg(
        *("-i", DEMO_FILM, "-c", "copy", "-f", "hls", "-hls_time", "2"),
        *("-hls_list_size", "0", "-hls_segment_filename", folder / "s%d.ts", folder / "all.m3u8"),
    )
    return folder


@pytest.fixture
def room(origin: Origin, cut: Path) -> str:
    """The URL of a live playlist: a window of segments that moves on by the clock, from now on."""
    count = len(list(cut.glob("s*.ts")))
    origin.routes |= {f"/s{number}.ts": (cut / f"s{number}.ts").read_bytes() for number in range(count)}
    began_s = time.monotonic()

    def listed() -> bytes:
        newest = min(count - 1, int((time.monotonic() - began_s) / 2) + _WINDOW)
        first = max(0, newest - _WINDOW)
        names = [f"s{number}.ts" for number in range(first, newest + 1)]
        return playlist(names, first=first, target_s=2)

    origin.routes["/live.m3u8"] = listed
    return f"{origin.url}/live.m3u8"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_database(request, tmp_path)


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ZHENYAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ZHENYAN_DATABASE_URL", database_url)
    (tmp_path / "data").mkdir()
    return load_settings()


@pytest.fixture
def stores(settings: Settings, database_url: str) -> Iterator[Stores]:
    """The database, looked after by the housekeeping of two serving processes."""
    with ExitStack() as stack:
        stores = [Stores.open(database_url, enforcement=enforcement_setup(settings)) for _ in range(2)]
        for one in stores:
            keeper = BackgroundJobs(one, settings.data_dir.absolute(), retention=one.retention())
            stack.callback(one.close)
            stack.callback(keeper.close)
            keeper.start()
        yield stores[0]


@pytest.fixture
def work(database_url: str, settings: Settings) -> Iterator[Work]:
    """Starts a worker, in a process group of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(worker_id: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.cluster.live.light_worker", database_url, str(settings.data_dir)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        started.append(subprocess.Popen([*command, worker_id], env=environment, cwd=ROOT, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 of the worker and of its capturing and decoding children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def kinds(stores: Stores, stream_id: str) -> list[str]:
    events = [event for event in stores.events.after("local", 0, 1000) if event.stream_id == stream_id]
    return [event.kind for event in events if event.kind not in ("stream.gap", "stream.health")]


def longest(gaps: tuple[Gap, ...]) -> Gap:
    return max(gaps, key=lambda gap: gap.length_ms)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_killed_worker_is_told_whoever_goes_on_is_told_and_a_stop_without_any_is_done(
    stores: Stores, database_url: str, room: str, work: Work
) -> None:
    first = work("w1")
    wait(lambda: stores.overview.places().places >= 3, 60)
    order_demo(database_url, "s1", room)
    order_demo(database_url, "s2", room.replace("live.m3u8", "nothing.m3u8"))
    wait(lambda: kinds(stores, "s2") == ["stream.unreachable"], 60)
    assert stores.streams.stream_now("s2").state is StreamState.UNREACHABLE
    assert "404" in str(stores.streams.stream_now("s2").error)
    wait(lambda: stores.streams.coverage("s1").analysed_ms > 6_000, 120)
    assert stores.streams.stream_now("s1").state is StreamState.LIVE
    assert kinds(stores, "s1") == ["stream.live"]

    kill(first)
    wait(lambda: len(kinds(stores, "s1")) > 1, 60)
    assert kinds(stores, "s1") == ["stream.live", "stream.interrupted"]
    assert stores.streams.stream_now("s1").state is StreamState.INTERRUPTED
    assert stores.streams.stream_now("s2").state is StreamState.WAITING, "nobody tries it any more"
    # It was told when the lease ended, and the worker lived for less than a beat after it last renewed it.
    terms = stores.leases.terms
    assert stores.streams.coverage("s1").gaps[-1].length_ms > terms.lease_ms - terms.beat_ms
    assert stores.overview.view().workers == ()
    grown = stores.streams.coverage("s1").gap_ms
    wait(lambda: stores.streams.coverage("s1").gap_ms > grown, 30)

    second = work("w2")
    wait(lambda: "stream.resumed" in kinds(stores, "s1"), 60)
    wait(lambda: any("killed" in gap.why for gap in stores.streams.ledger("s1").gaps), 60)
    assert kinds(stores, "s1") == ["stream.live", "stream.interrupted", "stream.resumed"]
    assert stores.streams.stream_now("s1").state is StreamState.LIVE
    between = longest(stores.streams.coverage("s1").gaps)
    assert between.why == "the capture was killed"

    kill(second)
    wait(lambda: kinds(stores, "s1").count("stream.interrupted") == 2, 60)
    stores.orders.stop("s1", "test")
    stores.orders.stop("s2", "test")
    wait(lambda: {stores.streams.stream(one).state for one in ("s1", "s2")} == {StreamState.ENDED}, 60)
    assert kinds(stores, "s1")[3:] == ["stream.interrupted", "stream.stopped"]
    assert kinds(stores, "s2") == ["stream.unreachable", "stream.stopped"]
    over = stores.streams.coverage("s1")
    assert over == stores.streams.ledger("s1")
    assert over.analysed_ms + over.gap_ms == over.span_ms
    assert over.waiting_ms == 0
    assert over.per_mille < 1000
    assert stores.streams.coverage("s2").span_ms == 0

"""Worker, server and source are killed with -9 while a room is on air: every stretch is told, once, and adds up."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.live_material import order_demo, wait
from bench.ports import free_port
from cli.config.enforcement import enforcement_setup
from cli.config.settings import Settings
from cluster.stages.decode import DecodeStage
from ingest.recording.manifest import read_manifest
from net.guard import NetPolicy
from review.stores import Stores
from review.streams.types import StreamState
from review.stretches.counting import Tally
from review.stretches.types import NOTHING_UNDERSTOOD
from tests.cluster.chaos.support import ROOT
from tests.cluster.live.test_told import cut, database_url, kill, postgres, settings
from tests.review.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.service

__all__ = ["cut", "database_url", "postgres", "settings"]

Start = Callable[..., "subprocess.Popen[bytes]"]
LENGTH_MS = 4_000


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process of this module, in a process group of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"tests.cluster.live.{module}", *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        started.append(subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True))
        return started[-1]

    yield begin
    for process in started:
        kill(process)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def stores(settings: Settings, database_url: str) -> Iterator[Stores]:
    opened = Stores.open(database_url, enforcement=enforcement_setup(settings))
    yield opened
    opened.close()


def health(stores: Stores, condition: str) -> list[str]:
    """The turns that were told of this condition, in order."""
    events = stores.events.after("local", 0, 1000)
    return [
        str(event.body["state"])
        for event in events
        if event.kind == "stream.health" and event.body["condition"] == condition
    ]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_stretches_and_health_are_exact_whoever_is_killed(
    stores: Stores, database_url: str, settings: Settings, cut: Path, start: Start, receiver: Receiver
) -> None:
    stores.webhooks.add("local", receiver.url, ["stream.stretch"], NetPolicy.parse(("127.0.0.1",)), "test")
    server = start("light_server", database_url)
    folder = str(settings.data_dir)
    worker = start("light_worker", database_url, folder, "w1", str(LENGTH_MS))
    wait(lambda: stores.overview.places().places >= 3, 300)
    port, began_s = free_port(), str(time.time())
    source = start("light_origin", str(cut), str(port), began_s)
    order_demo(database_url, "s1", f"http://127.0.0.1:{port}/live.m3u8")

    def told() -> int:
        return stores.stretches.heads().get("local", 0)

    wait(lambda: told() >= 2 and len(receiver.got) >= 2, 300)
    kill(worker)
    worker = start("light_worker", database_url, folder, "w2", str(LENGTH_MS))
    before = told()
    wait(lambda: told() > before, 300)

    kill(server)
    before, had = told(), len(receiver.got)
    wait(lambda: told() > before, 300)
    start("light_server", database_url)
    wait(lambda: len(receiver.got) > had, 300)

    kill(source)
    wait(lambda: health(stores, "source_away") == ["began"], 300)
    assert [each.condition.value for each in stores.streams.active_conditions("s1")].count("source_away") == 1
    start("light_origin", str(cut), str(port), began_s)
    wait(lambda: health(stores, "source_away") == ["began", "ended"], 300)
    before = told()
    wait(lambda: told() > before, 300)
    stores.orders.stop("s1", "test")
    wait(lambda: stores.streams.stream("s1").state is StreamState.ENDED, 300)
    wait(lambda: len({message.id for message in receiver.got}) == told(), 60)

    kill(worker)
    ledger = stores.streams.ledger("s1")
    page = stores.stretches.page("local", 0, 1000)
    bodies = [dict(stretch.body) for stretch in page.stretches]
    assert [stretch.sequence for stretch in page.stretches] == list(range(1, told() + 1))
    starts = [int(str(body["start_ms"])) for body in bodies]
    ends = [int(str(body["end_ms"])) for body in bodies]
    assert starts == [0, *ends[:-1]], "a stretch is missing, or was told twice"
    assert ends[-1] == ledger.span_ms
    assert {end - start for start, end in zip(starts, ends, strict=True)} - {ends[-1] - starts[-1]} == {LENGTH_MS}
    covered = [body["covered"] for body in bodies]
    assert sum(int(each["analysed_ms"]) for each in covered) == ledger.analysed_ms  # type: ignore[index]
    missed = [gap for each in covered for gap in each["gaps"]]  # type: ignore[index]
    assert sum(gap["end_ms"] - gap["start_ms"] for gap in missed) == ledger.gap_ms > 0
    assert stores.streams.active_conditions("s1") == ()

    by_id = {message.id: message.json["data"] for message in receiver.got}
    sent = sorted(by_id.values(), key=lambda data: int(data["sequence"]))
    assert [{name: data[name] for name in bodies[0]} for data in sent] == bodies

    heard = [body["heard"] for body in bodies]
    whole = counted_again(settings.data_dir / "recordings" / "s1", ends[-1])
    assert [int(each["speech_ms"]) for each in heard] == whole  # type: ignore[index]
    assert sum(whole) > 10_000


def counted_again(recording: Path, end_ms: int) -> list[int]:
    """How long somebody spoke in each stretch, by one decoder that nobody kills, over the same recording."""
    stage = DecodeStage("s1")
    tally = Tally(length_ms=LENGTH_MS)
    for segment in read_manifest(recording):
        prepared, _, _ = stage.prepare(segment)
        assert prepared.signal is not None
        tally = tally.count(prepared.signal, NOTHING_UNDERSTOOD)
    stage.finish()
    _, closed = tally.close_all(end_ms)
    return [stretch.counts.speech_ms for stretch in closed]

"""Webhooks to a receiver that fails a third of the time while the sender is killed twice; how fast events are written.

The sender is a process of its own, ended by SIGKILL at a third and at two thirds of the way; another one goes on. The
receiver is a real HTTP server on loopback. A message is lost if the receiver never answered it with 2xx.
"""

import json
import math
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import configs
from bench.postgres import new_database, running_postgres
from bench.sample import SAMPLE
from bench.webhook_receiver import Receiver, receiving
from claims.types import Disposition, Finding
from net.guard import NetPolicy
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.events.types import DeliveryState, Event
from review.stores import Stores
from review.streams.types import Host, StreamRecord
from review.webhooks.retry_queue import Patience
from review.webhooks.sender import Lanes

Row = dict[str, object]
TENANT = "acme"
ROOT = Path(__file__).parents[1]
_LOOPBACK = NetPolicy.parse(("127.0.0.1",))
_PATIENCE = Patience(
    attempts=200, first_s=0.05, longest_s=1.0, dead_after=1000, answer_s=0.5, rest_s=0.2, lease_ms=5_000
)
_LANES = Lanes(threads=16, each=8, batch=8)
_DEADLINE_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run. `lost`: events that the receiver never took; `ids`: the most ids of one event.

    `pending`: deliveries that the outbox does not know as delivered. `in_order`: taken in the order of their numbers,
    the messages are the customer's log, word for word.
    """

    events: int
    kills: int
    seconds: float
    requests: int
    twice: int
    lost: int
    ids: int
    pending: int
    in_order: bool


def run(quick: bool = False) -> list[Row]:
    """Rows by database: the rate with a receiver that never fails, the run with failures and kills, event writes."""
    count = 300 if quick else 10_000
    rows: list[Row] = []
    with TemporaryDirectory() as folder, running_postgres() as server:
        for name in ("sqlite", "postgresql"):
            for failing, kills in ((0, 0), (3, 2)):
                place = Path(folder) / f"{name}-{failing}"
                place.mkdir()
                url = f"sqlite:///{place}/bench.db" if name == "sqlite" else new_database(server, f"bench{failing}")
                outcome = deliver(url, place, count, failing=failing, kills=kills)
                rows.append(
                    {
                        "table": "webhooks",
                        "database": name,
                        "events": outcome.events,
                        "failing": f"1 of {failing}" if failing else "none",
                        "kills": outcome.kills,
                        "seconds": round(outcome.seconds, 1),
                        "per_s": round(outcome.events / outcome.seconds),
                        "requests": outcome.requests,
                        "taken_twice": outcome.twice,
                        "lost": outcome.lost,
                        "in_order": outcome.in_order,
                    }
                )
            place = Path(folder) / f"{name}-writes"
            place.mkdir()
            url = f"sqlite:///{place}/bench.db" if name == "sqlite" else new_database(server, "writes")
            rows.append({"table": "writes", "database": name} | written(url, place, 5.0 if quick else 30.0))
    return rows


def deliver(url: str, folder: Path, count: int, *, failing: int, kills: int) -> Outcome:
    """Tells so many events to a receiver of which one message in `failing` fails, the sender killed so many times."""
    stores = open_stores(url, folder)
    fill(stores, 0)
    with receiving(Receiver(failing=failing)) as receiver:
        target, _ = stores.webhooks.add(TENANT, receiver.url, ["finding.*"], _LOOPBACK, "bench")
        fill(stores, count)
        began = time.monotonic()
        sender = start_sender(url, folder)
        try:
            for turn in range(1, kills + 1):
                _wait(receiver, turn * count // (kills + 1))
                sender.send_signal(signal.SIGKILL)
                sender.wait()
                sender = start_sender(url, folder)
            _wait(receiver, count)
            seconds = time.monotonic() - began
            while stores.deliveries.counts(target.id).get(DeliveryState.PENDING, 0):
                if time.monotonic() - began > _DEADLINE_S:
                    break
                time.sleep(0.1)
        finally:
            sender.kill()
            sender.wait()
        counts = stores.deliveries.counts(target.id)
        log = {event.id: event.to_json() for event in _log(stores)}
    stores.close()
    bodies = sorted((json.loads(body) for body in receiver.accepted.values()), key=lambda body: body["sequence"])
    return Outcome(
        events=count,
        kills=kills,
        seconds=seconds,
        requests=receiver.count,
        twice=receiver.twice,
        lost=len(log.keys() - receiver.accepted.keys()),
        ids=max((len(ids) for ids in receiver.seen.values()), default=0),
        pending=count - counts.get(DeliveryState.DELIVERED, 0),
        in_order=bodies == list(log.values()),
    )


def written(url: str, folder: Path, seconds: float, writers: int = 8) -> Row:
    """How many findings a second are stored with their events by so many writers, each in a transaction of its own."""
    stores = open_stores(url, folder)
    fill(stores, 0)
    taken: list[float] = []
    until = time.monotonic() + seconds

    def write(writer: int) -> None:
        number = 0
        while time.monotonic() < until:
            began = time.perf_counter()
            stores.stream_writer.add_findings([finding(f"w{writer}-{number}")])
            taken.append(time.perf_counter() - began)
            number += 1

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stores.close()
    taken.sort()
    return {
        "writers": writers,
        "events_per_s": round(len(taken) / seconds),
        "p50_ms": round(1000 * taken[len(taken) // 2], 1),
        "p95_ms": round(1000 * taken[math.ceil(0.95 * len(taken)) - 1], 1),
    }


def open_stores(url: str, folder: Path) -> Stores:
    """The store, with its keys in this folder."""
    due = configs.ROOT / "enforcement"
    setup = EnforcementSetup(measures=read_measures(due), retention=read_retention(due), data_dir=folder)
    return Stores.over(open_engine(url), enforcement=setup)


def fill(stores: Stores, count: int) -> None:
    """Adds so many findings, and with them events, of one broadcast of a customer."""
    host = Host(id=f"{TENANT}/h1", name="小岚", platform="demo")
    stores.stream_writer.put_stream(
        StreamRecord(stream_id="s1", source="bench", host=host, title="", started_at=None, tenant_id=TENANT)
    )
    for start in range(0, count, 100):
        stores.stream_writer.add_findings(finding(f"f{number}") for number in range(start, min(start + 100, count)))


def finding(name: str) -> Finding:
    """A note: it opens no case, and is told like a flag."""
    return replace(SAMPLE, finding_id=name, disposition=Disposition.NOTE, score=0.4)


def start_sender(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that sends until it is killed."""
    process = subprocess.Popen([sys.executable, "-m", "bench.webhooks"], cwd=ROOT, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps({"url": url, "folder": str(folder)}).encode())
    process.stdin.close()
    return process


def _wait(receiver: Receiver, accepted: int) -> None:
    until = time.monotonic() + _DEADLINE_S
    while len(receiver.accepted) < accepted and time.monotonic() < until:
        time.sleep(0.005)


def _log(stores: Stores) -> list[Event]:
    events: list[Event] = []
    after = 0
    while page := stores.events.after(TENANT, after, 1000):
        events += [event for event in page if event.kind.startswith("finding.")]
        after = page[-1].sequence
    return events


def _send() -> None:
    given = json.load(sys.stdin)
    stores = open_stores(given["url"], Path(given["folder"]))
    stores.sender(_LOOPBACK, patience=_PATIENCE, lanes=_LANES).start()
    threading.Event().wait()


if __name__ == "__main__":
    _send()

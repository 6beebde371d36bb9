"""How long broadcasts stand still when something of the live service is killed, and what of them is lost."""

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import ray

from bench.checkout import DEMO_FILM
from bench.live_material import actor, figures, is_ready, order_demo, service, service_config, wait
from cli.broadcast.play import LiveBroadcast
from cluster.ray.session import running_ray
from cluster.scheduler.types import DISPATCHER
from review.scheduling.types import Lease
from review.stores import Stores
from review.streams.types import StreamState

STREAMS = 2
QUIET_S = 6.0
NEAR_MS = 6_000
LIMIT_S = 120.0
_OVER = (StreamState.ENDED, StreamState.FAILED)


@dataclass(frozen=True, slots=True)
class Strike:
    """What is killed, and how."""

    name: str
    pids: Callable[[], list[int]]


def run(quick: bool = False) -> list[dict[str, object]]:
    """A row for each kill -9: seconds until the analysis goes on, and until it is near the live edge again."""
    strikes = [
        Strike("judge", lambda: [figures("shard")["judge"]["pid"]]),
        Strike("reading pool", lambda: [figures("reading")["pid"]]),
        Strike("hearing pool", lambda: [figures("hearing")["pid"]]),
        Strike("dispatcher", lambda: [_pid_of(DISPATCHER)]),
        Strike("shard", lambda: [figures("shard")["pid"]]),
        Strike("capturing children", lambda: _children("ingest.capture.child")),
        Strike("decoding child", lambda: _children("ingest.decode.child")),
    ]
    with tempfile.TemporaryDirectory() as scratch, running_ray():
        return list(_struck(Path(scratch), strikes[:1] if quick else strikes))


def _struck(folder: Path, strikes: list[Strike]) -> Iterator[dict[str, object]]:
    url = f"sqlite:///{folder / 'zhenyan.db'}"
    stores = Stores.open(url)
    names = [f"s{index}" for index in range(STREAMS)]
    media = DEMO_FILM
    with service(service_config(folder, url, checkpoint_ms=10_000)):
        wait(lambda: bool(stores.leases.workers()) and is_ready("hearing", "reading", "shard"), 300)
        with LiveBroadcast(media, window=30) as first, LiveBroadcast(media, window=30) as second:
            for name, source in zip(names, (first.url, second.url), strict=True):
                order_demo(url, name, source)
            wait(lambda: _near(stores, names, 0), LIMIT_S)
            for strike in strikes:
                time.sleep(QUIET_S)
                at_ms = max(_lease(stores, name).analysed_ms for name in names)
                for pid in strike.pids():
                    os.kill(pid, signal.SIGKILL)
                begun_s = time.monotonic()
                wait(lambda at_ms=at_ms: all(_lease(stores, n).analysed_ms > at_ms for n in names), LIMIT_S)  # type: ignore[misc]
                again_s = time.monotonic() - begun_s
                wait(lambda at_ms=at_ms: _near(stores, names, at_ms), LIMIT_S)  # type: ignore[misc]
                yield {
                    "killed": strike.name,
                    "goes_on_after_s": round(again_s, 1),
                    "near_the_edge_after_s": round(time.monotonic() - begun_s, 1),
                    "load": f"{os.getloadavg()[0]:.1f}",
                }
            wait(lambda: all(stores.streams.stream(name).state in _OVER for name in names), 400)
    coverage = [stores.streams.coverage(name) for name in names]
    yield {
        "streams": STREAMS,
        "states": ", ".join(stores.streams.stream(name).state.value for name in names),
        "broadcast_s": round(sum(one.span_ms for one in coverage) / 1000, 1),
        "lost_s": round(sum(one.span_ms - one.analysed_ms for one in coverage) / 1000, 1),
    }
    stores.close()


def _lease(stores: Stores, name: str) -> Lease:
    return stores.leases.lease(name) or Lease(stream_id=name, worker_id="", token=0, until_ms=0)


def _near(stores: Stores, names: list[str], after_ms: int) -> bool:
    """Whether all are analysed beyond this, and to near where they are recorded."""
    leases = [_lease(stores, name) for name in names]
    return all(one.analysed_ms > after_ms and one.recorded_ms - one.analysed_ms <= NEAR_MS for one in leases)


def _pid_of(name: str) -> int:
    pid: int = ray.get(actor(name).__ray_call__.remote(lambda _: os.getpid()), timeout=60)
    return pid


def _children(module: str) -> list[int]:
    """What runs this module below the shard."""
    found: list[int] = []
    below = [int(figures("shard")["pid"])]
    while below:
        parent = below.pop()
        try:
            children = Path(f"/proc/{parent}/task").glob("*/children")
            below += [int(pid) for path in children for pid in path.read_text().split()]
            if module.encode() in Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0"):
                found.append(parent)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found

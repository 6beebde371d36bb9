"""The processes of a soak whose clocks may jump: workers that carry simulated broadcasts, and a sender of webhooks."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import configs
from bench.stress_run import Load
from bench.stress_shard import SimulatedShard, Simulation
from cluster.ray.launcher import ActorSpec
from cluster.scheduler.types import ActorSlot, NodeSeen
from net.guard import NetPolicy
from review.db.engine import open_database, open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.stores import Stores
from review.webhooks.retry_queue import Patience
from review.webhooks.sender import Lanes

ROOT = Path(__file__).parents[1]
LOOPBACK = NetPolicy.parse(("127.0.0.1",))
# Patient enough for every fault: nothing is parked.
_PATIENCE = Patience(
    attempts=2_000, first_s=0.1, longest_s=3.0, dead_after=10_000, answer_s=0.5, rest_s=0.5, lease_ms=5_000
)
_LANES = Lanes(threads=8, each=4, batch=16)


class JumpingClock:
    """The wall clock, and what a file says that it is off by, in milliseconds; no file: it is right."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        try:
            shift_ms = int(self._file.read_text() or "0")
        except FileNotFoundError:
            shift_ms = 0
        return datetime.now(UTC) + timedelta(milliseconds=shift_ms)

    def jump(self, shift_ms: int) -> None:
        """Sets it off by so much, for whatever process goes by it."""
        beside = self._file.with_suffix(".new")
        beside.write_text(str(shift_ms))
        beside.replace(self._file)


class SoakShard(SimulatedShard):
    """A simulated worker whose clock may jump."""

    def __init__(self, simulation: Simulation, worker_id: str, node: str, clock: Path) -> None:
        self._clock = JumpingClock(clock)
        super().__init__(simulation, worker_id, node)

    def open_stores(self) -> Stores:
        """The store, by this worker's clock."""
        return Stores.over(open_database(self._sim.database_url), now=self._clock, terms=self._sim.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakActorFactory:
    """Every shard is a simulated one, with a clock in this folder."""

    simulation: Simulation
    load: Load
    folder: Path

    def spec(self, slot: ActorSlot, node: NodeSeen) -> ActorSpec:
        """A shard in a process of its own."""
        sim = replace(self.simulation, capacity=self.load.capacity(slot.number))
        arguments = {
            "simulation": sim,
            "worker_id": slot.name,
            "node": node.name,
            "clock": self.folder / f"shard-{slot.number}.clock",
        }
        return ActorSpec(kind=SoakShard, arguments=arguments, options={"max_concurrency": 2})


def open_stores(url: str, folder: Path, clock: JumpingClock | None = None) -> Stores:
    """The store, with its keys in this folder."""
    due = configs.ROOT / "enforcement"
    setup = EnforcementSetup(measures=read_measures(due), retention=read_retention(due), data_dir=folder)
    if clock is None:
        return Stores.over(open_engine(url), enforcement=setup)
    return Stores.over(open_engine(url), now=clock, enforcement=setup)


def start_sender(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that sends until it is killed."""
    process = subprocess.Popen([sys.executable, "-m", "bench.soak_parts"], cwd=ROOT, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps({"url": url, "folder": str(folder)}).encode())
    process.stdin.close()
    return process


def _send() -> None:
    given = json.load(sys.stdin)
    folder = Path(given["folder"])
    stores = open_stores(given["url"], folder, JumpingClock(folder / "sender.clock"))
    stores.sender(LOOPBACK, patience=_PATIENCE, lanes=_LANES).start()
    threading.Event().wait()


if __name__ == "__main__":
    _send()

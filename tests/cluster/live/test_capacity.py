"""What a broadcast takes of a machine, and how many it carries."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from cluster.errors import StageLost
from cluster.live.capacity import BroadcastCost
from cluster.live.load import cpu_s
from cluster.live.placement import places_of

BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"


@pytest.mark.parametrize(
    ("cores", "each", "places"),
    [
        pytest.param(2, 0.168, 8, id="two cores"),
        pytest.param(16, 0.12, 93, id="many"),
        pytest.param(2, 3.0, 1, id="a slow machine carries one, and lags"),
    ],
)
def test_places_are_whole_broadcasts_at_70_percent(cores: int, each: float, places: int) -> None:
    assert places_of(cores, each) == places


def test_the_time_of_children_counts_while_they_run_and_when_they_are_gone() -> None:
    before_s = cpu_s(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    own_s, running_s = cpu_s(child.pid), cpu_s(os.getpid()) - before_s
    child.communicate(b"\n")
    gone_s = cpu_s(os.getpid()) - before_s
    # Sums of a clock's ticks of 10 ms are exact only when rounded to them.
    assert round(min(own_s, running_s, gone_s), 2) >= 0.29


@dataclass
class Pool:
    """A pool that tells these figures, one after the other."""

    measured: list[tuple[float, float]]
    asked: list[str] = field(default_factory=list)

    def ask(self, method: str, *args: object) -> Any:
        raise AssertionError(method)

    def figures(self) -> dict[str, Any]:
        cpu, done = self.measured.pop(0)
        return {"cpu_s": cpu, "done": done}


def test_what_a_pool_did_for_others_meanwhile_is_not_counted() -> None:
    toll = BroadcastCost(Pool([(10.0, 100.0), (16.0, 160.0)]))
    assert toll.share(20.0) == pytest.approx(2.0)


def test_a_pool_that_was_started_anew_meanwhile_gives_no_figure() -> None:
    toll = BroadcastCost(Pool([(10.0, 100.0), (1.0, 20.0)]))
    with pytest.raises(StageLost):
        toll.share(20.0)

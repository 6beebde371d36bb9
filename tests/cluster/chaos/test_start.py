"""A worker finds out at its start how many broadcasts it carries, and does not ask again when it is killed."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.live_material import figures, service, service_config, wait
from review.scheduling.types import Worker
from tests.cluster.chaos.support import kill
from tests.cluster.live.support import Desk, desk

pytestmark = [pytest.mark.service, pytest.mark.slow]


def the_worker(watched: Desk, but_begun_ms: int = 0) -> Worker:
    """The one worker, once it tells of itself; another than the one that was begun at this moment."""

    def others() -> list[Worker]:
        return [worker for worker in watched.stores.leases.workers() if worker.started_at_ms != but_begun_ms]

    wait(lambda: bool(others()), 300)
    return others()[0]


def test_places_are_measured_once(head: Any, tmp_path: Path) -> None:
    config = service_config(tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", places=0)
    with desk(config.database_url) as watched, service(config):
        first = the_worker(watched)
        each = first.figures["cores_per_stream"]
        assert 0.05 < each < 2
        assert first.capacity == max(1, int(2 * 0.7 / each))
        assert first.why.startswith(f"{first.capacity:g}, as one takes ")
        assert figures("hearing")["done"] > 8
        assert figures("reading")["done"] > 8
        kill(figures("shard")["pid"])
        second = the_worker(watched, but_begun_ms=first.started_at_ms)
        assert (second.figures["cores_per_stream"], second.capacity) == (each, first.capacity)
    (log,) = (tmp_path / "logs").glob("shard-*0.jsonl")
    events = [json.loads(line)["event"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert sum("of a core here" in event for event in events) == 1

"""Who asks how it goes, or asks an actor to end, is answered while the data calls of everybody work."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray

from asr.recogniser import Cut
from bench.live_material import actor, figures, is_ready, service, service_config, wait
from cli.broadcast.play import LiveBroadcast
from cluster.ray.dispatcher import running_dispatcher
from cluster.stages.decode import DecodeStage
from ingest.capture.supervisor import CaptureJob, CaptureSupervisor
from tests.cluster.live.support import desk

pytestmark = [pytest.mark.service, pytest.mark.slow]

# Of the speech of 48 s, so many times: minutes of work for the engine.
TIMES = 60


def speech(media: Path, folder: Path) -> list[Cut]:
    """All that is said in the media."""
    preparing = DecodeStage("flood")
    cuts: list[Cut] = []
    for segment in CaptureSupervisor(CaptureJob(source=str(media), stream_id="flood", folder=folder)).segments(
        lambda: False
    ):
        cuts += preparing.prepare(segment)[1]
    return [*cuts, *preparing.finish()]


def is_working(call: Any) -> bool:
    """Whether the call has not returned yet."""
    return not ray.wait([call], timeout=0)[0]


def test_control_calls_return_before_the_data_calls_that_came_first(head: Any, spoken: Path, tmp_path: Path) -> None:
    cuts = speech(spoken, tmp_path / "speech")
    flood = [replace(cut, stream_id=f"flood{number}") for number in range(TIMES) for cut in cuts]
    config = service_config(tmp_path, f"sqlite:///{tmp_path / 'zhenyan.db'}", shed_from_ms=3_600_000)
    with desk(config.database_url) as watched, service(config), LiveBroadcast(spoken, window=30) as broadcast:
        wait(lambda: is_ready("hearing", "reading", "shard"), 600)
        call = actor("hearing").call.remote({}, "recognise", flood)
        watched.order("s0", broadcast.url)
        wait(lambda: watched.analysed_ms("s0") >= 6_000, 600)
        for prefix in ("hearing", "reading", "shard"):
            assert figures(prefix)["pid"]
            assert is_working(call), prefix
        assert running_dispatcher() is not None
        assert figures("shard")["streams"] == 1
        ray.get(actor("shard").close.remote())
        assert is_working(call)
        lease = watched.stores.leases.lease("s0")
        assert lease is not None
        assert (lease.worker_id, lease.restarts) == ("", 0)
        assert watched.stores.leases.workers() == ()

"""How long answers and webhooks take is counted by route and outcome, without an id in any label."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from cluster.live.load import Meter
from review.scheduling.latencies import BOUNDS_S, LATENCIES, Latency, read_latencies
from review.server.app import create_app
from review.stores import Stores
from tests.review.serving import served


def samples(text: str, name: str) -> dict[tuple[str, ...], float]:
    """The samples of this name, by the values of their labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_requests_are_counted_by_their_route(stores: Stores, tmp_path: Path) -> None:
    with served(create_app(stores, tmp_path)) as url, httpx.Client(base_url=url) as client:
        client.get("/v1/streams/s1")
        client.get("/v1/streams/no-such-stream")
        client.get("/no/such/page/1")
        client.get("/no/such/page/2")
        counted = samples(client.get("/metrics").text, "zhenyan_http_seconds_count")
    assert counted["GET", "/v1/streams/{stream_id}", "2xx"] == 1
    assert counted["GET", "/v1/streams/{stream_id}", "4xx"] == 1
    assert counted["GET", "none", "4xx"] == 2
    assert not any("no-such-stream" in label for labels in counted for label in labels)


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.05, 0), (0.051, 1), (61.0, len(BOUNDS_S)), (-3.0, 0)])
def test_a_duration_counts_under_its_bound(seconds: float, place: int) -> None:
    latency = Latency()
    latency.note(seconds)
    assert latency.counts.index(1) == place
    assert latency.cumulative()[-1] == ("+Inf", 1)


def test_what_a_worker_tells_is_read_and_what_another_version_tells_is_not() -> None:
    meter = Meter()
    with meter.passing("decode"):
        pass
    told = {LATENCIES: meter.latencies() | {"old": {"counts": [1], "sum_s": 1.0}, "odd": 3}}
    assert {stage: sum(latency.counts) for stage, latency in read_latencies(told).items()} == {"decode": 1}
    assert read_latencies({}) == {}

"""A broadcast that is captured, decoded, judged and told of leaves one trace for each of its findings."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any

import pytest

from asr.recogniser import Cut
from bench.live_material import order_demo, service_config, wait
from claims.types import Passage
from cli.config.enforcement import enforcement_setup
from cli.config.settings import Settings
from cluster.live.remote_stages import RemoteStages
from cluster.live.shard import Shard
from cluster.ray.actors import make_judge
from cluster.scheduler.reconciler import Reconciler
from net.guard import NetPolicy
from review.scheduling.lease_terms import LeaseTerms
from review.stores import Stores
from review.streams.types import FindingQuery, StreamState
from review.tracing import Tracing, trace_id_of
from review.webhooks.tracing import trace_webhook
from tests.cluster.live.light_worker import _Blind, _Near
from tests.cluster.live.test_told import cut, database_url, origin, room, settings
from tests.review.webhooks.receiver import Receiver, receiving
from tests.review.webhooks.test_tracing import collecting

pytestmark = pytest.mark.service

__all__ = ["cut", "database_url", "origin", "room", "settings"]

# What is done of a segment; of what is heard at the end alone, less.
OF_SEGMENT = {"waiting", "decode", "ocr", "asr", "judge"}
SAID = ("这款充电宝是全国第一。", "喝了它血压就下来了。", "这是国家级的品质。", "全网最低价。")
LOOPBACK = NetPolicy.parse(("127.0.0.1",))


class _Ear:
    """Hears one sentence after another that the law bars, wherever somebody speaks; no model is loaded."""

    def __init__(self) -> None:
        self._next = cycle(SAID)

    def name(self) -> str:
        return "ear"

    def recognise(self, cuts: Sequence[Cut]) -> list[Passage]:
        return [
            Passage(
                stream_id=one.stream_id,
                id=f"u{one.start_ms}",
                start_ms=one.start_ms,
                end_ms=one.end_ms,
                text=next(self._next),
            )
            for one in cuts
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


def carried(shard: Shard, deciding: Reconciler, is_done: Callable[[], bool]) -> None:
    """Works until it is done."""

    def goes_on() -> bool:
        shard.tick()
        deciding.tick()
        return is_done()

    wait(goes_on, 300)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_finding_of_a_broadcast_is_one_trace_from_segment_to_webhook(
    database_url: str, settings: Settings, room: str, receiver: Receiver
) -> None:
    stores = Stores.open(database_url, enforcement=enforcement_setup(settings))
    order_demo(database_url, "s1", room, max_ms=16_000)
    target, _ = stores.webhooks.add("local", receiver.url, ["finding.created"], LOOPBACK, "test")
    remote = RemoteStages(_Near(_Ear()), _Near(_Blind()), _Near(make_judge(database_url)))
    with collecting() as collector:
        config = service_config(settings.data_dir, database_url, trace_url=collector.url)
        shard = Shard(config, worker_id="w1", node="here:1", most=1, remote_stages_of=lambda stream_id: remote)
        carried(
            shard,
            Reconciler(lambda: stores.leases, LeaseTerms()),
            lambda: stores.streams.stream("s1").state in {StreamState.ENDED, StreamState.FAILED},
        )
        assert stores.streams.stream("s1").state is StreamState.ENDED, stores.streams.stream("s1").error
        shard.leave()

        serve = Tracing(collector.url, "zhenyan-serve")

        def observe(event: Any, seconds: float, is_taken: bool) -> None:
            trace_webhook(serve, event, seconds, time.time_ns() // 1_000_000, is_taken=is_taken)

        sender = stores.sender(LOOPBACK, observe=observe)
        sender.send_pending()
        sender.close()
        serve.close()

    found = {
        one.finding.finding_id for one in stores.streams.findings(FindingQuery(stream_id="s1", limit=500)).findings
    }
    stores.close()
    assert found, "nothing was found, so that nothing could be traced"
    assert {message.json["data"]["finding"]["finding_id"] for message in receiver.got} == found
    assert target.id
    assert {span["trace"] for span in collector.spans} == {trace_id_of(name) for name in found}
    whole = 0
    for name in found:
        spans = [span for span in collector.spans if span["trace"] == trace_id_of(name)]
        [root] = [span for span in spans if span["name"] == "finding"]
        assert root["parent"] == ""
        assert {span["parent"] for span in spans if span is not root} == {root["id"]}
        names = [(span["service"], span["name"]) for span in spans if span is not root]
        assert len(set(names)) == len(names), "a step is told twice"
        of_worker = {step for service, step in names if service == "zhenyan-worker"}
        assert {"asr", "judge"} <= of_worker <= OF_SEGMENT | {"settling"}, of_worker
        whole += of_worker >= OF_SEGMENT
        assert {step for service, step in names if service == "zhenyan-serve"} == {"outbox", "webhook"}
    assert whole, "in no trace stands what was done from a segment's arrival on"

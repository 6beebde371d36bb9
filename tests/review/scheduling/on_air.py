"""The fixtures of a broadcast on air and of a serving process, for the tests that name them."""

from collections.abc import Iterator

import pytest

from ingest.recording.ledger import Coverage
from ingest.types import GapKind
from review.scheduling.applying import unseen
from review.scheduling.decisions import Air, Grant, Reach
from review.stores import Stores
from review.streams.types import StreamState
from tests.review.scheduling.conftest import Clock, Order, worker
from tests.review.scheduling.forsaken import Beat, Serving, held


@pytest.fixture
def serving(live: Stores, database_url: str, clock: Clock) -> Iterator[Serving]:
    opened = Serving(live, database_url, clock)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def recorded(live: Stores, order: Order, clock: Clock) -> Beat:
    """The broadcast s1, on air, that its worker w1 has recorded up to 60 s and analysed up to 56 s; says so again."""
    order("s1")
    live.leases.beat(worker())
    live.leases.apply([Grant(stream_id="s1", worker_id="w1", seen=unseen("s1"))])

    def beat(air: Air = Air.ON, *, worker_id: str = "w1", why: str = "", kind: GapKind | None = None) -> None:
        lease = held(live)
        reach = Reach(token=lease.token, recorded_ms=60_000, analysed_ms=56_000, air=air, kind=kind, why=why)
        assert live.leases.renew(worker_id, {"s1": reach}) == {"s1"}

    beat()
    live.stream_writer.set_state("s1", StreamState.LIVE, token=held(live).token)
    live.stream_writer.put_coverage("s1", Coverage(span_ms=58_000, analysed_ms=56_000, waiting_ms=2_000, gaps=()))
    return beat

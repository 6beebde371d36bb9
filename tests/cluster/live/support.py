"""The live service as a whole, for tests: broadcasts on air, ordered in a database, and what came of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from bench.live_material import figures, order_demo, wait
from claims.types import Finding
from ingest.recording.ledger import Coverage
from review.db.engine import open_engine
from review.db.tables.scheduling import FactRow, OrderRow
from review.stores import Stores
from review.streams.types import FindingQuery, StreamState, Wanted
from tests.ingest.support import run_ffmpeg
from tests.material import DEMO_FILM

OVER = (StreamState.ENDED, StreamState.FAILED)


def shortened(target: Path, *, start_s: int, seconds: int) -> Path:
    """A part of the packaged broadcast."""
    source = DEMO_FILM
    run_ffmpeg("-ss", str(start_s), "-i", source, "-t", str(seconds), "-c", "copy", target)
    return target


@dataclass(frozen=True)
class Desk:
    """The database as a customer's calls leave it and read it."""

    url: str
    stores: Stores = field(repr=False)

    def order(self, stream_id: str, source: str, *, max_ms: int | None = None) -> None:
        order_demo(self.url, stream_id, source, max_ms=max_ms)

    def stop(self, stream_id: str) -> None:
        """The customer wants it no more."""
        with self._writing() as connection:
            stopped = update(OrderRow).where(OrderRow.stream_id == stream_id).values(wanted=Wanted.STOP.value)
            connection.execute(stopped)

    def tell(self, stream_id: str, number: int, fact: Mapping[str, Any]) -> None:
        """The platform tells a fact."""
        values = {"stream_id": stream_id, "sequence": number, "received_at_ms": 0, "product_id": None, "value": None}
        with self._writing() as connection:
            connection.execute(insert(FactRow).values(values | dict(fact)))

    def state(self, stream_id: str) -> StreamState:
        return self.stores.streams.stream(stream_id).state

    def coverage(self, stream_id: str) -> Coverage:
        return self.stores.streams.coverage(stream_id)

    def findings(self, stream_id: str) -> tuple[Finding, ...]:
        page = self.stores.streams.findings(FindingQuery(stream_id=stream_id, limit=500))
        return tuple(one.finding for one in page.findings)

    def finding_ids(self, stream_id: str) -> frozenset[str]:
        return frozenset(finding.finding_id for finding in self.findings(stream_id))

    def analysed_ms(self, stream_id: str) -> int:
        lease = self.stores.leases.lease(stream_id)
        return 0 if lease is None else lease.analysed_ms

    def wait_over(self, *stream_ids: str, limit_s: float = 900) -> None:
        wait(lambda: all(self.state(s) in OVER for s in stream_ids), limit_s, lambda: str(figures("shard")))

    def _writing(self) -> Any:
        return open_engine(self.url).execution_options(writes=True).begin()


@contextmanager
def desk(url: str) -> Iterator[Desk]:
    stores = Stores.open(url)
    try:
        yield Desk(url, stores)
    finally:
        stores.close()

"""Sums over very many broadcasts are read now and then, not at every look."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from claims.types import Disposition, Finding
from review.db.engine import open_engine
from review.stores import Stores
from review.streams.totals import Sums


def test_a_sum_is_read_anew_once_it_is_old(
    stores: Stores, database_url: str, make_finding: Callable[..., Finding]
) -> None:
    now = [100.0]
    sums = Sums(clock=lambda: now[0])
    engine = open_engine(database_url)
    with Session(engine) as session:
        assert sums.tally(session).by_disposition == {}
    stores.stream_writer.add_findings([make_finding()])
    with Session(engine) as session:
        now[0] += 9.9
        assert sums.tally(session).by_disposition == {}
        now[0] += 0.2
        assert sums.tally(session).by_disposition == {Disposition.FLAG: 1}
        assert sums.coverage(session).span_ms == 0
    engine.dispose()
    assert stores.streams.tally().by_disposition == {Disposition.FLAG: 1}, "a small desk is always read"

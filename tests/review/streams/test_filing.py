"""Writers of findings beside each other: every number once and in order, nobody blocked for good."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from claims.types import Disposition, Finding
from review.db.tables.base import CounterRow
from review.stores import Stores
from review.streams.types import FindingQuery, Host, StreamRecord

MakeFinding = Callable[..., Finding]
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
STREAMS = ("s1", "s2", "s3", "s4")


def counter(stores: Stores) -> int:
    with stores.engine.connect() as connection:
        return connection.scalar(select(CounterRow.value).where(CounterRow.name == "finding")) or 0


@BOTH
def test_what_changes_nothing_takes_no_number(stores: Stores, make_finding: MakeFinding) -> None:
    stores.stream_writer.add_findings([make_finding(finding_id="f1"), make_finding(finding_id="f2")])
    assert counter(stores) == 2
    stores.stream_writer.add_findings([make_finding(finding_id="f1"), make_finding(finding_id="f2")])
    assert counter(stores) == 2
    stores.stream_writer.add_findings([make_finding(finding_id="f1"), make_finding(finding_id="f2", score=0.5)])
    assert counter(stores) == 3
    found = {each.finding.finding_id: each for each in stores.streams.findings(FindingQuery()).findings}
    assert [(found[name].created_seq, found[name].updated_seq) for name in ("f1", "f2")] == [(1, 1), (2, 3)]


@BOTH
def test_writers_of_many_broadcasts_in_any_order_all_come_through(
    stores: Stores, stream: StreamRecord, make_finding: MakeFinding
) -> None:
    for number, stream_id in enumerate(STREAMS):
        host = Host(id=f"h{number % 2}", name="小岚", platform="demo")
        stores.stream_writer.put_stream(replace(stream, stream_id=stream_id, host=host))
    failed: list[BaseException] = []
    written: set[str] = set()

    def write(writer: int) -> None:
        pick = random.Random(writer)
        try:
            for turn in range(12):
                findings = [
                    make_finding(
                        # Half of them are also another writer's, as when a broadcast is analysed twice.
                        finding_id=f"{stream_id}-{turn}-{writer // 2}",
                        stream_id=stream_id,
                        product_id=f"p{pick.randrange(3)}" if turn % 2 else "p1",
                        disposition=pick.choice([Disposition.FLAG, Disposition.NOTE]),
                        count=writer + 1,
                    )
                    for stream_id in pick.sample(STREAMS, 3)
                ]
                stores.stream_writer.add_findings(findings)
                written.update(finding.finding_id for finding in findings)
                stores.stream_writer.set_clip(findings[0].finding_id, f"clips/{writer}-{turn}.mp4", 0)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found: dict[str, int] = {}
    while page := stores.streams.findings(FindingQuery(after=max(found.values(), default=0), limit=50)).findings:
        found |= {each.finding.finding_id: each.created_seq for each in page}
    assert found.keys() == written
    assert len(set(found.values())) == len(written)
    told = [event.subject for event in stores.events.after("local", 0, 1000) if event.kind == "finding.created"]
    assert sorted(told) == sorted(written), "each is told once as new"

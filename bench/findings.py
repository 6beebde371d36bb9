"""Findings stored as a live recorder stores them, by several processes: how many a second, by how many statements."""

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from sqlalchemy import Engine, event, text

from bench.checkout import ROOT
from bench.sample import SAMPLE
from bench.stress import database
from claims.types import Finding, Passage
from cli.shell.benchmark_report import print_report, report_json
from ingest.recording.ledger import Ledger
from ingest.types import Segment
from review.db.engine import open_engine
from review.events.types import Event
from review.stores import Stores
from review.streams.types import FindingQuery, Host, StreamRecord
from review.stretches.types import Signal, Span, StretchTerms

_SEGMENT_MS = 2_000
# So many findings of a broadcast are one case: every so-manieth opens one.
_OF_ONE_CASE = 10
_START_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What each process stores: segments of `streams` broadcasts at a time, each with `findings` findings.

    `customers`: how many customers all broadcasts of all processes belong to.
    """

    url: str
    process: int
    processes: int
    customers: int
    streams: int = 16
    findings: int = 1
    seconds: float = 8.0


def run(quick: bool = False) -> list[dict[str, object]]:
    """SQLite and PostgreSQL, one customer and many, by one, four and eight processes."""
    counts, seconds = ((2,), 1.0) if quick else ((1, 4, 8), 8.0)
    return [
        stored(kind, processes, customers, seconds=seconds)
        for kind in ("postgresql", "sqlite")
        for customers in (1, 50)
        for processes in counts
    ]


@click.command(name="findings")
@click.option(
    "--database", "kind", type=click.Choice(["sqlite", "postgresql"]), default="postgresql", show_default=True
)
@click.option("--processes", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option("--customers", type=click.IntRange(1, 1_000), default=1, show_default=True)
@click.option("--streams", type=click.IntRange(1, 1_000), default=16, show_default=True, help="Of each process.")
@click.option("--findings", type=click.IntRange(0, 50), default=1, show_default=True, help="Of each segment.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=10.0, show_default=True)
@click.option("--least", type=click.FloatRange(0), help="Fail below so many findings a second.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    kind: str,
    processes: int,
    customers: int,
    streams: int,
    findings: int,
    seconds: float,
    least: float | None,
    as_json: bool,
) -> None:
    """Stores findings with what their segments give, by several processes; fail where anything is not as it must be.

    \b
    Example:
      zhenyan bench findings --processes 8 --seconds 10 --least 500
    """
    row = stored(kind, processes, customers, streams=streams, findings=findings, seconds=seconds)
    if as_json:
        click.echo(report_json("findings", [row]))
    else:
        print_report("findings", [row], Console())
    if row["faults"] or (least is not None and float(str(row["findings_per_s"])) < least):
        sys.exit(1)


def stored(
    kind: str, processes: int, customers: int, *, streams: int = 16, findings: int = 1, seconds: float = 8.0
) -> dict[str, object]:
    """What so many processes store in so long, every commit on the disk as the program has it, and whether it is so."""
    with database(kind, durable=True) as url:
        works = [
            Work(
                url=url,
                process=number,
                processes=processes,
                customers=customers,
                streams=streams,
                findings=findings,
                seconds=seconds,
            )
            for number in range(processes)
        ]
        prepared(works)
        empty_kb = _kilobytes(url)
        runs = _by_processes(works)
        taken = sorted(ms for each in runs for ms in each["taken_ms"])
        segments, took_s = len(taken), max(each["seconds"] for each in runs)
        return {
            "database": kind,
            "processes": processes,
            "customers": customers,
            "findings_per_s": round(segments * findings / took_s),
            "segments_per_s": round(segments / took_s),
            "statements_per_segment": round(sum(each["statements"] for each in runs) / max(1, segments), 1),
            "commits_per_segment": round(sum(each["commits"] for each in runs) / max(1, segments), 2),
            "p50_ms": _percentile(taken, 0.5),
            "p95_ms": _percentile(taken, 0.95),
            "row_kb_per_segment": round((_kilobytes(url) - empty_kb) / max(1, segments), 2),
            "faults": len(faults(url, segments * findings)),
        }


def prepared(works: Sequence[Work]) -> None:
    """The broadcasts of all processes, each lent to its process."""
    stores = Stores.open(works[0].url)
    for work in works:
        for number in range(work.streams):
            name = f"s{work.process}-{number}"
            tenant = f"t{(work.process * work.streams + number) % work.customers}"
            host = Host(id=f"{tenant}/h{name}", name="小岚", platform="demo")
            stores.stream_writer.put_stream(
                StreamRecord(stream_id=name, source="bench", host=host, title="", started_at=None, tenant_id=tenant)
            )
    stores.close()


def _by_processes(works: Sequence[Work]) -> list[dict[str, Any]]:
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.findings"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in works
    ]
    for process, work in zip(started, works, strict=True):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asdict(work)) + "\n")
        process.stdin.flush()
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate()[0]) for process in started]


@dataclass(slots=True)
class _Counted:
    statements: int = 0
    commits: int = 0


def write(work: Work, engine: Engine) -> dict[str, object]:
    """Stores segments of each of the process's broadcasts until its time is over: how long each took, in ms."""
    counted = _Counted()
    stores = Stores.over(engine)
    print("ready", flush=True)
    sys.stdin.readline()

    def statement(*_: object) -> None:
        counted.statements += 1

    def commit(_: object) -> None:
        counted.commits += 1

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    began, taken = time.monotonic(), list[float]()

    def carry(number: int) -> None:
        for given in segments_of(work, number):
            if time.monotonic() - began > work.seconds:
                return
            at = time.perf_counter()
            given.store(stores)
            taken.append(1000 * (time.perf_counter() - at))

    threads = [threading.Thread(target=carry, args=(number,)) for number in range(work.streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    stores.close()
    return {"taken_ms": taken, "seconds": seconds, **asdict(counted)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A segment and what it gave."""

    segment: Segment
    passages: Sequence[Passage]
    findings: Sequence[Finding]
    ledger: Ledger

    def store(self, stores: Stores) -> None:
        """As a recorder does."""
        stream_id, sequence = self.segment.stream_id, self.segment.sequence
        signal = Signal(
            sequence=sequence,
            start_ms=self.segment.start_ms,
            end_ms=self.segment.end_ms,
            spoken=(Span(start_ms=self.segment.start_ms, end_ms=self.segment.end_ms),),
        )
        findings = stores.stream_writer.worded(stream_id, self.passages, self.findings)
        self.ledger.analysed(self.segment.start_ms, self.segment.end_ms, [])
        stores.stream_writer.commit_segment(
            stream_id,
            sequence,
            findings=findings,
            passages=self.passages,
            coverage=self.ledger.coverage(),
            signal=signal,
            terms=StretchTerms(),
            segment=self.segment,
        )


def segments_of(work: Work, number: int) -> Iterator[Given]:
    """The segments of this broadcast of the process, one after the other."""
    stream_id, ledger, sequence = f"s{work.process}-{number}", Ledger(), 0
    while True:
        start_ms = sequence * _SEGMENT_MS
        segment = Segment(
            stream_id=stream_id,
            sequence=sequence,
            epoch=0,
            path=Path(f"{stream_id}/{sequence}.ts"),
            start_ms=start_ms,
            end_ms=start_ms + _SEGMENT_MS,
            source_start_ms=start_ms,
            received_at_ms=start_ms,
            byte_count=0,
            sha256=f"{sequence:064}",
            chain_sha256=f"{sequence:064}",
            gap_before_ms=0,
        )
        passage = Passage(
            stream_id=stream_id, id=f"u{sequence}", start_ms=start_ms, end_ms=start_ms + _SEGMENT_MS, text=SAMPLE.quote
        )
        findings = [
            replace(
                SAMPLE,
                finding_id=f"{stream_id}-{sequence}-{place}",
                stream_id=stream_id,
                passage_ids=(passage.id,),
                start_ms=start_ms + place,
                end_ms=start_ms + _SEGMENT_MS,
                claimed=f"{(sequence * work.findings + place) // _OF_ONE_CASE} W",
            )
            for place in range(work.findings)
        ]
        yield Given(segment=segment, passages=[passage], findings=findings, ledger=ledger)
        sequence += 1


def faults(url: str, findings: int) -> list[str]:
    """What is not as it must be: each finding stored and told once, in order; no number missing; the trail whole."""
    stores = Stores.open(url)
    announced: list[str] = []
    wrong: list[str] = []
    for tenant_id, head in stores.events.heads().items():
        events = list(_log(stores, tenant_id))
        if [each.sequence for each in events] != list(range(1, head + 1)):
            wrong.append(f"{tenant_id}: the log of events has gaps")
        created = [each for each in events if each.kind == "finding.created"]
        announced += [each.subject for each in created]
        wrong += _disordered(created)
    kept = list(_kept(stores))
    counts = {len(kept), len(set(kept)), len(announced), len(set(announced))}
    if counts != {findings} or set(kept) != set(announced):
        wrong.append(f"{findings} findings were given, {len(set(kept))} are stored, {len(announced)} were told")
    if (broken := stores.audit.verify()) is not None:
        wrong.append(str(broken))
    stores.close()
    return wrong


def _log(stores: Stores, tenant_id: str) -> Iterator[Event]:
    after = 0
    while page := stores.events.after(tenant_id, after, 1_000):
        yield from page
        after = page[-1].sequence


def _kept(stores: Stores) -> Iterator[str]:
    after = 0
    while found := stores.streams.findings(FindingQuery(after=after, limit=500)).findings:
        yield from (each.finding.finding_id for each in found)
        after = found[-1].created_seq


def _disordered(created: Sequence[Event]) -> Iterator[str]:
    latest: dict[str, tuple[int, int]] = {}
    for each in created:
        _, sequence, place = each.subject.rsplit("-", 2)
        now, stream_id = (int(sequence), int(place)), each.stream_id or ""
        if now <= latest.get(stream_id, (-1, -1)):
            yield f"{each.subject} was told out of its broadcast's order"
        latest[stream_id] = now


def _kilobytes(url: str) -> float:
    """What the database takes, its indexes with it."""
    engine = open_engine(url)
    if engine.dialect.name == "postgresql":
        asked = "select pg_database_size(current_database())"
    else:
        asked = "select page_count * page_size from pragma_page_count(), pragma_page_size()"
    with engine.connect() as connection:
        found = connection.scalar(text(asked))
    engine.dispose()
    return float(found) / 1000


def _percentile(ascending: Sequence[float], share: float) -> float:
    return round(ascending[math.ceil(share * len(ascending)) - 1], 1) if ascending else 0.0


def _write() -> None:
    work = Work(**json.loads(sys.stdin.readline()))
    print(json.dumps(write(work, open_engine(work.url))))


if __name__ == "__main__":
    _write()

"""Deletion of what is past its clock among many rows: how long looking takes, how fast cases and broadcasts go."""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from sqlalchemy import Engine, text

from bench.soak_parts import open_stores
from bench.stress import database
from cli.shell.benchmark_report import print_report, report_json
from review.db.engine import open_engine
from review.stores import Stores

# A broadcast of an hour: segments, passages, findings in one decided case, each told once.
_SEGMENTS, _PASSAGES, _FINDINGS = 1_800, 900, 20
_ROWS = _SEGMENTS + _PASSAGES + 3 * _FINDINGS + 4
_LONG_AGO_MS, _NOW_MS = 1_500_000_000_000, int(time.time() * 1000)
_RECORD = '{"finding_id": "f", "quote": "总功率可以做到一百瓦", "pad": "' + "x" * 1_200 + '"}'

_STREAMS = """
insert into streams (stream_id, source, host_id, host_name, platform, title, products, state, viewers, tenant_id,
                     created_at_ms)
select 's' || i, '', 'h' || i % 500, '小岚', 'demo', '', '[]', 'ended', 0, 'local',
       case when i < :old then :long_ago else :now end
from generate_series(0, :streams - 1) i
"""
_SEGMENT_ROWS = """
insert into segments (stream_id, sequence, epoch, path, start_ms, end_ms, source_start_ms, received_at_ms, byte_count,
                      sha256, chain_sha256, gap_before_ms, analysed)
select 's' || i, n, 0, 's' || i || '/' || n || '.ts', n * 2000, n * 2000 + 2000, n * 2000,
       case when i < :old then :long_ago else :now end, 600000, repeat('0', 64), repeat('1', 64), 0, true
from generate_series(0, :streams - 1) i, generate_series(0, :segments - 1) n
"""
_PASSAGE_ROWS = """
insert into passages (stream_id, id, channel, start_ms, end_ms, text, unconfirmed, doubts, words, number)
select 's' || i, 'u' || n, 'speech', n * 4000, n * 4000 + 3000, '两个口一起用，它的总功率可以做到一百瓦',
       '[]', '[]', '[]', n + 1
from generate_series(0, :streams - 1) i, generate_series(0, :passages - 1) n
"""
_FINDING_ROWS = """
insert into findings (finding_id, stream_id, host_id, class, verdict, disposition, severity, score, start_ms, count,
                      created_seq, updated_seq, clip, clip_start_ms, record)
select 'f' || i || '-' || n, 's' || i, 'h' || i % 500, 'SPEC_PARAM', 'contradicted', 'flag', 'medium', 0.9, n * 1000, 1,
       i * :findings + n + 1, i * :findings + n + 1, 'clips/f' || i || '-' || n || '.mp4', 0, cast(:record as json)
from generate_series(0, :streams - 1) i, generate_series(0, :findings - 1) n
"""
_CASE_ROWS = """
insert into cases (case_id, case_key, host_id, host_name, platform, class, severity, quote, script, state, rank, why,
                   opened_at_ms, changed_at_ms, changed_seq, finding_count, stream_count, said_count, top_finding_id,
                   score, reach, complained, sampled, version, number)
select 'c' || i, 'k' || i, 'h' || i % 500, '小岚', 'demo', 'SPEC_PARAM', 'medium', '', '', 'cleared', 0, '[]',
       case when i < :old then :long_ago else :now end, case when i < :old then :long_ago else :now end, i,
       :findings, 1, :findings, 'f' || i || '-0', 0.9, 0, false, false, 1, i
from generate_series(0, :streams - 1) i
"""
_CASE_FINDING_ROWS = """
insert into case_findings (finding_id, case_id, stream_id)
select 'f' || i || '-' || n, 'c' || i, 's' || i
from generate_series(0, :streams - 1) i, generate_series(0, :findings - 1) n
"""
_EVENT_ROWS = """
insert into events (tenant_id, sequence, event_id, at_ms, kind, subject, host_id, stream_id, body)
select 'local', i * :findings + n + 1, 'local-' || i * :findings + n + 1, :now, 'finding.created',
       'f' || i || '-' || n, 'h' || i % 500, 's' || i, cast(:record as json)
from generate_series(0, :streams - 1) i, generate_series(0, :findings - 1) n
"""
_TABLES = (_STREAMS, _SEGMENT_ROWS, _PASSAGE_ROWS, _FINDING_ROWS, _CASE_ROWS, _CASE_FINDING_ROWS, _EVENT_ROWS)


def run(quick: bool = False) -> list[dict[str, object]]:
    """A million rows on PostgreSQL; quick: some ten thousand."""
    return [swept(20_000, 2)] if quick else [swept(1_000_000, 20)]


@click.command(name="retention")
@click.option("--rows", type=click.IntRange(10_000, 100_000_000), default=1_000_000, show_default=True)
@click.option("--old", type=click.IntRange(1), default=20, show_default=True, help="Broadcasts past their clock.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(rows: int, old: int, as_json: bool) -> None:
    """Delete some hours' broadcasts, with their cases, from among so many rows on PostgreSQL.

    \b
    Example:
      zhenyan bench retention --rows 10000000
    """
    row = swept(rows, old)
    if as_json:
        click.echo(report_json("retention", [row]))
    else:
        print_report("retention", [row], Console())
    if row["left"]:
        sys.exit(1)


def swept(rows: int, old: int) -> dict[str, object]:
    """What deleting takes; `left`: broadcasts past their clock that are still there."""
    streams = max(old + 1, rows // _ROWS)
    with database("postgresql") as url, tempfile.TemporaryDirectory() as folder:
        stores = open_stores(url, Path(folder))
        engine = open_engine(url)
        began = time.monotonic()
        _fill(engine, streams, old)
        filled_s = time.monotonic() - began
        first_s, gone = _sweep(stores)
        again_s, _ = _sweep(stores)
        with engine.connect() as connection:
            left = connection.scalar(
                text("select count(*) from streams where created_at_ms = :long_ago"), {"long_ago": _LONG_AGO_MS}
            )
        engine.dispose()
        stores.close()
        return {
            "rows": streams * _ROWS,
            "filled_s": round(filled_s, 1),
            "cases": gone["case"],
            "broadcasts": gone["broadcast"],
            "rows_gone": gone["rows"],
            "sweep_s": round(first_s, 2),
            "rows_per_s": round(gone["rows"] / first_s),
            "nothing_to_do_s": round(again_s, 2),
            "left": left,
        }


def _fill(engine: Engine, streams: int, old: int) -> None:
    values = {
        "streams": streams,
        "old": old,
        "long_ago": _LONG_AGO_MS,
        "now": _NOW_MS,
        "segments": _SEGMENTS,
        "passages": _PASSAGES,
        "findings": _FINDINGS,
        "record": _RECORD,
    }
    for table in _TABLES:
        with engine.begin() as connection:
            connection.execute(text(table), {name: value for name, value in values.items() if f":{name}" in table})
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("analyze"))


def _sweep(stores: Stores) -> tuple[float, Counter[str]]:
    began = time.monotonic()
    gone: Counter[str] = Counter()
    for erased in stores.retention().sweep():
        gone[erased.kind] += 1
        gone["rows"] += erased.row_count
    return time.monotonic() - began, gone

"""Simulated broadcasts through the real dispatcher, leases and database: how soon findings are stored, what is lost."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import click
from rich.console import Console

from bench.postgres import new_database, running_postgres
from bench.soak_parts import SoakActorFactory
from bench.stress_faults import Breaks
from bench.stress_report import Bounds
from bench.stress_run import ActorFactory, Load, stress
from bench.stress_shard import Simulation
from cli.shell.benchmark_report import print_report, report_json

_LOADS = {True: Load(streams=20, seconds=6), False: Load(streams=100, seconds=60)}


def run(quick: bool = False) -> list[dict[str, object]]:
    """SQLite and PostgreSQL, one after the other."""
    rows = []
    for kind in ("sqlite", "postgresql"):
        with database(kind) as url:
            rows.append({"database": kind} | stress(url, _LOADS[quick]).row())
    return rows


@click.command(name="stress")
@click.option("--streams", type=click.IntRange(1, 2_000), default=100, show_default=True)
@click.option("--seconds", type=click.IntRange(2, 86_400), default=60, show_default=True, help="Of each broadcast.")
@click.option("--shards", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--segment-ms", type=click.IntRange(200, 60_000), default=1_000, show_default=True)
@click.option("--engine-ms", type=click.IntRange(0, 60_000), default=10, show_default=True, help="A segment's cost.")
@click.option("--engines", type=click.IntRange(1, 256), default=4, show_default=True, help="Of each worker.")
@click.option("--database", "kind", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@click.option("--shed-ms", type=click.IntRange(1_000), default=20_000, show_default=True, help="Left out after that.")
@click.option("--kill", is_flag=True, help="Kill a third of the workers, cut the database, move a clock.")
@click.option("--most-p50-ms", type=click.IntRange(1), help="Fail if the median is above.")
@click.option("--most-p95-ms", type=click.IntRange(1), help="Fail if the 95th percentile is above.")
@click.option("--most-p99-ms", type=click.IntRange(1), help="Fail if the 99th percentile is above.")
@click.option("--most-dropped", type=click.IntRange(0), help="Fail if more segments were left out as overload.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    streams: int,
    seconds: int,
    shards: int,
    segment_ms: int,
    engine_ms: int,
    engines: int,
    kind: str,
    shed_ms: int,
    kill: bool,
    most_p50_ms: int | None,
    most_p95_ms: int | None,
    most_p99_ms: int | None,
    most_dropped: int | None,
    as_json: bool,
) -> None:
    """Carry simulated broadcasts for a while; fail where limits are passed, or anything is lost, doubled or disordered.

    \b
    Example:
      zhenyan bench stress --streams 100 --seconds 60 --most-p95-ms 1000 --most-dropped 0
    """
    load = Load(
        streams=streams,
        seconds=seconds,
        shards=shards,
        segment_ms=segment_ms,
        engine_ms=engine_ms,
        engines=engines,
        shed_ms=shed_ms,
        kill=kill,
    )
    bounds = Bounds(p50_ms=most_p50_ms, p95_ms=most_p95_ms, p99_ms=most_p99_ms, dropped=most_dropped)
    with database(kind, durable=True) as url:
        if kill:
            with breaking(url) as breaks:
                report = stress(url, load, **breaks)
        else:
            report = stress(url, load)
    rows: list[dict[str, object]] = [{"database": kind} | report.row()]
    if as_json:
        click.echo(report_json("stress", rows))
    else:
        print_report("stress", rows, Console())
    for line in (wrong := [*report.wrong, *bounds.passed(report)]):
        click.echo(f"zhenyan: stress: {line}", err=True)
    if wrong:
        sys.exit(1)


class Breaking(TypedDict):
    """What `stress` takes besides, for a run in whose middle much breaks."""

    factory_of: Callable[[Simulation, Load], ActorFactory]
    strike: Callable[[], None]


@contextmanager
def breaking(url: str) -> Iterator[Breaking]:
    """Workers whose clocks may jump, and what breaks: a third of them, the dispatcher, the database, a clock."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield {
            "factory_of": lambda simulation, load: SoakActorFactory(simulation=simulation, load=load, folder=folder),
            "strike": Breaks(url=url, folder=folder).strike,
        }


@contextmanager
def database(kind: str, *, durable: bool = False) -> Iterator[str]:
    """A fresh database of this kind for the time of a run; `durable`: a commit outlives a server that dies."""
    if kind == "postgresql":
        with running_postgres(durable=durable) as server:
            yield new_database(server, "stress")
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'stress.db'}"

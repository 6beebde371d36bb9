"""The desk's pages with 100 000 cases and 1 000 000 findings, on SQLite and PostgreSQL: server time, query plans.

Pages are asked for through the real app in this process, logged in, so that a figure holds routing, session, queries
and the template, and no network.
"""

import asyncio
import math
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import httpx
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

import configs
from bench.desk_material import FULL, NOW, SMALL, Material, Size, size_of
from bench.postgres import new_database, running_postgres
from cli.shell.benchmark_report import print_report, report_json
from cli.shell.tables import open_console
from review.accounts.types import Role
from review.cases.queries import CaseQuery, read_counts
from review.cases.types import CaseState
from review.db.engine import open_engine
from review.enforcement.penalty_table import read_measures, read_retention
from review.enforcement.store import EnforcementSetup
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores

Row = dict[str, object]
_REPEATS = 40
_WARM_UPS = 3


def run(quick: bool = False) -> list[Row]:
    """Rows by database and page, by database and query, and the plan of every statement that reads much."""
    return _run(SMALL, 3) if quick else _run(FULL, _REPEATS)


@click.command()
@click.option(
    "--findings", type=click.IntRange(1_000), default=1_000_000, show_default=True, help="How many there are."
)
@click.option("--repeats", type=click.IntRange(1), default=_REPEATS, show_default=True, help="Calls of each page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: machine and rows.")
def command(findings: int, repeats: int, as_json: bool) -> None:
    """The desk's pages with so many findings, a tenth as many cases, on SQLite and PostgreSQL."""
    rows = _run(size_of(findings), repeats)
    if as_json:
        click.echo(report_json("desk", rows))
    else:
        print_report("desk", rows, open_console())


def _run(size: Size, repeats: int) -> list[Row]:
    with TemporaryDirectory() as folder:
        rows = _measured(f"sqlite:///{folder}/desk.db", size, repeats, Path(folder))
        with running_postgres() as server:
            rows += _measured(new_database(server, "desk"), size, repeats, Path(folder))
    return rows


def _measured(url: str, size: Size, repeats: int, data_dir: Path) -> list[Row]:
    engine = open_engine(url)
    name = engine.dialect.name
    due = EnforcementSetup(
        measures=read_measures(configs.ROOT / "enforcement"),
        retention=read_retention(configs.ROOT / "enforcement"),
        data_dir=data_dir,
    )
    stores = Stores.over(engine, now=lambda: NOW, enforcement=due)
    started = time.perf_counter()
    Material(size).write(engine)
    filled_s = round(time.perf_counter() - started, 1)
    rows: list[Row] = [{"table": "size", "database": name, "cases": size.cases, "findings": size.findings}]
    rows[0] |= {"fill_s": filled_s, "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    rows += [
        {"table": "query", "database": name, "query": what} | _timed(ask, repeats)
        for what, ask in _queries(stores, engine).items()
    ]
    rows += asyncio.run(_page_rows(stores, engine, repeats, data_dir))
    stores.close()
    return rows


def _queries(stores: Stores, engine: Engine) -> dict[str, Callable[[], object]]:
    cases = stores.cases
    first = cases.queue(CaseQuery())
    deep = cases.queue(CaseQuery(limit=5000)).next_after
    person = stores.people.log_in_known("bench", "queries", "queries", "", Role.SENIOR).person
    return {
        "queue": lambda: cases.queue(CaseQuery()),
        "queue, what one person may take": lambda: cases.queue(CaseQuery(decidable_by=person)),
        "queue, 5 000 cases down": lambda: cases.queue(CaseQuery(after=deep)),
        "queue, one class": lambda: cases.queue(CaseQuery(class_id="ORIGIN")),
        "queue, one severity": lambda: cases.queue(CaseQuery(severity="critical")),
        "queue, decided cases": lambda: cases.queue(CaseQuery(states=(CaseState.CONFIRMED,))),
        "queue counts": lambda: cases.counts(CaseQuery()),
        "queue counts, counted anew": lambda: _count_anew(engine),
        "what falls due": stores.deadlines.notify,
        "same script": lambda: cases.same_script(first.cases[0].id),
    }


def _count_anew(engine: Engine) -> object:
    with Session(engine) as session:
        return read_counts(session, CaseQuery())


async def _page_rows(stores: Stores, engine: Engine, repeats: int, data_dir: Path) -> list[Row]:
    app = create_app(stores, data_dir, access=Access(auth=Auth.LOCAL))
    login = stores.people.log_in_known("bench", "pages", "pages", "", Role.SENIOR)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    host_id = stores.cases.queue(CaseQuery()).cases[0].host_id
    rows: list[Row] = []
    seen: set[str] = set()
    name = engine.dialect.name
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", cookies={"zhenyan": login.token}
    ) as client:
        for what, path in _pages(stores, engine, host_id).items():
            moved = what.endswith("counters moved")
            began = time.perf_counter()
            with _statements(engine) as statements:
                answer = await client.get(path)
            answer.raise_for_status()
            first_ms = round((time.perf_counter() - began) * 1000, 1)
            taken, worked = [], []
            for turn in range(_WARM_UPS + repeats):
                if moved:
                    _move_counter(engine)
                started, busy = time.perf_counter(), time.process_time()
                await client.get(path)
                if turn >= _WARM_UPS:
                    taken.append(time.perf_counter() - started)
                    worked.append(time.process_time() - busy)
            size = {"kb": round(len(answer.content) / 1024, 1), "statements": len(statements)}
            rows.append(
                {"table": "page", "database": name, "page": what} | _row(taken, worked) | {"first_ms": first_ms} | size
            )
            for statement, parameters, took_s in statements:
                if statement not in seen and statement.lstrip().lower().startswith(("select", "with")):
                    seen.add(statement)
                    rows.append(_plan_row(engine, what, statement, parameters, took_s))
    app.state.events.close()
    return rows


def _pages(stores: Stores, engine: Engine, host_id: str) -> dict[str, str]:
    with engine.connect() as connection:
        large, finding_id, stream_id = connection.execute(
            text(
                "select c.case_id, c.top_finding_id, f.stream_id from cases c join findings f on "
                "f.finding_id = c.top_finding_id where c.state = 'open' order by c.finding_count desc limit 1"
            )
        ).one()
        batch_id = connection.scalar(text("select min(batch_id) from batches"))
        measure_id = connection.scalar(text("select min(measure_id) from measures where state = 'in_force'"))
        appeal_id = connection.scalar(text("select min(appeal_id) from appeals where state = 'filed'"))
        reanalysis_id = connection.scalar(text("select min(reanalysis_id) from reanalyses"))
    first = stores.cases.queue(CaseQuery()).cases[0].id
    return {
        "queue": "/",
        "queue, counters moved": "/?lang=zh",
        "queue, one class": "/?class=ORIGIN",
        "queue, one host": f"/?host={host_id}",
        "queue, one broadcast": f"/?state=waiting&stream={stream_id}",
        "queue, decided cases": "/?state=confirmed",
        "queue fragment": "/partials/queue",
        "case, the first of the queue": f"/cases/{first}",
        "case, the one with most findings": f"/cases/{large}",
        "findings of all broadcasts": "/findings",
        "findings of one broadcast": f"/findings?stream={stream_id}",
        "finding": f"/findings/{finding_id}",
        "dashboards": "/dashboards",
        "dashboards, counters moved": "/dashboards?days=90",
        "trends by class": "/trends",
        "trends by detector, a week each": "/trends?by=rule&step=week&days=90",
        "trends by policy": "/trends?by=policy",
        "trends by goods": "/trends?by=goods&days=90",
        "trends, cases behind": "/trends/cases?first=2026-11-01&last=2026-11-24&what=confirmed&key=ORIGIN",
        "on air": "/live",
        "on air, one broadcast": f"/live/{stream_id}",
        "lessons": "/teaching",
        "lessons, counters moved": "/teaching?days=90",
        "quality": "/quality",
        "quality, counters moved": "/quality?days=90",
        "quality, a bar": "/quality/bar?name=ORIGIN&bar=0.8",
        "quality, people": "/quality/people",
        "quality, one's own": "/quality/me",
        "learning": "/learning",
        "words": "/words",
        "host": f"/hosts/{host_id}",
        "measures": "/measures",
        "measure": f"/measures/{measure_id}",
        "appeals": "/appeals",
        "appeal": f"/appeals/{appeal_id}",
        "passports": "/passports",
        "passports, searched": "/passports?q=充电器",
        "passport": "/passports/P-000000",
        "batches": "/batches",
        "batch": f"/batches/{batch_id}",
        "analyses anew": "/reanalyses",
        "analysis anew": f"/reanalyses/{reanalysis_id}",
        "replays": "/replays",
        "audit trail": "/audit",
        "audit trail, one person": "/audit?who=person-3",
        "audit trail, one host": f"/audit?case=host:{host_id}",
        "decisions": "/decisions",
        "decisions, one person": "/decisions?who=person-3",
        "tenants": "/tenants",
        "webhooks": "/webhooks",
        "notifications": "/notifications",
        "API, quality": "/v1/quality?by=class",
        "API, quality by goods": "/v1/quality?by=goods&days=90",
        "API, findings": "/v1/findings?after=500000",
        "API, cases": "/v1/cases",
    }


@contextmanager
def _statements(engine: Engine) -> Iterator[list[tuple[str, Any, float]]]:
    """What the database is asked meanwhile, with parameters and seconds."""
    found: list[tuple[str, Any, float]] = []
    started: list[float] = []

    def before(_connection: object, _cursor: object, *_rest: object) -> None:
        started.append(time.perf_counter())

    def after(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        found.append((statement, parameters, time.perf_counter() - started.pop()))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _plan_row(engine: Engine, page: str, statement: str, parameters: Any, took_s: float) -> Row:
    postgres = engine.dialect.name == "postgresql"
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"explain {'' if postgres else 'query plan '}{statement}", parameters)
        plan = [str(row[0] if postgres else row[3]) for row in cursor.fetchall()]
    shown = " ".join(statement.split())
    return {
        "table": "plan",
        "database": engine.dialect.name,
        "page": page,
        "first_ms": round(took_s * 1000, 1),
        "statement": shown if len(shown) < 300 else f"{shown[:60]} … {shown[shown.find(' FROM ') :][:230]}",
        "plan": "\n".join(plan),
    }


def _move_counter(engine: Engine) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("update counters set value = value + 1 where name = 'case'"))


def _timed(ask: Callable[[], object], repeats: int) -> Row:
    taken, worked = [], []
    for turn in range(_WARM_UPS + repeats):
        started, busy = time.perf_counter(), time.process_time()
        ask()
        if turn >= _WARM_UPS:
            taken.append(time.perf_counter() - started)
            worked.append(time.process_time() - busy)
    return _row(taken, worked)


def _row(taken: list[float], worked: list[float]) -> Row:
    """Wall time, and the time that this process worked: on a busy machine the two part."""
    shares = {"p50_ms": (taken, 0.5), "p95_ms": (taken, 0.95), "cpu_p50_ms": (worked, 0.5)}
    return {name: round(_percentile(times, share) * 1000, 1) for name, (times, share) in shares.items()}


def _percentile(taken: Sequence[float], share: float) -> float:
    """The time that this share of the calls stayed within."""
    return sorted(taken)[min(len(taken) - 1, math.ceil(share * len(taken)) - 1)]

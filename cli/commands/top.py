"""`zhenyan top`: the live service in the terminal, from the database alone."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.config.settings import load_settings
from cli.shell.options import config_option
from cli.shell.tables import cells, open_console
from review.scheduling.overview import LiveView, WatchedStream
from review.scheduling.types import Priority
from review.stores import Stores

_LATE_MS, _VERY_LATE_MS = 10_000, 30_000


@click.command(name="top")
@click.option("--once", is_flag=True, help="Print the view once and end; so does a pipe.")
@click.option("--json", "as_json", is_flag=True, help="Print the view once as JSON.")
@click.option("--every", metavar="SECONDS", type=click.FloatRange(min=0.2), default=1.0, show_default=True)
@config_option
def command(once: bool, as_json: bool, every: float, config_file: Path | None) -> None:
    """Show which broadcasts run where, how far behind each is, and how much of each was really analysed.

    \b
    Example:
      zhenyan top --once
    """
    stores = Stores.open(load_settings(config_file).store_url)
    console = open_console()
    try:
        if as_json:
            click.echo(json.dumps(asdict(stores.overview.view()), ensure_ascii=False, default=str))
        elif once or not console.is_terminal:
            console.print(shown(stores.overview.view()))
        else:
            with Live(shown(stores.overview.view()), console=console, screen=True, auto_refresh=False) as live:
                while True:
                    time.sleep(every)
                    live.update(shown(stores.overview.view()), refresh=True)
    finally:
        stores.close()


def shown(view: LiveView) -> RenderableType:
    """The view as tables: a line of sums, the workers, the broadcasts, the latest first within a priority."""
    moment = datetime.fromtimestamp(view.at_ms / 1000, UTC)
    capacity = sum(worker.capacity for worker in view.workers if not worker.draining)
    waiting = sum(not stream.worker_id for stream in view.streams)
    head = Text(
        f"{moment:%H:%M:%S} UTC · {len(view.streams)} broadcasts, {waiting} wait · {len(view.workers)} workers, "
        f"room for {capacity:g} · " + ", ".join(f"{count} {state.value}" for state, count in view.states.items())
    )
    return Group(head, _workers(view), _streams(view))


def _workers(view: LiveView) -> Table:
    table = Table(
        "worker", "node", "carries", "of", "hearing waits", "reading waits", "shed", "beat", "", title="workers"
    )
    for worker in view.workers:
        figures = worker.figures
        silent_ms = view.at_ms - worker.beat_at_ms
        state = "draining" if worker.draining else ""
        table.add_row(
            worker.worker_id,
            worker.node,
            str(view.carried(worker.worker_id)),
            f"{worker.capacity:g}",
            _seconds(figures.get("hearing_wait_s")),
            _seconds(figures.get("reading_wait_s")),
            _ratio(figures.get("work_ratio")),
            f"{silent_ms / 1000:.0f} s",
            *cells(" ".join(filter(None, (state, worker.why)))),
            style="yellow" if state else "",
        )
    return table


def _streams(view: LiveView) -> Table:
    table = Table(
        "stream", "host", "state", "priority", "worker", "recorded", "lag", "coverage", "failed", "", title="broadcasts"
    )
    for stream in view.streams:
        table.add_row(
            stream.stream_id,
            *cells(stream.host_name),
            stream.state.value,
            _priority(stream.priority),
            stream.worker_id or "—",
            _clock(stream.recorded_ms),
            f"{stream.lag_ms / 1000:.1f} s",
            "—" if stream.coverage is None else f"{stream.coverage:.1%}",
            str(stream.restarts or ""),
            *cells(stream.error or stream.why),
            style=_style(stream),
        )
    return table


def _style(stream: WatchedStream) -> str:
    if not stream.worker_id or stream.lag_ms > _VERY_LATE_MS:
        return "red"
    return "yellow" if stream.lag_ms > _LATE_MS else ""


def _priority(rank: int) -> str:
    return Priority(rank).name.lower() if rank in set(Priority) else str(rank)


def _clock(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _seconds(value: object) -> str:
    return f"{value:.1f} s" if isinstance(value, int | float) else "—"


def _ratio(value: object) -> str:
    return f"{value:.2f}×" if isinstance(value, int | float) else "—"

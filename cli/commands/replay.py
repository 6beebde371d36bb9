"""`zhenyan replay`: what another policy would have found in what is stored, before it goes live."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from claims.policy.packaged import policy_at
from cli.config.replays import replay_job
from cli.config.settings import load_settings
from cli.shell.file_modes import create
from cli.shell.options import config_option, read_moment
from cli.shell.records import InputError, require_folder
from cli.shell.tables import open_console
from cli.shell.terminal import on_one_line
from cluster.replay.run import ReplayProgress, replay
from review.presentation.findings import stream_clock
from review.replays.report import Group, ReplayReport, report_json
from review.replays.types import Change, ChangeKind, Scope
from review.server.pages.replay_report import report_html
from review.stores import Stores

_HOUR_MS = 3_600_000
_SHOWN_ROWS = 12
_SHOWN_SAMPLES = 5
_QUOTE_CHARS = 40
_SIGN = {ChangeKind.FLAGGED: "+", ChangeKind.CLEARED: "-", ChangeKind.CHANGED: "~"}


@click.command(name="replay")
@click.option(
    "--policy",
    "policy_dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder of the candidate policy.",
)
@click.option(
    "--second-reader",
    "readers",
    metavar="MODEL",
    multiple=True,
    help="Instead: what this model makes of what is in doubt, beside none; given twice, beside the first (or off).",
)
@click.option("--since", metavar="ISO8601", callback=read_moment, help="Only broadcasts that started then or later.")
@click.option("--until", metavar="ISO8601", callback=read_moment, help="Only broadcasts that started before.")
@click.option("--stream", "stream_ids", metavar="ID", multiple=True, help="Only this broadcast (repeatable).")
@click.option("--workers", metavar="N", type=click.IntRange(1, 256), help="Processes; default one for each core.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page, too.",
)
@click.option("--store", "keep", is_flag=True, help="Hand the policy in, so that it can be proposed at the desk.")
@config_option
def command(
    policy_dir: Path | None,
    readers: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    stream_ids: tuple[str, ...],
    workers: int | None,
    as_json: bool,
    report_file: Path | None,
    keep: bool,
    config_file: Path | None,
) -> None:
    """Replay stored passages under a candidate policy, beside the policy in force.

    Prints what the candidate would newly flag, no longer flag, and flag otherwise (class, verdict, article), by class,
    host and category, and which decisions of people it would reverse. Nothing that is stored changes. Each broadcast is
    judged as it was, with what was seen of its products; of recordings made before that was kept, words alone.

    With --second-reader, what a language model makes of the stored findings that are in doubt, beside what people
    decided; what it answered before is not asked again, and every call counts against the budget.

    \b
    Example:
      zhenyan replay --policy candidate/ --since 2026-10-01 --report replay.html
      zhenyan replay --second-reader off --second-reader qwen3-32b
    """
    settings = load_settings(config_file)
    if len(readers) > 2 or bool(readers) == bool(policy_dir):
        raise click.UsageError("give --policy DIR, or --second-reader MODEL once or twice")
    if report_file is not None:
        require_folder("--report", report_file.absolute().parent)
    if not settings.data_dir.is_dir():
        raise InputError(f"setting data_dir: folder {settings.data_dir} does not exist: nothing is stored there")
    scope = Scope(since=since, until=until, stream_ids=stream_ids)
    if policy_dir is None:
        from cli.commands.second_reader_replay import compare_readers

        compare_readers(settings, scope, readers, as_json=as_json)
        return
    policy_at(policy_dir)
    with _progress() as on_progress:
        report = replay(replay_job(settings, policy_dir), scope, workers=workers or _cores(), on_progress=on_progress)
    assert report is not None
    if keep:
        _hand_in(settings.store_url, policy_dir, scope, report)
    if report_file is not None:
        with create(report_file) as page:
            page.write(report_html(report))
    if as_json:
        click.echo(json.dumps(report_json(report), ensure_ascii=False))
    else:
        _print(report, open_console())


def _hand_in(url: str, policy_dir: Path, scope: Scope, report: ReplayReport) -> None:
    stores = Stores.open(url)
    try:
        version = stores.policies.add_version(policy_at(policy_dir), "cli")
        stores.replays.add_done(version.digest, scope, "cli", report_json(report))
    finally:
        stores.close()
    click.echo(f"zhenyan: policy {version.name} is kept as {version.digest[:12]}; propose it at /replays", err=True)


@contextmanager
def _progress() -> Iterator[Callable[[ReplayProgress], bool]]:
    """Shows how far a replay is, on a terminal only."""
    console = open_console(to_errors=True)
    if not console.is_terminal:
        yield lambda _: True
        return
    columns = (
        TextColumn("replaying"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def on_progress(progress: ReplayProgress) -> bool:
            hours = f"{progress.span_ms / _HOUR_MS:.1f} h of broadcasts"
            bar.update(task, completed=progress.done, total=progress.total, description=hours)
            return True

        yield on_progress


def _print(report: ReplayReport, console: Console) -> None:
    console.print(
        f"{report.candidate.name} ({report.candidate.digest[:12]}) beside {report.live.name} "
        f"({report.live.digest[:12]}), semantic {report.semantic}\n"
        f"{report.stream_count} broadcasts, {report.hours:.1f} h, {report.passage_count} passages; "
        f"flags {report.before} → {report.after}: {report.counts[ChangeKind.FLAGGED]} newly flagged, "
        f"{report.counts[ChangeKind.CLEARED]} newly cleared, {report.counts[ChangeKind.CHANGED]} changed",
        highlight=False,
    )
    decisions = report.decisions
    console.print(
        f"would reverse {decisions.reversed} confirmed decisions and keep {decisions.kept}; of what people found "
        f"lawful it would drop {decisions.agreed} and newly flag {decisions.against}",
        highlight=False,
    )
    for title, groups in (("class", report.by_class), ("host", report.by_host), ("category", report.by_category)):
        _print_groups(title, groups, console)
    for kind in ChangeKind:
        for change in report.samples[kind][:_SHOWN_SAMPLES]:
            console.print(_sample(change), highlight=False, soft_wrap=True)
    for one in report.skipped:
        click.echo(f"zhenyan: {on_one_line(f'{one.stream_id}: not replayed: {one.why}')}", err=True)
    if report.missing:
        click.echo(f"zhenyan: no passport was kept of {', '.join(report.missing)}", err=True)


def _print_groups(title: str, groups: tuple[Group, ...], console: Console) -> None:
    moved = [group for group in groups if group.moved]
    if not moved:
        return
    table = Table(title, "flags before", "after", "newly flagged", "newly cleared", "changed")
    for group in moved[:_SHOWN_ROWS]:
        name = group.name or "none"
        table.add_row(name, *map(str, (group.before, group.after, group.flagged, group.cleared, group.changed)))
    console.print(table)


def _sample(change: Change) -> str:
    said = change.said
    what = said.class_id
    if change.kind is ChangeKind.CHANGED and change.before is not None:
        parts = "; ".join(f"{part}: {_shown(change.before, part)} → {_shown(said, part)}" for part in change.parts)
        what = f"{said.class_id} ({parts})"
    quote = said.quote if len(said.quote) <= _QUOTE_CHARS else said.quote[: _QUOTE_CHARS - 1] + "…"
    return f"{_SIGN[change.kind]} {change.stream_id} {stream_clock(said.start_ms)} {what} {quote}"


def _shown(said: object, part: str) -> str:
    value = getattr(said, part)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

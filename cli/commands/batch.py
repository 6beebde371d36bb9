"""`zhenyan batch`: archives in, findings, passages and a report out; goes on where it stopped."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from claims.policy.packaged import policy_at
from cli.commands.screen import check_allowed
from cli.config.reading_again import read_batch_again
from cli.config.settings import load_settings
from cli.shell.file_modes import share
from cli.shell.folders import make_data_folder, make_shared_folder
from cli.shell.options import config_option, judging_options
from cli.shell.records import chosen_passports, now
from cli.shell.tables import open_console
from cli.shell.terminal import on_one_line
from cluster.batch.folder import FILES, FINDINGS, PASSAGES, kept_moment
from cluster.batch.report import REPORT, write_report
from cluster.batch.run import run_batch
from cluster.batch.sources import batch_sources
from cluster.batch.types import BatchJob, FileProgress, FileResult, FileState
from net.errors import ZhenyanError


class BatchFailed(ZhenyanError):
    """Some files could not be screened; the others were."""

    exit_code = 1


@click.command(name="batch")
@click.argument("places", metavar="PATH…", nargs=-1, required=True)
@judging_options
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where findings.jsonl, passages.jsonl, files.jsonl and report.html are written.",
)
@click.option("--workers", metavar="N", type=click.IntRange(1, 256), help="Processes; default one for each core.")
@click.option("--host", "host_id", metavar="ID", help="Whose broadcasts these are; default the name of their folder.")
@click.option("--store", "stores", is_flag=True, help="Keep findings, passages and recordings for review as well.")
@click.option(
    "--allow-net", multiple=True, metavar="HOST[:PORT]", help="Allow this private or loopback host (repeatable)."
)
@config_option
def command(
    places: tuple[str, ...],
    passports_file: Path,
    products: str | None,
    facts_file: Path | None,
    at: datetime | None,
    policy_dir: Path | None,
    out: Path,
    workers: int | None,
    host_id: str | None,
    stores: bool,
    allow_net: tuple[str, ...],
    config_file: Path | None,
) -> None:
    """Screen archives: media files, folders of them, objects of a store (s3://…), addresses, or lists (.txt) of these.

    Every segment is kept when it is analysed: called again with the same folder, it goes on after the last one. Files
    with the same content are screened once. A file that can't be screened is told of and stops no other.

    Exit status: 0 all were screened, 1 some were not, 2 the call was wrong.

    \b
    Example:
      zhenyan batch archive/ more.txt s3://bucket/november/ --passports passports.yaml --out november/ \\
          --at 2026-11-24T20:00:00+08:00
    """
    settings = load_settings(config_file)
    folder = policy_dir or settings.policy_folder
    policy = policy_at(folder)
    at = at or kept_moment(out) or now()
    passports = chosen_passports(policy, passports_file, products, at)
    if facts_file is not None:
        raise click.UsageError("--facts: facts belong to one broadcast; screen it by `zhenyan screen`")
    allowed = check_allowed((*settings.allow_net, *allow_net))
    make_data_folder(settings.data_dir)
    make_shared_folder("--out", out)
    sources = batch_sources(places, host_id)
    job = BatchJob(
        out=out.absolute(),
        passports_file=passports_file.absolute(),
        products=tuple(p.id for p in passports),
        policy_dir=folder.absolute(),
        at=at,
        data_dir=settings.data_dir.absolute(),
        allow_net=allowed,
        stores=stores,
        values=settings.job_values() | {"data_dir": settings.data_dir.absolute()},
    )
    with _progress(len(sources)) as on_progress:
        results = run_batch(job, sources, workers=workers or _cores(), on_progress=on_progress)
    second = read_batch_again(settings, job, policy, passports)
    write_report(job.out, results, policy, {p.id: p.name for p in passports}, second)
    share(*(out / name for name in (FINDINGS, PASSAGES, FILES, REPORT)))
    _print_end(results, out)


def _print_end(results: tuple[FileResult, ...], out: Path) -> None:
    """What became of the files: those that failed each on a line, then all in one."""
    for result in results:
        if result.state is FileState.FAILED:
            why = (result.error or "").removeprefix(f"{result.name}: ")
            click.echo(f"zhenyan: {on_one_line(f'{result.name}: {why}')}", err=True)
    states = Counter(result.state for result in results)
    hours = sum(result.length_ms for result in results if result.state is FileState.DONE) / 3_600_000
    flagged = sum(result.flagged for result in results if result.state is FileState.DONE)
    same = f", {states[FileState.SAME]} with the same content" if states[FileState.SAME] else ""
    click.echo(
        f"{states[FileState.DONE]} of {len(results)} files screened{same}, {hours:.2f} h, {flagged} flagged; "
        f"see {out / REPORT}"
    )
    if states[FileState.FAILED]:
        raise BatchFailed(f"{states[FileState.FAILED]} of {len(results)} files could not be screened")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[FileProgress], None]]:
    """Shows each file in work and all of them together, on a terminal only."""
    console = open_console(to_errors=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[status]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        whole = bars.add_task(f"{total} files", total=total, status="")
        tasks: dict[str, TaskID] = {}
        over = {FileState.DONE, FileState.SAME, FileState.FAILED}

        def on_progress(progress: FileProgress) -> None:
            if progress.state in over:
                if (task := tasks.pop(progress.name, None)) is not None:
                    bars.remove_task(task)
                bars.advance(whole)
                return
            if progress.name not in tasks:
                tasks[progress.name] = bars.add_task(Path(progress.name).name[-40:], total=None, status="")
            bars.update(
                tasks[progress.name],
                completed=progress.analysed_ms,
                total=progress.recorded_ms or None,
                status=f"{progress.analysed_ms / 60_000:.1f} min, {progress.flagged} flagged",
            )

        yield on_progress


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

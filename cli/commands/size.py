"""`zhenyan size`: what so many broadcasts take, from measured figures, and what gives first."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import configs
from cli.config.sizing import Figures, Limit, Prices, Size, Workload, read_figures, size
from cli.shell.tables import open_console


@click.command(name="size")
@click.option("--streams", type=click.IntRange(1, 10_000_000), required=True, help="On air at the same time.")
@click.option("--hours", type=click.FloatRange(0, 24, min_open=True), default=24.0, show_default=True, help="A day.")
@click.option("--findings-per-hour", type=click.FloatRange(0), default=6.0, show_default=True, help="Of a broadcast.")
@click.option("--keep-days", type=click.FloatRange(0), default=3.0, show_default=True, help="For recordings.")
@click.option("--load", type=click.FloatRange(0.1, 1), default=0.7, show_default=True, help="How full cores may be.")
@click.option("--machine-cores", type=click.IntRange(1), default=16, show_default=True)
@click.option("--machine-gbit", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True)
@click.option(
    "--streams-per-gpu", type=click.FloatRange(0), default=0.0, help="As `zhenyan bench gpu` measured; 0: CPUs hear."
)
@click.option("--core-price", type=click.FloatRange(0), default=60.0, show_default=True, help="A month; assumed.")
@click.option("--memory-price", type=click.FloatRange(0), default=20.0, show_default=True, help="A GB; assumed.")
@click.option("--disk-price", type=click.FloatRange(0), default=150.0, show_default=True, help="A TB; assumed.")
@click.option("--gpu-price", type=click.FloatRange(0), default=5_000.0, show_default=True, help="A month; assumed.")
@click.option("--received-price", type=click.FloatRange(0), default=0.0, show_default=True, help="A TB in; assumed.")
@click.option(
    "--figures", "figures_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your own figures."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    streams: int,
    hours: float,
    findings_per_hour: float,
    keep_days: float,
    load: float,
    machine_cores: int,
    machine_gbit: float,
    streams_per_gpu: float,
    core_price: float,
    memory_price: float,
    disk_price: float,
    gpu_price: float,
    received_price: float,
    figures_file: Path | None,
    as_json: bool,
) -> None:
    """Reckon what so many broadcasts take: cores, memory, disk, database, money, and what gives first.

    Each figure that this rests on stands in `configs/sizing.yaml` with the command that gave it and its machine; prices
    are yours to give, their defaults are assumed.

    \b
    Example:
      zhenyan size --streams 1000 --hours 8
    """
    workload = Workload(
        streams=streams,
        hours=hours,
        findings_per_hour=findings_per_hour,
        keep_days=keep_days,
        load=load,
        machine_cores=machine_cores,
        machine_gbit=machine_gbit,
        streams_per_gpu=streams_per_gpu,
    )
    prices = Prices(
        core=core_price, memory_gb=memory_price, disk_tb=disk_price, gpu=gpu_price, received_tb=received_price
    )
    figures = read_figures(figures_file or configs.SIZING_FILE)
    found = size(workload, figures, prices)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    _print(open_console(), found, figures, workload)


def _print(console: Console, found: Size, figures: Figures, workload: Workload) -> None:
    table = Table("what", "how much", title=f"{found.streams:,} broadcasts at once, {workload.hours:g} hours a day")
    for what, how_much in (
        ("cores of workers", f"{found.cores:,}"),
        (f"machines of {workload.machine_cores} cores", f"{found.machines:,}"),
        ("GPUs", f"{found.gpus:,}" if workload.streams_per_gpu else "none: CPUs hear, no GPU was measured"),
        ("memory", f"{found.memory_gb:,} GB"),
        ("recorded a day", f"{found.recorded_tb_a_day:,.1f} TB"),
        (f"disk for {workload.keep_days:g} days of it", f"{found.disk_tb:,.1f} TB"),
        ("the database grows a day", f"{found.rows_gb_a_day:,.1f} GB"),
        ("network in", f"{found.network_gbit:,.2f} Gbit/s"),
        ("segments stored a second", f"{found.segments_per_s:,.1f}"),
        ("findings stored a second", f"{found.findings_per_s:,.2f}"),
        ("statements a second", f"{found.statements_per_s:,.0f}"),
        ("money a month, by the prices given", f"{found.money_a_month:,}"),
    ):
        table.add_row(what, how_much)
    console.print(table)
    gives = Table("what gives first", "asked", "most seen", "used", "then")
    for limit in found.limits:
        gives.add_row(limit.part, f"{limit.asked:,.1f}", f"{limit.most:,.0f}", _used(limit), limit.what_then)
    console.print(gives)
    assumed = [name for name, figure in figures if figure.assumed]
    console.print(f"Assumed, not measured: {', '.join(assumed)}, and every price.", soft_wrap=True)


def _used(limit: Limit) -> str:
    return f"{100 * limit.used:,.0f} %"

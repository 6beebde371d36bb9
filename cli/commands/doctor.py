"""`zhenyan doctor`: what of this machine is wrong for the program, and what to do."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from cli.config.checkup import check_up
from cli.config.settings import load_settings
from cli.shell.options import config_option

_MARKS = {"ok": "ok    ", "notice": "notice", "wrong": "WRONG "}


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON lines.")
@config_option
def command(as_json: bool, config_file: Path | None) -> None:
    """Look at database, storage, models, ffmpeg, sandbox, network rules and clock; say what is wrong and what to do.

    Exit status 1 where something is wrong. Nothing is changed, save that a probe is put into evidence_url and removed.

    \b
    Example:
      zhenyan doctor
    """
    is_wrong = False
    for checked in check_up(load_settings(config_file)):
        is_wrong = is_wrong or checked.verdict == "wrong"
        if as_json:
            row = {"told" if name == "message" else name: value for name, value in asdict(checked).items()}
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        click.echo(f"{_MARKS[checked.verdict]} {checked.name}: {checked.message}")
        if checked.advice:
            click.echo(f"       → {checked.advice}")
    sys.exit(1 if is_wrong else 0)

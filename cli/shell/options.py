"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from claims.types import CHINA_TIME

Command = Callable[..., Any]


def read_moment(context: click.Context, option: click.Parameter, value: str | None) -> datetime | None:
    """An ISO 8601 moment; without a zone it is read as China Standard Time's wall clock."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no ISO 8601 moment, such as 2026-11-24T20:00:00+08:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA_TIME)


def at_option(command: Command) -> Command:
    """`--at`: the moment by which prices and validity are judged."""
    return click.option(
        "--at",
        "at",
        metavar="ISO8601",
        callback=read_moment,
        help="When the broadcast started, such as 2026-11-24T20:00:00+08:00; default now. Prices and certificates are "
        "judged by it.",
    )(command)


def policy_option(command: Command) -> Command:
    """`--policy`: which policy folder."""
    return click.option(
        "--policy",
        "policy_dir",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="A policy folder; default the packaged one.",
    )(command)


def config_option(command: Command) -> Command:
    """`--config`: a settings file over the packaged defaults."""
    return click.option(
        "--config",
        "config_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A settings file, YAML; keys as in configs/default.yaml.",
    )(command)


def judging_options(command: Command) -> Command:
    """The options by which passages are judged, the same for every command that judges."""
    for option in (
        policy_option,
        at_option,
        click.option(
            "--facts",
            "facts_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="What the platform knows (stock, sales, on_sale …), JSONL.",
        ),
        click.option(
            "--products",
            metavar="ID,ID",
            help="Ids of the products on sale, in the order of their link numbers; all if left out.",
        ),
        click.option(
            "--passports",
            "passports_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            required=True,
            help="Product passports: YAML, JSON, or a digital product passport in JSON-LD.",
        ),
    ):
        command = option(command)
    return command

"""`zhenyan passports`: read passports and say what is in them and what is wrong."""

import json
from pathlib import Path

import click
from rich.table import Table

from claims.errors import PassportError
from claims.passport import Passport
from claims.passport_load import survey_file
from cli.common import InputError, load_policy
from cli.options import policy_option
from cli.tables import cells, open_console
from ingest.errors import ZhenyanError


class PassportsRefused(ZhenyanError):
    """At least one passport can't be read; the seller who exports it can act."""

    exit_code = 1


@click.group(name="passports", no_args_is_help=False)
def command() -> None:
    """Read product passports and say what is in them and what is wrong.

    \b
    Example:
      zhenyan passports import passports.yaml
    """


@command.command(name="import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a passport.")
@policy_option
def import_command(file: Path, as_json: bool, policy_dir: Path | None) -> None:
    """List what is read from FILE; nothing is stored, `check` and `screen` read the file itself.

    FILE is YAML or JSON, in the long form (passport_id) or the short form (id), or a UNTP digital product passport
    in JSON-LD, whose data elements follow the EU's. A wrong passport is refused: one line an error with its path,
    and exit status 1. Warnings name what is kept and supports nothing.

    \b
    Example:
      zhenyan passports import passports.yaml --json
    """
    reader = load_policy(policy_dir).quantity_reader
    if not file.is_file():
        raise InputError(f"{file}: no such file; give a file of passports")
    try:
        survey = survey_file(file, reader)
    except PassportError as error:
        raise PassportsRefused(str(error)) from error
    if survey.errors:
        for wrong in survey.errors[:-1]:
            click.echo(f"zhenyan: {wrong}", err=True)
        raise PassportsRefused(str(survey.errors[-1]))
    if as_json:
        for passport in survey.passports:
            click.echo(json.dumps(_summary(passport), ensure_ascii=False))
        return
    open_console().print(_table(survey.passports))
    for passport in survey.passports:
        for warning in warnings_of(passport):
            click.echo(f"warning: {warning}")


def warnings_of(passport: Passport) -> list[str]:
    """What is kept and supports nothing, and what is missing where claims are often made."""
    warnings = list(passport.warnings)
    if passport.lowest_7d is None and not passport.price_history:
        warnings.append(f"{passport.id}: no price history and no lowest_7d: any 原价 will be unsupported")
    return warnings


def _summary(passport: Passport) -> dict[str, object]:
    return {
        "id": passport.id,
        "name": passport.name,
        "category": passport.category,
        "version": passport.version,
        "values": len(passport.quantities),
        "texts": len(passport.texts),
        "materials": len(passport.materials),
        "certificates": [c.scheme for c in passport.certificates],
        "prices": len(passport.price_history) + (passport.msrp is not None) + (passport.lowest_7d is not None),
        "warnings": warnings_of(passport),
    }


def _table(passports: tuple[Passport, ...]) -> Table:
    columns = ("id", "name", "category", "values", "texts", "materials", "certificates", "prices", "version")
    table = Table(*columns, title=f"passports: {len(passports)}")
    table.columns[0].overflow = "fold"
    for passport in passports:
        row = _summary(passport)
        table.add_row(
            *cells(*(str(row[key]) for key in ("id", "name", "category", "values", "texts", "materials"))),
            ", ".join(c.scheme for c in passport.certificates),
            str(row["prices"]),
            passport.version.removeprefix("sha256:")[:12],
        )
    return table

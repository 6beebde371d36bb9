"""`zhenyan passports`: read passports and say what is in them and what is wrong."""

import json
from datetime import date, datetime
from pathlib import Path

import click
from rich.table import Table

from claims.errors import PassportError, visible
from claims.passports.load import survey_file
from claims.passports.passport import Passport
from claims.passports.terms import not_in_force
from cli.config.settings import load_settings
from cli.shell.options import at_option, config_option, policy_option
from cli.shell.records import InputError, load_policy, now
from cli.shell.tables import cells, open_console
from net.errors import ZhenyanError


class PassportsNotRead(ZhenyanError):
    """At least one passport is not let in; the seller who exports it can act."""

    exit_code = 1


@click.group(name="passports", no_args_is_help=False)
def command() -> None:
    """Read product passports and say what is in them and what is wrong, those that are registered among them.

    \b
    Example:
      zhenyan passports import passports.yaml
      zhenyan passports stored
    """


@command.command(name="import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a passport.")
@at_option
@policy_option
def import_command(file: Path, as_json: bool, at: datetime | None, policy_dir: Path | None) -> None:
    """List what is read from FILE; nothing is stored, `check` and `screen` read the file itself.

    FILE is YAML or JSON, in the long form (passport_id) or the short form (id), or a UNTP digital product passport
    in JSON-LD, whose data elements follow the EU's. A wrong passport is refused: one line an error with its path,
    and exit status 1. Warnings name what is kept and supports nothing, and papers that are not in force at --at.

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
        raise PassportsNotRead(str(error)) from error
    if survey.errors:
        for wrong in survey.errors[:-1]:
            click.echo(f"zhenyan: {wrong}", err=True)
        raise PassportsNotRead(str(survey.errors[-1]))
    day = (at or now()).date()
    if as_json:
        for passport in survey.passports:
            click.echo(json.dumps(_summary(passport, day), ensure_ascii=False))
        return
    open_console().print(_table(survey.passports, day))
    for passport in survey.passports:
        for warning in warnings_of(passport, day):
            click.echo(f"warning: {visible(warning)}")


@command.command(name="stored")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each fault.")
@policy_option
@config_option
def stored_command(as_json: bool, policy_dir: Path | None, config_file: Path | None) -> None:
    """List the registered passports that would be refused if they came in today, with each fault and its path.

    They stay in force, and broadcasts are judged by them as they are; register them anew without the faults. Exit
    status: 0 there are none, 1 there are some.

    \b
    Example:
      zhenyan passports stored --json
    """
    from cli.config.store import opened_store
    from review.passports.objections import stored_objections

    reader = load_policy(policy_dir or load_settings(config_file).policy_folder).quantity_reader
    products = 0
    with opened_store(config_file) as store:
        for found in stored_objections(store.passports, [t.tenant_id for t in store.keys.tenants()], reader):
            products += 1
            for fault in found.faults:
                record = {"tenant": found.tenant_id, "product_id": found.product_id, "fault": fault}
                shown = f"{found.tenant_id}: {found.product_id}: {fault}"
                click.echo(json.dumps(record, ensure_ascii=False) if as_json else visible(shown))
    if products:
        raise PassportsNotRead(f"{products} registered passports would be refused today; register them anew")


def warnings_of(passport: Passport, day: date) -> list[str]:
    """What supports nothing, what is not in force on the day, and what is missing where claims are often made."""
    warnings = [*passport.warnings, *not_in_force(passport, day)]
    if passport.lowest_7d is None and not passport.price_history:
        warnings.append(f"{passport.id}: no price history and no lowest_7d: any 原价 will be unsupported")
    return warnings


def _summary(passport: Passport, day: date) -> dict[str, object]:
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
        "warnings": warnings_of(passport, day),
    }


def _table(passports: tuple[Passport, ...], day: date) -> Table:
    columns = ("id", "name", "category", "values", "texts", "materials", "certificates", "prices", "version")
    table = Table(*columns, title=f"passports: {len(passports)}")
    table.columns[0].overflow = "fold"
    for passport in passports:
        row = _summary(passport, day)
        table.add_row(
            *cells(*(str(row[key]) for key in ("id", "name", "category", "values", "texts", "materials"))),
            ", ".join(c.scheme for c in passport.certificates),
            str(row["prices"]),
            passport.version.removeprefix("sha256:")[:12],
        )
    return table

"""`zhenyan passports`: read passports, say what is in them and what is wrong; register them, one or many."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from rich.table import Table

from claims.errors import PassportError, visible
from claims.passports.load import survey_file
from claims.passports.passport import Passport
from claims.passports.terms import not_in_force
from claims.policy.packaged import policy_at
from cli.config.settings import load_settings
from cli.remote.passport_files import PassportsNotRead, form_of, print_rows, rows_of, survey_rows
from cli.remote.server import server_option
from cli.shell.options import at_option, config_option, policy_option
from cli.shell.records import InputError, now
from cli.shell.tables import cells, open_console
from review.db.tenant_ids import LOCAL_TENANT
from review.passports.bulk import FileForm

if TYPE_CHECKING:
    from cli.remote.passports import Registry


@click.group(name="passports", no_args_is_help=False)
def command() -> None:
    """Read product passports and say what is in them and what is wrong; register, list and retire them.

    \b
    Example:
      zhenyan passports import passports.yaml
      zhenyan passports import goods.csv --store
      zhenyan passports stored
    """


@command.command(name="import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a passport, or a row where they are stored.")
@click.option("--store", "in_store", is_flag=True, help="Register them in the store of this machine.")
@click.option("--tenant", default=LOCAL_TENANT, show_default=True, help="With --store: whose passports they are.")
@server_option
@at_option
@policy_option
@config_option
def import_command(
    file: Path,
    as_json: bool,
    in_store: bool,
    tenant: str,
    server: str | None,
    at: datetime | None,
    policy_dir: Path | None,
    config_file: Path | None,
) -> None:
    """List what is read from FILE, or register it: with --store on this machine, with --server URL on a server.

    FILE is a table (CSV, XLSX; `zhenyan passports template` writes one), JSON lines, or YAML or JSON, in the long form
    (passport_id) or the short form (id), or a UNTP digital product passport in JSON-LD, whose data elements follow the
    EU's. A wrong passport is refused: one line an error with its path, and exit status 1.

    Where they are registered, every row is answered: stored, unchanged, or refused with field and reason. A row that is
    refused holds up no other, and the same file again changes nothing. Warnings name what is kept and supports nothing,
    and papers that are not in force at --at.

    \b
    Example:
      zhenyan passports import passports.yaml --json
      zhenyan passports import goods.xlsx --server https://zhenyan.example.com
    """
    if not file.is_file():
        raise InputError(f"{file}: no such file; give a file of passports")
    form = form_of(file)
    if in_store or server:
        with _opened(server, in_store=in_store, tenant=tenant, config_file=config_file) as registry:
            print_rows(file, registry.store(rows_of(file, form)), as_json=as_json)
        return
    reader = policy_at(policy_dir).quantity_reader
    try:
        is_document = form in {FileForm.YAML, FileForm.JSON}
        survey = survey_file(file, reader) if is_document else survey_rows(file, form, reader)
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


@command.command(name="template")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the heads.")
@click.option("--example", "with_example", is_flag=True, help="With a line as an example.")
def template_command(file: Path, language: Literal["zh", "en"], with_example: bool) -> None:
    """Write the table that sellers fill in to FILE, a .csv or .xlsx; the latter says what each column takes.

    \b
    Example:
      zhenyan passports template goods.xlsx
    """
    from review.passports.template import template_csv, template_xlsx

    forms = {".csv": template_csv, ".xlsx": template_xlsx}
    if file.suffix.lower() not in forms:
        raise InputError(f"{file}: is no table; name a file that ends in .csv or .xlsx")
    try:
        with file.open("xb") as written:
            written.write(forms[file.suffix.lower()](language, with_example=with_example))
    except FileExistsError as error:
        raise InputError(f"{file}: is there already; name another file") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be written: {error.strerror}") from error
    click.echo(f"{file}: written")


def _opened(
    server: str | None, *, in_store: bool, tenant: str, config_file: Path | None
) -> "AbstractContextManager[Registry]":
    """As `opened_registry`, which needs a database and HTTP: files are read without either."""
    from cli.remote.passports import opened_registry

    return opened_registry(server, in_store=in_store, tenant=tenant, config_file=config_file)


def _registry_options(run: Callable[..., Any]) -> Callable[..., Any]:
    run = click.option("--store", "in_store", is_flag=True, help="Those in the store of this machine.")(run)
    run = click.option("--tenant", default=LOCAL_TENANT, show_default=True, help="With --store: whose they are.")(run)
    return config_option(server_option(run))


@command.command(name="list")
@click.option("--gtin", help="Those with this GTIN alone.")
@_registry_options
def list_command(gtin: str | None, in_store: bool, tenant: str, server: str | None, config_file: Path | None) -> None:
    """List the passports in force, one JSON object a line.

    \b
    Example:
      zhenyan passports list --server https://zhenyan.example.com
    """
    with _opened(server, in_store=in_store, tenant=tenant, config_file=config_file) as registry:
        for record in registry.listed(gtin):
            click.echo(json.dumps(record, ensure_ascii=False))


@command.command(name="show")
@click.argument("product_id", metavar="ID")
@click.option("--version", help="This version in place of the one in force.")
@_registry_options
def show_command(
    product_id: str, version: str | None, in_store: bool, tenant: str, server: str | None, config_file: Path | None
) -> None:
    """Print the passport of the product ID, with its record."""
    with _opened(server, in_store=in_store, tenant=tenant, config_file=config_file) as registry:
        click.echo(json.dumps(registry.passport(product_id, version), ensure_ascii=False, indent=2))


@command.command(name="history")
@click.argument("product_id", metavar="ID")
@_registry_options
def history_command(product_id: str, in_store: bool, tenant: str, server: str | None, config_file: Path | None) -> None:
    """List every version of the passport of the product ID, the latest first, with when it was retired."""
    with _opened(server, in_store=in_store, tenant=tenant, config_file=config_file) as registry:
        for record in registry.versions(product_id):
            click.echo(json.dumps(record, ensure_ascii=False))


@command.command(name="retire")
@click.argument("product_ids", metavar="ID...", nargs=-1, required=True)
@_registry_options
def retire_command(
    product_ids: tuple[str, ...], in_store: bool, tenant: str, server: str | None, config_file: Path | None
) -> None:
    """Take the passports of the products out of force; their versions stay, and what was judged by them.

    \b
    Example:
      zhenyan passports retire P-1 P-2 --server https://zhenyan.example.com
    """
    with _opened(server, in_store=in_store, tenant=tenant, config_file=config_file) as registry:
        for product_id in product_ids:
            click.echo(json.dumps(registry.retire(product_id), ensure_ascii=False))


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
    from cli.config.stores import opened_stores
    from review.passports.objections import stored_objections

    reader = policy_at(policy_dir or load_settings(config_file).policy_folder).quantity_reader
    products = 0
    with opened_stores(config_file) as stores:
        for found in stored_objections(stores.passports, [t.tenant_id for t in stores.keys.tenants()], reader):
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

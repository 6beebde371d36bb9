"""`zhenyan keys`: customers, and the keys by which their programs are let in."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from cli.config.stores import caller, opened_stores
from cli.shell.options import config_option
from cli.shell.records import now
from cli.shell.tables import cells, open_console
from review.db.tenant_ids import LOCAL_TENANT
from review.tenants.keys import PER_MINUTE
from review.tenants.types import ApiKey, NewKey, Scope

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_ALL = "all"


@click.group(name="keys", no_args_is_help=False)
def command() -> None:
    """Make, list, rotate and revoke the keys of programs; a key belongs to a customer (a tenant) and sees its rows.

    A key is shown once, when it is made. Programs send it as `Authorization: Bearer zy_…`.

    \b
    Example:
      zhenyan keys tenant acme --name "Acme Live"
      zhenyan keys add "room service" --tenant acme --scope streams:write --scope streams:read
    """


@command.command(name="tenant")
@click.argument("tenant_id", metavar="ID")
@click.option("--name", default="", help="What people call the customer; default the id.")
@config_option
def tenant(tenant_id: str, name: str, config_file: Path | None) -> None:
    """Add the customer ID."""
    with opened_stores(config_file) as stores:
        stores.keys.add_tenant(tenant_id, name, caller())
    click.echo(f"{tenant_id}: added")


@command.command(name="tenants")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a customer.")
@config_option
def tenants(as_json: bool, config_file: Path | None) -> None:
    """List the customers."""
    with opened_stores(config_file) as stores:
        found = stores.keys.tenants()
    if as_json:
        for each in found:
            click.echo(json.dumps({"tenant": each.tenant_id, "name": each.name}, ensure_ascii=False))
        return
    table = Table("tenant", "name", "since", title=f"tenants: {len(found)}")
    for each in found:
        table.add_row(*cells(each.tenant_id, each.name, _moment(each.created_at_ms)))
    open_console().print(table)


@command.command(name="quotas")
@click.argument("tenant_id", metavar="ID")
@click.option("--streams", metavar="N", type=click.IntRange(0), help="Broadcasts at once.")
@click.option("--checks-hour", metavar="N", type=click.IntRange(0), help="Texts checked in an hour.")
@click.option("--passports", metavar="N", type=click.IntRange(0), help="Passports in force.")
@click.option("--batch-hours-day", metavar="H", type=click.FloatRange(0), help="Hours of archives in a day (UTC).")
@click.option("--none", "unbounded", is_flag=True, help="Take every bound away that is not given.")
@config_option
def quotas(
    tenant_id: str,
    streams: int | None,
    checks_hour: int | None,
    passports: int | None,
    batch_hours_day: float | None,
    unbounded: bool,
    config_file: Path | None,
) -> None:
    """Show how much of its quotas the customer ID uses, as JSON lines; set those that are given."""
    named = {"streams": streams, "checks_hour": checks_hour, "passports": passports, "batch_hours_day": batch_hours_day}
    given = {name: value for name, value in named.items() if value is not None}
    with opened_stores(config_file) as stores:
        if given or unbounded:
            stores.tenant_rules.set_quotas(tenant_id, given, caller(), keeps=not unbounded)
        for use in stores.quotas.uses(tenant_id):
            click.echo(json.dumps(asdict(use)))


@command.command(name="add")
@click.argument("name")
@click.option("--tenant", "tenant_id", default=LOCAL_TENANT, show_default=True, help="Whose key it is.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([_ALL, *(scope.value for scope in Scope)]),
    multiple=True,
    required=True,
    help="What it may do; repeatable. all: everything but urgent orders.",
)
@click.option(
    "--per-minute", type=click.IntRange(1, 1_000_000), default=PER_MINUTE, show_default=True, help="Requests."
)
@click.option("--days", type=click.FloatRange(0, min_open=True), help="When it expires; it does not if not given.")
@config_option
def add(
    name: str, tenant_id: str, scopes: tuple[str, ...], per_minute: int, days: float | None, config_file: Path | None
) -> None:
    """Make a key called NAME; the one line on standard output is the key."""
    wanted = set(Scope) - {Scope.STREAMS_URGENT, Scope.TRANSCRIPTS_FULL} if _ALL in scopes else set()
    wanted |= {Scope(scope) for scope in scopes if scope != _ALL}
    ends_ms = None if days is None else _now_ms() + round(days * _DAY_MS)
    with opened_stores(config_file) as stores:
        made = stores.keys.add(tenant_id, name, wanted, caller(), per_minute=per_minute, expires_at_ms=ends_ms)
    _show(made)


@command.command(name="list")
@click.option("--tenant", "tenant_id", help="Of this customer alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a key.")
@config_option
def list_command(tenant_id: str | None, as_json: bool, config_file: Path | None) -> None:
    """List the keys, without their secrets."""
    with opened_stores(config_file) as stores:
        found = stores.keys.keys(tenant_id)
    rows = [_row(key) for key in found]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    table = Table("key", "tenant", "name", "state", "scopes", "a minute", "expires", "used", title=f"keys: {len(rows)}")
    for row in rows:
        table.add_row(*cells(*(str(value) for value in row.values())))
    open_console().print(table)


@command.command(name="rotate")
@click.argument("key_id", metavar="KEY")
@click.option("--overlap-hours", type=click.FloatRange(0), default=24.0, show_default=True, help="How long both work.")
@config_option
def rotate(key_id: str, overlap_hours: float, config_file: Path | None) -> None:
    """Make a key like KEY in its place; the one line on standard output is the new key."""
    with opened_stores(config_file) as stores:
        made = stores.keys.rotate(key_id, caller(), overlap_ms=round(overlap_hours * _HOUR_MS))
    click.echo(f"{key_id}: works for {overlap_hours:g} h more", err=True)
    _show(made)


@command.command(name="revoke")
@click.argument("key_id", metavar="KEY")
@config_option
def revoke(key_id: str, config_file: Path | None) -> None:
    """End KEY at once."""
    with opened_stores(config_file) as stores:
        stores.keys.revoke(key_id, caller())
    click.echo(f"{key_id}: revoked")


def _show(made: NewKey) -> None:
    click.echo(f"{made.key.key_id}: made for {made.key.tenant_id}; keep it, it is not shown again", err=True)
    click.echo(made.token)


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "key": key.key_id,
        "tenant": key.tenant_id,
        "name": key.name,
        "state": key.state_at(_now_ms()),
        "scopes": " ".join(sorted(key.scopes)),
        "per_minute": key.per_minute,
        "expires": "" if key.expires_at_ms is None else _moment(key.expires_at_ms),
        "used": "" if key.used_at_ms is None else _moment(key.used_at_ms),
    }


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


def _now_ms() -> int:
    return int(now().timestamp() * 1000)

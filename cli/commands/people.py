"""`zhenyan people`: the accounts of the review pages."""

import json
import sys
from pathlib import Path

import click
from rich.table import Table

from cli.config.stores import caller, opened_stores
from cli.shell.options import config_option
from cli.shell.records import InputError
from cli.shell.tables import cells, open_console
from review.accounts.store import UNCHANGED
from review.accounts.types import Role

_ROLES = click.Choice([role.value for role in Role])


@click.group(name="people", no_args_is_help=False)
def command() -> None:
    """Add, list and change the accounts of the review pages.

    Accounts log in where the setting auth is local. Passwords are asked for, or read from the first line of standard
    input; never give one on the command line, where every process of the machine can read it.

    \b
    Example:
      zhenyan people add lan --name 小兰 --role reviewer
    """


@command.command(name="add")
@click.argument("login")
@click.option("--name", default="", help="The name that colleagues see; default the login.")
@click.option("--role", type=_ROLES, required=True, help="What they may do; an auditor reads and changes nothing.")
@click.option(
    "--tenant", "tenants", metavar="ID", multiple=True, help="They see this customer's things alone (repeatable)."
)
@config_option
def add(login: str, name: str, role: str, tenants: tuple[str, ...], config_file: Path | None) -> None:
    """Add the account LOGIN; its password is asked for. Without --tenant it sees every customer's things."""
    with opened_stores(config_file) as stores:
        stores.people.add(login, name, Role(role), _password(login), actor=caller(), tenants=tenants or None)
    click.echo(f"{login}: added as {role}")


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object an account.")
@config_option
def list_command(as_json: bool, config_file: Path | None) -> None:
    """List the accounts."""
    with opened_stores(config_file) as stores:
        rows = [
            {
                "login": account.login,
                "name": account.person.name,
                "role": account.person.role.value,
                "tenants": ", ".join(sorted(account.person.tenants)) if account.person.tenants else "all",
                "state": "open" if account.active else "closed",
                "logs_in_by": account.issuer or ("password" if account.has_password else "nothing"),
            }
            for account in stores.people.accounts()
        ]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    table = Table("login", "name", "role", "tenants", "state", "logs in by", title=f"accounts: {len(rows)}")
    for row in rows:
        table.add_row(*cells(*row.values()))
    open_console().print(table)


@command.command(name="set")
@click.argument("login")
@click.option("--role", type=_ROLES, help="A new role.")
@click.option("--open/--close", "active", default=None, help="Whether the account may log in.")
@click.option(
    "--tenant", "tenants", metavar="ID", multiple=True, help="They see this customer's things alone (repeatable)."
)
@click.option("--all-tenants", is_flag=True, help="They see every customer's things.")
@config_option
def set_command(
    login: str,
    role: str | None,
    active: bool | None,
    tenants: tuple[str, ...],
    all_tenants: bool,
    config_file: Path | None,
) -> None:
    """Change role, state or customers of the account LOGIN; it is logged out everywhere."""
    if tenants and all_tenants:
        raise InputError(f"people set {login}: give --tenant or --all-tenants, not both")
    if role is None and active is None and not tenants and not all_tenants:
        raise InputError(
            f"people set {login}: changes nothing; give --role, --open, --close, --tenant or --all-tenants"
        )
    limits = tenants or (None if all_tenants else UNCHANGED)
    with opened_stores(config_file) as stores:
        stores.people.change(
            login, role=None if role is None else Role(role), active=active, actor=caller(), tenants=limits
        )
    click.echo(f"{login}: changed")


@command.command(name="password")
@click.argument("login")
@config_option
def password(login: str, config_file: Path | None) -> None:
    """Set a new password for the account LOGIN; it is logged out everywhere."""
    with opened_stores(config_file) as stores:
        stores.people.change(login, password=_password(login), actor=caller())
    click.echo(f"{login}: the password is set")


def _password(login: str) -> str:
    if sys.stdin.isatty():
        given: str = click.prompt(f"Password for {login}", hide_input=True, confirmation_prompt=True)
        return given
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise InputError("standard input: has no password; write it as its first line, or call from a terminal")
    return line

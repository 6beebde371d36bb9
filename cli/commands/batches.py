"""`zhenyan batches`: archives on a server: ordered, looked at, cancelled."""

from datetime import datetime
from pathlib import Path

import click

from cli.commands.streams import host_of, host_options, say, sent_passports
from cli.remote.server import opened_server, server_option
from cli.shell.options import read_moment


@click.group(name="batches", no_args_is_help=False)
def command() -> None:
    """Order the screening of archives on a server, see how far it is, cancel it; answers are JSON.

    Archives on this machine are screened by `zhenyan batch`. The key is read from the environment, ZHENYAN_KEY.

    \b
    Example:
      zhenyan batches order https://archive.example.com/7.mp4 --host anchor-7 --product P-1 --server https://zhenyan.example.com
    """


@command.command(name="order")
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@host_options
@click.option("--product", "products", multiple=True, metavar="ID", help="A registered product on sale (repeatable).")
@click.option(
    "--passports", "passports_file", type=click.Path(path_type=Path), help="Passports that are registered with it."
)
@click.option("--started-at", metavar="ISO8601", callback=read_moment, help="By which prices and terms are judged.")
@click.option("--request-key", help="A text of your own: sent again with it, it is the same order.")
@server_option
def order_command(
    urls: tuple[str, ...],
    host_id: str,
    host_name: str | None,
    platform: str | None,
    products: tuple[str, ...],
    passports_file: Path | None,
    started_at: datetime | None,
    request_key: str | None,
    server: str | None,
) -> None:
    """Order the screening of the recordings at these addresses, all of one host."""
    more = {} if started_at is None else {"started_at": started_at.isoformat()}
    with opened_server(server) as client:
        say(
            client.order_batch(
                urls,
                host=host_of(host_id, host_name, platform),
                request_key=request_key,
                products=list(products),
                passports=sent_passports(passports_file),
                **more,
            )
        )


@command.command(name="list")
@server_option
def list_command(server: str | None) -> None:
    """List your batches, those ordered last first, one JSON object a line."""
    with opened_server(server) as client:
        for batch in client.batches():
            say(batch)


@command.command(name="show")
@click.argument("batch_id", metavar="ID")
@server_option
def show_command(batch_id: str, server: str | None) -> None:
    """Print how far the batch ID is, and each of its files."""
    with opened_server(server) as client:
        say(client.batch(batch_id))


@command.command(name="cancel")
@click.argument("batch_id", metavar="ID")
@server_option
def cancel_command(batch_id: str, server: str | None) -> None:
    """End the batch ID; what was found stays."""
    with opened_server(server) as client:
        say(client.cancel_batch(batch_id))

"""`zhenyan streams`: broadcasts on a server: ordered, looked at, told of, stopped."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import click

from cli.remote.passport_files import form_of, rows_of
from cli.remote.server import opened_server, server_option
from cli.shell.options import read_moment
from cli.shell.records import InputError
from review.client import Fact, Host
from review.streams.types import StreamState, Wanted

Priority = Literal["normal", "background", "urgent"]
_NONE = "none"


@click.group(name="streams", no_args_is_help=False)
def command() -> None:
    """Order broadcasts on a server, see where they stand, tell of them, stop them; answers are JSON.

    The key is read from the environment, ZHENYAN_KEY; ZHENYAN_SERVER stands for --server.

    \b
    Example:
      zhenyan streams order https://live.example.com/7.m3u8 --host anchor-7 --product P-1 --server https://zhenyan.example.com
      zhenyan streams list --state live --server https://zhenyan.example.com
    """


def host_options(run: Callable[..., Any]) -> Callable[..., Any]:
    """Who speaks."""
    run = click.option("--platform", help="The platform of the host's account.")(run)
    run = click.option("--host-name", help="The name by which people know the host.")(run)
    return click.option("--host", "host_id", metavar="ID", required=True, help="The host's account.")(run)


def host_of(host_id: str, host_name: str | None, platform: str | None) -> Host:
    """Who speaks, as an order says it."""
    host: Host = {"id": host_id}
    if host_name:
        host["name"] = host_name
    if platform:
        host["platform"] = platform
    return host


def sent_passports(file: Path | None) -> list[Any]:
    """The records of a file of passports, to be registered with an order."""
    if file is None:
        return []
    rows = list(rows_of(file, form_of(file)))
    for row in rows:
        for field, reason in row.own_faults:
            raise InputError(f"passports {file}: row {row.number}: {field}: {reason}")
    return [row.parsed.content for row in rows]


def say(answer: object) -> None:
    """One JSON object as one line."""
    click.echo(json.dumps(answer, ensure_ascii=False))


@command.command(name="order")
@click.argument("url")
@host_options
@click.option("--product", "products", multiple=True, metavar="ID", help="A registered product on sale (repeatable).")
@click.option(
    "--passports", "passports_file", type=click.Path(path_type=Path), help="Passports that are registered with it."
)
@click.option("--started-at", metavar="ISO8601", callback=read_moment, help="By which prices and terms are judged.")
@click.option("--callback", "callback_url", metavar="URL", help="An address that is told of this broadcast.")
@click.option("--external-id", help="Your own id of the broadcast.")
@click.option("--max-hours", type=click.FloatRange(0, 240, min_open=True), help="After which it is stopped.")
@click.option("--title", help="What people call it.")
@click.option("--policy", help="To judge by, as name@version or its hash; default the one in force.")
@click.option("--priority", type=click.Choice(["normal", "background", "urgent"]), help="Who goes first.")
@click.option("--request-key", help="A text of your own: sent again with it, it is the same order.")
@server_option
def order_command(
    url: str,
    host_id: str,
    host_name: str | None,
    platform: str | None,
    products: tuple[str, ...],
    passports_file: Path | None,
    started_at: datetime | None,
    callback_url: str | None,
    external_id: str | None,
    max_hours: float | None,
    title: str | None,
    policy: str | None,
    priority: str | None,
    request_key: str | None,
    server: str | None,
) -> None:
    """Order the screening of the broadcast at URL."""
    with opened_server(server) as client:
        say(
            client.order(
                url,
                host=host_of(host_id, host_name, platform),
                products=products,
                passports=sent_passports(passports_file),
                started_at=None if started_at is None else started_at.isoformat(),
                callback_url=callback_url,
                external_id=external_id,
                max_hours=max_hours,
                title=title,
                policy=policy,
                priority=cast("Priority | None", priority),
                request_key=request_key,
            )
        )


@command.command(name="list")
@click.option("--state", type=click.Choice([state.value for state in StreamState]), help="Where they stand.")
@click.option("--wanted", type=click.Choice([wanted.value for wanted in Wanted]), help="What is wanted of them.")
@click.option("--host", "host_id", help="Of this host alone.")
@click.option("--external-id", help="With this id of yours.")
@server_option
def list_command(
    state: str | None, wanted: str | None, host_id: str | None, external_id: str | None, server: str | None
) -> None:
    """List your broadcasts, those ordered last first, one JSON object a line."""
    filters = {"state": state, "wanted": wanted, "host_id": host_id, "external_id": external_id}
    with opened_server(server) as client:
        for stream in client.streams(**{name: value for name, value in filters.items() if value is not None}):
            say(stream)


@command.command(name="show")
@click.argument("stream_id", metavar="ID")
@server_option
def show_command(stream_id: str, server: str | None) -> None:
    """Print where the broadcast ID stands, how much of it was analysed, and what is advised about it."""
    with opened_server(server) as client:
        click.echo(json.dumps(client.stream(stream_id), ensure_ascii=False, indent=2))


@command.command(name="stop")
@click.argument("stream_ids", metavar="ID...", nargs=-1, required=True)
@server_option
def stop_command(stream_ids: tuple[str, ...], server: str | None) -> None:
    """Stop the screening of the broadcasts; what was found stays."""
    with opened_server(server) as client:
        for stream_id in stream_ids:
            say(client.stop(stream_id))


@command.command(name="on-sale")
@click.argument("stream_id", metavar="ID")
@click.argument("product_id", metavar="PRODUCT")
@click.option("--at-ms", type=click.IntRange(0), help="Since when, on the broadcast's clock; default now.")
@server_option
def on_sale_command(stream_id: str, product_id: str, at_ms: int | None, server: str | None) -> None:
    """Tell that the host explains PRODUCT from this moment on; `none`: none."""
    with opened_server(server) as client:
        say(client.put_on_sale(stream_id, None if product_id == _NONE else product_id, at_ms))


@command.command(name="facts")
@click.argument("stream_id", metavar="ID")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@server_option
def facts_command(stream_id: str, file: Any, server: str | None) -> None:
    """Tell what the platform knows of the broadcast ID: FILE is JSONL, - is standard input."""
    facts: list[Fact] = []
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                facts.append(json.loads(line))
            except ValueError as error:
                raise InputError(f"facts {file.name} line {number}: is no JSON: {error}") from error
    if not facts:
        raise InputError(f"facts {file.name}: holds none; give one JSON object a line")
    with opened_server(server) as client:
        say(client.put_facts(stream_id, facts))


@command.command(name="findings")
@click.option("--stream", "stream_id", help="Of this broadcast alone.")
@click.option("--after", type=click.IntRange(0), default=0, show_default=True, help="Go on after this place.")
@server_option
def findings_command(stream_id: str | None, after: int, server: str | None) -> None:
    """List findings in the order in which they were found, one JSON object a line."""
    with opened_server(server) as client:
        for finding in client.findings(after, **({} if stream_id is None else {"stream_id": stream_id})):
            say(finding)


@command.command(name="transcript")
@click.argument("stream_id", metavar="ID")
@server_option
def transcript_command(stream_id: str, server: str | None) -> None:
    """Print what was said and shown in the broadcast ID, as WebVTT."""
    with opened_server(server) as client:
        click.echo(client.transcript(stream_id), nl=False)

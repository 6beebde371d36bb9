"""`zhenyan reanalyses`: recorded broadcasts analysed again on a server: ordered, waited for, compared, cancelled."""

import time

import click

from cli.commands.streams import say
from cli.remote.server import ServerRefused, opened_server, server_option
from cli.shell.records import InputError
from review.client import Zhenyan
from review.client_types import ReanalysisOut
from review.reanalyses.types import OVER, Outcome, ReanalysisState

_POLL_S = 2.0
_OVER = frozenset(state.value for state in OVER)


@click.group(name="reanalyses", no_args_is_help=False)
def command() -> None:
    """Have recorded broadcasts analysed again on a server, and see what would have been found; answers are JSON.

    The key is read from the environment, ZHENYAN_KEY; ZHENYAN_SERVER stands for --server.

    \b
    Example:
      zhenyan reanalyses order STREAM --model base --end-ms 600000 --server https://zhenyan.example.com
      zhenyan reanalyses wait ID --server https://zhenyan.example.com
      zhenyan reanalyses show ID --outcome new --server https://zhenyan.example.com
    """


@command.command(name="order")
@click.argument("stream_id", metavar="STREAM")
@click.option("--model", help="A recogniser, which hears the recording anew; default: what was understood is judged.")
@click.option("--policy", help="To judge by, as name@version or its hash; default the one in force.")
@click.option(
    "--passport",
    "passports",
    multiple=True,
    metavar="ID[@VERSION]",
    help="A product's passport to judge by, in this version or the one in force (repeatable).",
)
@click.option("--start-ms", type=click.IntRange(0), default=0, help="Where it begins, on the broadcast's clock.")
@click.option("--end-ms", type=click.IntRange(0), help="Where it ends; default the broadcast's end.")
@click.option("--request-key", help="A text of your own: sent again with it, it is the same order.")
@server_option
def order_command(
    stream_id: str,
    model: str | None,
    policy: str | None,
    passports: tuple[str, ...],
    start_ms: int,
    end_ms: int | None,
    request_key: str | None,
    server: str | None,
) -> None:
    """Order that the broadcast STREAM, which is over, is analysed again; name what by."""
    named = [_named(passport) for passport in passports]
    with opened_server(server) as client:
        say(
            client.order_reanalysis(
                stream_id,
                model=model,
                policy=policy,
                passports=named,
                start_ms=start_ms,
                end_ms=end_ms,
                request_key=request_key,
            )
        )


@command.command(name="list")
@click.option("--stream", "stream_id", help="Of this broadcast alone.")
@server_option
def list_command(stream_id: str | None, server: str | None) -> None:
    """List your re-analyses, those ordered last first, one JSON object a line."""
    with opened_server(server) as client:
        for one in client.reanalyses(**({} if stream_id is None else {"stream_id": stream_id})):
            say(one)


@command.command(name="show")
@click.argument("reanalysis_id", metavar="ID")
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Only claims that became this."
)
@server_option
def show_command(reanalysis_id: str, outcome: str | None, server: str | None) -> None:
    """Print how far the re-analysis ID is, then each claim as it was found before and as it is found now."""
    with opened_server(server) as client:
        say(client.reanalysis(reanalysis_id))
        for claim in client.reanalysed(reanalysis_id, **({} if outcome is None else {"outcome": outcome})):
            say(claim)


@command.command(name="wait")
@click.argument("reanalysis_id", metavar="ID")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0), metavar="SECONDS", help="Give up after so long.")
@server_option
def wait_command(reanalysis_id: str, timeout_s: float | None, server: str | None) -> None:
    """Wait until the re-analysis ID is over, and print it; exit status 1 unless it is done."""
    with opened_server(server) as client:
        one = _waited(client, reanalysis_id, timeout_s)
    say(one)
    if one["state"] != ReanalysisState.DONE.value:
        raise ServerRefused(f"re-analysis {reanalysis_id}: {one['state']}: {_why(one)}")


@command.command(name="cancel")
@click.argument("reanalysis_id", metavar="ID")
@server_option
def cancel_command(reanalysis_id: str, server: str | None) -> None:
    """Stop the re-analysis ID; one that is over stays as it is."""
    with opened_server(server) as client:
        say(client.cancel_reanalysis(reanalysis_id))


def _named(passport: str) -> dict[str, str]:
    """The product and the version behind the last @, as an order names them."""
    product_id, at, version = passport.rpartition("@")
    if not at:
        return {"product_id": passport}
    if not product_id or not version:
        raise InputError(f"--passport {passport!r}: write ID, or ID@VERSION")
    return {"product_id": product_id, "version": version}


def _waited(client: Zhenyan, reanalysis_id: str, timeout_s: float | None) -> ReanalysisOut:
    """The re-analysis once it is over, or as it stands when the time is up."""
    until_s = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        one = client.reanalysis(reanalysis_id)
        left_s = _POLL_S if until_s is None else until_s - time.monotonic()
        if one["state"] in _OVER or left_s <= 0:
            return one
        time.sleep(min(_POLL_S, left_s))


def _why(one: ReanalysisOut) -> str:
    if one["state"] in _OVER:
        return one["error"] or "nobody waits for it any more"
    return f"{one['analysed_ms']} of {one['span_ms']} ms are analysed; wait again, and look whether a worker runs"

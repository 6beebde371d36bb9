"""A server that commands work on: its address by `--server`, the key from the environment."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cli.shell.records import InputError
from net.errors import ZhenyanError

# What speaks HTTP is an extra: it is looked for once a server is asked.
if TYPE_CHECKING:
    from review.client import Zhenyan

KEY = "ZHENYAN_KEY"
SERVER = "ZHENYAN_SERVER"


class ServerRefused(ZhenyanError):
    """The server refused, or could not be reached; who calls can act."""

    exit_code = 1


def server_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--server`: where the server is."""
    return click.option(
        "--server",
        metavar="URL",
        envvar=SERVER,
        help=f"The server's address; the key is read from the environment, {KEY}.",
    )(command)


@contextmanager
def opened_server(url: str | None) -> "Iterator[Zhenyan]":
    """A client of the server; ServerRefused says what it answered, InputError what the call lacks."""
    import httpx

    from review.client import Problem, Zhenyan

    if not url:
        raise InputError(
            f"--server: name the server's address, such as --server https://zhenyan.example.com, or set {SERVER}"
        )
    if not url.startswith(("http://", "https://")):
        raise InputError(f"--server {url!r}: is no address of HTTP; write https://HOST[:PORT]")
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise InputError(f"{KEY}: is not set; set it in the environment to a key of `zhenyan keys add`")
    try:
        with Zhenyan(url.rstrip("/"), key) as opened:
            yield opened
    except Problem as problem:
        more = "".join(f"\n  {field}: {reason}" for field, reason in problem.errors[1:])
        raise ServerRefused(f"{problem.code or problem.status}: {problem.detail}{more}") from problem
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise ServerRefused(f"server {url}: can't be reached: {error}; check the address and that it runs") from error

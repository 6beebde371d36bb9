"""A real PostgreSQL server on loopback, made for one run of a bench or of the tests and thrown away after."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from bench.ports import free_port

_DEBIAN = Path("/usr/lib/postgresql")
_QUIET = ["-c", "logging_collector=off"]
_CARELESS = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


def is_installed() -> bool:
    """Whether there is a server to start."""
    return _found("initdb") is not None


def _found(name: str) -> str | None:
    return shutil.which(name) or next((str(p) for p in sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True)), None)


def _program(name: str) -> str:
    found = _found(name)
    if found is None:
        raise FileNotFoundError(f"{name}: PostgreSQL is not installed; run scripts/system-packages.sh")
    return found


def _owner() -> tuple[int | None, int | None]:
    """User and group that run the server, which refuses to run as root; None: whoever runs this."""
    if os.geteuid() != 0:
        return None, None
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid


@contextmanager
def running_postgres(*, durable: bool = False, parent: Path | None = None) -> Iterator[str]:
    """The URL of its maintenance database; `new_database` makes one to work in.

    `durable`: a commit is on the disk before it is answered, as in use; otherwise nothing waits for the disk.
    `parent`: the folder in which the server's own is made; None: that of temporary files.
    """
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="zhenyan-pg-", dir=parent))
    user, group = _owner()
    if user is not None and group is not None:
        os.chown(folder, user, group)
    data = folder / "data"
    flags = _QUIET if durable else [*_QUIET, *_CARELESS]
    common: dict[str, Any] = {"check": True, "capture_output": True, "cwd": folder, "user": user, "group": group}
    try:
        subprocess.run(
            [_program("initdb"), "-D", str(data), "-U", "zhenyan", "-A", "trust", "-E", "UTF8", "--no-sync"], **common
        )
        server = subprocess.Popen(
            [_program("postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            user=user,
            group=group,
        )
        try:
            yield _when_ready(f"postgresql+psycopg://zhenyan@127.0.0.1:{port}/postgres")
        finally:
            # At once, whoever is still connected; a plain end would wait for them.
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _when_ready(url: str, attempts: int = 300) -> str:
    engine = create_engine(url)
    for attempt in range(attempts):
        try:
            with engine.connect():
                break
        except OperationalError:
            if attempt == attempts - 1:
                raise
            sleep(0.1)
    engine.dispose()
    return url


def new_database(server_url: str, name: str, template: str = "template1") -> str:
    """The URL of a fresh database of this server, a copy of the template that nobody may be connected to."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'create database "{name}" template "{template}"'))
    engine.dispose()
    return server_url.rsplit("/", 1)[0] + "/" + name


def drop_database(url: str) -> None:
    """Ends the database that `new_database` made, whoever is still connected."""
    server_url, _, name = url.rpartition("/")
    engine = create_engine(f"{server_url}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'drop database if exists "{name}" with (force)'))
    engine.dispose()

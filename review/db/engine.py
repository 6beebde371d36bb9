"""Database connections that many processes may share."""

from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from review.errors import StoreUnavailableError

_BUSY_TIMEOUT_MS = 15_000


def open_engine(url: str) -> Engine:
    """An engine for this URL; SQLite gets write-ahead logging and waits for other writers.

    A transaction opened with the execution option `writes=True` takes SQLite's write lock at once: one that reads
    first and asks for the lock later fails, without waiting, when another process has written in between.
    """
    engine = create_engine(make_url(url), pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    return engine


def open_database(url: str) -> Engine:
    """The engine for this URL; StoreUnavailableError, which never shows the password, for one that can have none."""
    try:
        return open_engine(url)
    except ArgumentError as error:
        raise StoreUnavailableError("URL", "is none that can be read") from error
    except ModuleNotFoundError as error:
        raise StoreUnavailableError(make_url(url).render_as_string(hide_password=True), str(error)) from error


def each_for_itself(engine: Engine) -> Engine:
    """The engine, for reading a statement or two that need not see one moment: PostgreSQL is spared the transaction."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine


def _set_pragmas(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

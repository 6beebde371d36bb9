"""Connections that many processes share."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from review.db.engine import open_engine


def test_a_writing_transaction_holds_the_lock_before_it_first_writes(tmp_path: Path) -> None:
    database = tmp_path / "lock.db"
    engine = open_engine(f"sqlite:///{database}")
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
        with engine.execution_options(writes=True).begin() as connection:
            connection.execute(text("SELECT 1"))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        with engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
    engine.dispose()


def test_sqlite_is_set_up_for_many_processes(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'wal.db'}")
    with engine.connect() as connection:
        settings = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    engine.dispose()
    assert settings == ["wal", 15_000, 1]

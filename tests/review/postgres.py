"""A database of its own for each test: a copy of one that was brought to the program's schema once."""

import shutil
import uuid
from pathlib import Path

import pytest

from bench.postgres import new_database, running_postgres
from review.db.engine import open_engine
from review.db.migrations import migrate

__all__ = ["empty_database", "fresh_database", "migrated", "new_database", "running_postgres"]


def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any schema: of the kind that the test is parametrised with, else SQLite."""
    if _is_postgres(request):
        return new_database(request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}")
    return f"sqlite:///{tmp_path / 'review.db'}"


def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the program's schema and nothing in it; of which kind, as above."""
    if _is_postgres(request):
        server = request.getfixturevalue("postgres")
        return new_database(server, f"t{uuid.uuid4().hex}", template=request.getfixturevalue("postgres_template"))
    path = tmp_path / "review.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


def _is_postgres(request: pytest.FixtureRequest) -> bool:
    return bool(getattr(request, "param", "sqlite") == "postgresql")


def migrated(url: str) -> None:
    """Brings the database to the program's schema and leaves it."""
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()

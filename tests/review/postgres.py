"""A database of its own for each test."""

import uuid
from pathlib import Path

import pytest

from bench.postgres import new_database, running_postgres

__all__ = ["fresh_database", "new_database", "running_postgres"]


def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database for one test: of the kind that it is parametrised with, else SQLite."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return new_database(request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}")
    return f"sqlite:///{tmp_path / 'review.db'}"

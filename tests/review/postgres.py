"""A database of its own for each test: a copy of one that was brought to the program's schema once.

The server lies in memory where there is room: on a disk, a database of ten megabytes takes half a second to make.
"""

import shutil
import uuid
from pathlib import Path

import pytest

from bench.postgres import drop_database, new_database, running_postgres
from review.db.engine import open_engine
from review.db.migrations import migrate

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 << 30
__all__ = ["empty_database", "fresh_database", "memory", "migrated", "new_database", "running_postgres"]


def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any schema: of the kind that the test is parametrised with, else SQLite."""
    if _is_postgres(request):
        return _dropped(request, new_database(request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}"))
    return f"sqlite:///{tmp_path / 'review.db'}"


def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with the program's schema and nothing in it; of which kind, as above."""
    if _is_postgres(request):
        server = request.getfixturevalue("postgres")
        template = request.getfixturevalue("postgres_template")
        return _dropped(request, new_database(server, f"t{uuid.uuid4().hex}", template=template))
    path = tmp_path / "review.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


def memory() -> Path | None:
    """The folder of files in memory, for a server with few databases at a time; None where there is too little room."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES else None


def _dropped(request: pytest.FixtureRequest, url: str) -> str:
    request.addfinalizer(lambda: drop_database(url))
    return url


def _is_postgres(request: pytest.FixtureRequest) -> bool:
    return bool(getattr(request, "param", "sqlite") == "postgresql")


def migrated(url: str) -> None:
    """Brings the database to the program's schema and leaves it."""
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()

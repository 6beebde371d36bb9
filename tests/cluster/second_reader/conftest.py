import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from review.store import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the program's schema, to copy."""
    path = tmp_path_factory.mktemp("second_reader") / "template.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[Store]:
    shutil.copy(migrated, tmp_path / "review.db")
    opened = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    yield opened
    opened.close()

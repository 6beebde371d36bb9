"""A store of its own for each test, on the database that it names."""

from collections.abc import Iterator

import pytest

from review.db.engine import open_engine
from review.stores import Stores
from tests.review.conftest import database_url, postgres, postgres_template, sqlite_template

__all__ = ["database_url", "postgres", "postgres_template", "sqlite_template"]


@pytest.fixture
def stores(database_url: str) -> Iterator[Stores]:
    opened = Stores.over(open_engine(database_url))
    yield opened
    opened.close()

from collections.abc import Iterator
from pathlib import Path

import pytest

from review.stores import Stores
from tests.cluster.second_reader.rooms import tiny_model
from tests.review.conftest import database_url, postgres, postgres_template, sqlite_template

__all__ = ["database_url", "postgres", "postgres_template", "sqlite_template"]


@pytest.fixture
def stores(database_url: str) -> Iterator[Stores]:
    opened = Stores.open(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a language model of a few thousand weights, and its tokenizer."""
    return tiny_model(tmp_path_factory.mktemp("tiny"))

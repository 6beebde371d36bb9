"""The store as commands open it: the one of the settings, given back at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.common import make_folder
from cli.settings import load_settings
from review.store import Store


@contextmanager
def opened_store(config_file: Path | None) -> Iterator[Store]:
    """The store of the settings in force; the data folder is made where it is missing."""
    settings = load_settings(config_file)
    make_folder("setting data_dir", settings.data_dir)
    store = Store.open(settings.store_url)
    try:
        yield store
    finally:
        store.close()

"""The stores as commands open them: those of the settings, given back at the end."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.config.settings import load_settings
from cli.shell.folders import make_data_folder
from review.stores import Stores


def caller() -> str:
    """Who called the command, for the audit trail."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli"


@contextmanager
def opened_stores(config_file: Path | None) -> Iterator[Stores]:
    """The stores of the settings in force; the data folder is made where it is missing."""
    settings = load_settings(config_file)
    make_data_folder(settings.data_dir)
    stores = Stores.open(settings.store_url)
    try:
        yield stores
    finally:
        stores.close()

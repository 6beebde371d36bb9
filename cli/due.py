"""What due process works by, as the settings and `configs/due` say."""

import configs
from cli.settings import Settings
from review.due.rules import read_measures, read_retention
from review.due.store import DueSetup

DUE_DIR = configs.ROOT / "due"


def due_setup(settings: Settings) -> DueSetup:
    """The published table, the clocks, and the data folder for keys and files."""
    return DueSetup(
        measures=read_measures(DUE_DIR), retention=read_retention(DUE_DIR), data_dir=settings.data_dir.absolute()
    )

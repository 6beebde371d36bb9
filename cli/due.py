"""What due process works by and where evidence is kept, as the settings and `configs/due` say."""

from pathlib import Path

import configs
from cli.settings import Settings
from review.due.rules import read_measures, read_retention
from review.due.store import DueSetup
from review.evidence.keeping import EvidenceSetup

DUE_DIR = configs.ROOT / "due"


def evidence_setup(settings: Settings) -> EvidenceSetup | None:
    """Where evidence is kept beyond the data folder; None: nowhere."""
    url = settings.evidence_url
    here = url if "://" in url or not url else str(Path(url).absolute())
    return EvidenceSetup.of(here, settings.data_dir.absolute())


def due_setup(settings: Settings) -> DueSetup:
    """The published table, the clocks, and the data folder for keys and files."""
    return DueSetup(
        measures=read_measures(DUE_DIR), retention=read_retention(DUE_DIR), data_dir=settings.data_dir.absolute()
    )

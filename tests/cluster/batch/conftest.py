"""A short archive, cut from the demo, with its first two findings in it."""

import shutil
from pathlib import Path

import pytest

import configs
from tests.ingest.support import run_ffmpeg
from tests.material import DEMO_FILM

DEMO_PASSPORTS = configs.DEMO_DIR / "passports.yaml"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a host's with one short media file, and beside it a policy."""
    return archived(tmp_path_factory.mktemp("archive"), length_s=20)


@pytest.fixture(scope="session")
def longer_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with more segments than are analysed together."""
    return archived(tmp_path_factory.mktemp("longer"), length_s=44)


def archived(root: Path, *, length_s: int) -> Path:
    folder = root / "xiaolan"
    folder.mkdir()
    cut_demo(folder / "evening.mp4", start_s=20, length_s=length_s)
    shutil.copytree(configs.POLICY_DIR, root / "policy")
    return folder


def cut_demo(file: Path, *, start_s: int, length_s: int) -> None:
    """Writes a piece of the demo broadcast, as it was received."""
    source = str(DEMO_FILM)
    cut = ["-ss", str(start_s), "-t", str(length_s), "-i", source, "-c", "copy", "-movflags", "+faststart"]
    run_ffmpeg(*cut, file)

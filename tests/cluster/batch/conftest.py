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
    folder = tmp_path_factory.mktemp("archive") / "xiaolan"
    folder.mkdir()
    cut_demo(folder / "evening.mp4", start_s=20, length_s=20)
    shutil.copytree(configs.POLICY_DIR, folder.parent / "policy")
    return folder


def cut_demo(file: Path, *, start_s: int, length_s: int) -> None:
    """Writes a piece of the demo broadcast, as it was received."""
    source = str(DEMO_FILM)
    cut = ["-ss", str(start_s), "-t", str(length_s), "-i", source, "-c", "copy", "-movflags", "+faststart"]
    run_ffmpeg(*cut, file)

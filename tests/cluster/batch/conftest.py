"""A short archive, cut from the demo, with its first two findings in it."""

import shutil
import subprocess
from pathlib import Path

import pytest

import configs

DEMO_PASSPORTS = configs.DEMO_DIR / "passports.yaml"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a host's with one short media file, and beside it a policy."""
    folder = tmp_path_factory.mktemp("archive") / "xiaolan"
    folder.mkdir()
    cut = [
        "-ss",
        "20",
        "-t",
        "20",
        "-i",
        str(configs.DEMO_DIR / "broadcast.mp4"),
        "-c",
        "copy",
        "-movflags",
        "+faststart",
    ]
    subprocess.run(["ffmpeg", "-v", "error", *cut, str(folder / "evening.mp4")], check=True)
    shutil.copytree(configs.POLICY_DIR, folder.parent / "policy")
    return folder

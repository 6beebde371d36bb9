"""Where spoken lines and passports lie that many tests use, and the folder beside a checkout on which some measure."""

from pathlib import Path

import pytest

import configs

GIVEN = Path(__file__).with_name("given")
SPEECH = GIVEN / "speech"
DEMO_LINES = GIVEN / "demo"
PASSPORTS = GIVEN / "passports.yaml"
DEMO_FILM = Path(__file__).parents[1] / "demo_film" / "broadcast.mp4"
# What is said in the demo's lines, and what goes with it.
DEMO_SCRIPT = configs.DEMO_DIR / "demo.json"
_BESIDE = Path(__file__).parents[2] / "shared"


def beside(name: str) -> Path:
    """The file or folder of that name in `../shared`; skips the test where it is not there, which is nearly everywhere.

    For what only measures or compares: what a test needs is under `tests/given`.
    """
    path = _BESIDE / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is not beside this checkout, and there is nothing to measure on")
    return path

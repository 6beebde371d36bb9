"""What tests need of the machine and no Python package brings: found, or the test is skipped and says how to get it.

`make test` installs all of it where it may. With TESTS_SKIP_NOTHING set, as `.ci/run` does, a test fails that would
be skipped.
"""

import os
import shutil
import subprocess
import warnings
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from ingest.errors import SandboxUnavailable
from ingest.sandbox.process import choose_sandbox

_SYSTEM_PYTHON = "/usr/bin/python3"
_PLACES = (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")


def lacking(what: str) -> NoReturn:
    """Skips the test for want of this; fails it where nothing may be skipped."""
    why = f"{what}: not on this machine; `make system` as root installs it (scripts/system-packages.sh)"
    if os.environ.get("TESTS_SKIP_NOTHING"):
        pytest.fail(why)
    pytest.skip(why)


def program(*names: str) -> str:
    """Where the program is: the first of these names that is on this machine."""
    found = (shutil.which(name, path=os.pathsep.join(_PLACES)) for name in names)
    return next(filter(None, found), None) or lacking(names[0])


def chinese_fonts() -> None:
    """Nothing, where the open Chinese fonts are in which pictures are written."""
    if missing := _missing_fonts():
        lacking(f"open Chinese fonts ({', '.join(missing)})")


def bubblewrap() -> None:
    """Nothing, where bubblewrap works; it does not in many a container."""
    try:
        choose_sandbox("bubblewrap")
    except SandboxUnavailable as error:
        lacking(str(error))


def pango() -> None:
    """Nothing, where pages can be laid out on paper; that no font at all is installed is only warned of."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import weasyprint  # noqa: F401
    except OSError as error:
        lacking(f"Pango ({error})")


def rtsp_python() -> str:
    """The system's Python, with what serves RTSP."""
    if not _serves_rtsp():
        lacking("GStreamer's RTSP server for the system's Python")
    return _SYSTEM_PYTHON


@cache
def _serves_rtsp() -> bool:
    asked = [_SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    return Path(_SYSTEM_PYTHON).exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


@cache
def _missing_fonts() -> tuple[str, ...]:
    # Drawing is heavy, and most who ask for a program draw nothing.
    from bench.rooms import FONTS, font
    from cli.broadcast.errors import FontMissingError

    missing = []
    for name, (file, _) in FONTS.items():
        try:
            font(name, 20)
        except FontMissingError:
            missing.append(file)
    return tuple(missing)

"""Runs the examples of a page of the documentation where the program is installed already."""

import os
import sys
from pathlib import Path

from scripts.page_session import run_page as run_text

DOCS = Path(__file__).parents[2] / "docs"


def run_page(name: str, folder: Path, *, timeout_s: float) -> str:
    """What the page's examples wrote, all of them having succeeded and printed what the page says; else PageFailed."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return "".join(done.wrote for done in run_text(text, folder, _newcomers(), timeout_s=timeout_s))


def _newcomers() -> dict[str, str]:
    """The environment of somebody who installed the program and set nothing."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ZHENYAN_", "RAY_"))}
    return kept | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

"""The documentation builds with strict links, and shows the API as the program describes it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from review.server.openapi import described

ROOT = Path(__file__).parents[2]


def test_the_api_reference_is_the_programs_own() -> None:
    shown = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert shown == json.loads(json.dumps(described())), "run: python -m scripts.write_openapi"


def test_every_page_stands_in_the_navigation_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    page = (tmp_path / "site" / "api" / "index.html").read_text(encoding="utf-8")
    assert "/v1/check" in page


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name)
def test_pages_fetch_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "![](http" not in text


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("[sg]*/*.md")), ids=lambda p: p.name)
def test_what_is_said_in_chinese_is_said_in_english(page: Path) -> None:
    tabs = re.findall(r'^=== "(.+)"$', page.read_text(encoding="utf-8"), re.MULTILINE)
    assert tabs == ["中文", "English"] * (len(tabs) // 2)
    assert tabs

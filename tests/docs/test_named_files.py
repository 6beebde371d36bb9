"""Files and folders that a page names are there; pages of decisions tell of their day and are left alone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "decisions"),
]
TOP = "asr|bench|claims|cli|cluster|configs|deploy|docs|ingest|net|review|scripts|tests|training|vision"
# Places of the tree in code type: no placeholders, wildcards or options.
PLACE = re.compile(rf"`((?:{TOP})/[\w./-]*)`")


def missing(text: str) -> list[str]:
    """The places that a text names and the tree does not have."""
    return [
        place
        for place in PLACE.findall(text)
        if not (ROOT / place).exists() and not (ROOT / place).with_suffix(".py").exists()
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    assert missing(page.read_text(encoding="utf-8")) == []


def test_a_file_that_is_gone_would_be_noticed() -> None:
    assert missing("See `net/guard.py`, `net/gaurd.py` and `review/cases/`.") == ["net/gaurd.py"]

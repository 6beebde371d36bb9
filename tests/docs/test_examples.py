"""Every example of the documentation that can run does, in an empty folder, as the page has it."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, run_page

_QUICK = ("guides/passports.md",)
_SLOW = (
    *("guides/policy.md", "guides/api.md", "guides/evidence.md", "guides/bulk-passports.md"),
    *("guides/suggestions.md", "guides/stretches.md", "guides/words.md", "guides/statistics.md"),
    *("guides/reanalyses.md", "guides/watching.md"),
    *("start/platform.md", "start/reviewer.md", "start/analyst.md"),
)


@pytest.mark.parametrize("page", _QUICK)
def test_a_guides_examples_run(page: str, tmp_path: Path) -> None:
    run_page(page, tmp_path, timeout_s=600)


@pytest.mark.slow
@pytest.mark.parametrize("page", _SLOW)
def test_a_quick_start_leads_a_newcomer_to_a_result(page: str, tmp_path: Path) -> None:
    run_page(page, tmp_path, timeout_s=1500)


def test_every_page_with_examples_is_run() -> None:
    with_examples = {
        str(page.relative_to(DOCS))
        for folder in ("start", "guides")
        for page in (DOCS / folder).glob("*.md")
        if re.search(r"^```(sh|python)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert with_examples == {*_QUICK, *_SLOW}

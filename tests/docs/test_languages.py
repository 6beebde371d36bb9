"""Pages that people answer for say the same in Chinese as in English."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
# Each English page and its Chinese twin; figures are compared where a page has them.
TWINS = {
    "security.md": "zh/security.md",
    "privacy.md": "zh/privacy.md",
    "quality/model-card.md": "zh/model-card.md",
}
FIGURE = re.compile(r"(?<![\w.])(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?![\w])")


def parts(page: str) -> tuple[list[str], list[str]]:
    """The page's headings' levels and its table rows, in order."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    return [line.split(" ")[0] for line in lines if line.startswith("#")], [x for x in lines if x.startswith("| ")]


def names(text: str) -> list[str]:
    """What is named in code type: settings, tables, files, commands."""
    return sorted(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))


@pytest.mark.parametrize(("english", "chinese"), TWINS.items(), ids=TWINS)
def test_a_page_and_its_chinese_twin_have_the_same_sections_and_rows(english: str, chinese: str) -> None:
    ours, theirs = parts(english), parts(chinese)
    assert ours[0] == theirs[0]
    assert len(ours[1]) == len(theirs[1]) > 0


@pytest.mark.parametrize(("english", "chinese"), TWINS.items(), ids=TWINS)
def test_each_row_names_the_same_settings_tables_and_files(english: str, chinese: str) -> None:
    rows = zip(parts(english)[1], parts(chinese)[1], strict=True)
    assert [(a, b) for a, b in rows if names(a) != names(b)] == []


@pytest.mark.parametrize(("english", "chinese"), TWINS.items(), ids=TWINS)
def test_what_the_text_names_is_named_in_both(english: str, chinese: str) -> None:
    assert set(names((DOCS / english).read_text("utf-8"))) == set(names((DOCS / chinese).read_text("utf-8")))


def test_the_model_card_has_the_same_figures_in_both_languages() -> None:
    english, chinese = parts("quality/model-card.md")[1], parts("zh/model-card.md")[1]
    rows = [(FIGURE.findall(a), FIGURE.findall(b)) for a, b in zip(english, chinese, strict=True)]
    assert [pair for pair in rows if sorted(pair[0]) != sorted(pair[1])] == []
    assert any(pair[0] for pair in rows)


@pytest.mark.parametrize(("english", "chinese"), TWINS.items(), ids=TWINS)
def test_each_twin_leads_to_the_other(english: str, chinese: str) -> None:
    for page, other in ((english, chinese), (chinese, english)):
        links = re.findall(r"\]\(([^)#]+)", (DOCS / page).read_text(encoding="utf-8"))
        assert any((DOCS / page).parent.joinpath(link).resolve() == (DOCS / other).resolve() for link in links)


def test_every_figure_of_the_model_card_stands_in_the_evaluation() -> None:
    """The card is a choice from the tables; a figure typed there alone would be nobody's."""
    evaluation = (DOCS / "quality" / "evaluation.md").read_text(encoding="utf-8")
    figures = set(re.findall(r"(?<![\w.])\.\d{3}(?!\d)", (DOCS / "quality" / "model-card.md").read_text("utf-8")))
    measured = set(re.findall(r"(?<![\w.])\.\d{3}(?!\d)", evaluation))
    assert figures
    assert figures <= measured, figures - measured

"""One catalogue of texts: both languages say everything, and no page says a word of its own."""

import re
from pathlib import Path

import pytest

from review.accounts.types import Role
from review.cases.decisions import REASONS
from review.cases.types import CaseState, Choice
from review.presentation.language import Words
from review.presentation.texts import TEXTS
from review.server.assets import PAGES_DIR
from review.server.pages.queue import SHOWN

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The name of the other language is said in it.
IN_THE_OTHER = {"other_language"}
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SAID_IN = re.compile(r'\s(?:title|aria-label|placeholder|alt)="([^"]*)"')
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_KEY_NAMES = re.compile(r"<kbd>.*?</kbd>")


def pages() -> list[Path]:
    return sorted(PAGES_DIR.rglob("*.html"))


def test_every_text_is_there_in_both_languages() -> None:
    for key, (zh, en) in TEXTS.items():
        assert all((zh, en)), key
        assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en)), key
        if key not in IN_THE_OTHER:
            assert not CHINESE.search(en), key


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_page_says_a_word_of_its_own(page: Path) -> None:
    bare = _JINJA.sub("", page.read_text(encoding="utf-8"))
    said = [text for text in _SAID_IN.findall(bare) if re.search(r"[A-Za-z]{2}|[\u4e00-\u9fff]", text)]
    shown = _TAG.sub(" ", _KEY_NAMES.sub("", bare))
    assert said == []
    assert re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+", shown) == []


def test_scripts_say_nothing_of_their_own() -> None:
    for script in (PAGES_DIR.parent / "static").glob("*.js"):
        assert not CHINESE.search(script.read_text(encoding="utf-8")), script.name


def test_every_term_of_the_closed_vocabularies_has_a_word() -> None:
    for kind, terms in (
        ("choice", Choice),
        ("key", Choice),
        ("state", [*CaseState, *SHOWN]),
        ("role", Role),
        ("reason", [reason for reasons in REASONS.values() for reason in reasons]),
    ):
        for term in terms:
            assert f"{kind}.{term}" in TEXTS


def test_codes_of_refusals_and_of_priorities_have_words() -> None:
    folder = PAGES_DIR.parents[1] / "cases"
    codes = [code for path in folder.glob("*.py") for code in re.findall(r'code="(\w+)"', path.read_text())]
    assert len(codes) > 15
    for code in codes:
        assert f"barred.{code}" in TEXTS or f"why.{code}" in TEXTS, code


def test_a_term_without_a_word_is_shown_as_it_is() -> None:
    assert Words("zh").term("severity", "unheard") == "unheard"
    assert Words("en").named({"A": ("甲", "one")}, "A") == "one"
    assert str(Words("zh").marked("queue.waiting", n="<3>")) == "等待 <b>&lt;3&gt;</b>"

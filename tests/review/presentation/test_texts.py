"""One catalogue of texts: both languages say everything, and no page says a word of its own."""

import re
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from review.accounts.types import Role
from review.cases.decisions import REASONS
from review.cases.types import CaseState, Choice
from review.presentation.catalogues import LANGUAGES, LOCALE_DIR, Language, in_every_language
from review.presentation.language import Words
from review.server.assets import PAGES_DIR
from review.server.pages.queue import SHOWN

ROOT = Path(__file__).parents[3]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The name of the other language is said in it.
IN_THE_OTHER = {"other_language"}
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SAID_IN = re.compile(r'\s(?:title|aria-label|placeholder|alt)="([^"]*)"')
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_KEY_NAMES = re.compile(r"<kbd>.*?</kbd>")


def pages() -> list[Path]:
    return sorted(PAGES_DIR.rglob("*.html"))


@pytest.fixture(scope="module")
def said() -> frozenset[str]:
    """The keys that the program says, as `make messages` finds them."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found = (extract_from_dir(ROOT / package, methods) for package in ("review", "cli", "cluster"))
    return frozenset(message for package in found for _, _, message, *_ in package)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_lacks_a_translation(language: Language, said: frozenset[str]) -> None:
    catalogue = translations(language)
    assert {message.id for message in catalogue if message.id and message.string} == said
    assert not catalogue.obsolete
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_translations(language: Language) -> None:
    compiled = BytesIO()
    write_mo(compiled, translations(language))
    assert (folder(language) / "messages.mo").read_bytes() == compiled.getvalue(), "call `make messages`"


def test_both_languages_say_the_same_values(said: frozenset[str]) -> None:
    for key in said:
        zh, en = in_every_language(key)
        assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en)), key
        if key not in IN_THE_OTHER:
            assert not CHINESE.search(en), key


def test_a_key_that_is_in_no_catalogue_is_an_error() -> None:
    with pytest.raises(KeyError):
        Words("zh")("queue.of_nobody")


def folder(language: Language) -> Path:
    return LOCALE_DIR / language / "LC_MESSAGES"


def translations(language: Language) -> Catalog:
    with (folder(language) / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_page_says_a_word_of_its_own(page: Path) -> None:
    bare = _STYLE.sub("", _JINJA.sub("", page.read_text(encoding="utf-8")))
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
            assert all(in_every_language(f"{kind}.{term}"))


def test_codes_of_refusals_and_of_priorities_have_words(said: frozenset[str]) -> None:
    folder = PAGES_DIR.parents[1] / "cases"
    codes = [code for path in folder.glob("*.py") for code in re.findall(r'code="(\w+)"', path.read_text())]
    assert len(codes) > 15
    for code in codes:
        assert {f"barred.{code}", f"why.{code}"} & said, code


def test_a_term_without_a_word_is_shown_as_it_is() -> None:
    assert Words("zh").term("severity", "unheard") == "unheard"
    assert Words("en").named({"A": ("甲", "one")}, "A") == "one"
    assert str(Words("zh").marked("queue.shown", state="待处理", n="<3>")) == "<b>待处理</b> <b>&lt;3&gt;</b> 件"

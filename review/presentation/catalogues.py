"""The gettext catalogues of pages, paper and packs, one a language; an id is a key such as `queue.waiting`.

Translations stand in `locale/LANGUAGE/LC_MESSAGES/messages.po`; `make messages` brings them up to date with the keys
that are said, and compiles them.
"""

from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LOCALE_DIR = Path(__file__).parent / "locale"


def text_of(language: Language, key: str) -> str:
    """The text of this key in this language; KeyError for a key that is in no catalogue."""
    found = _catalogue(language).gettext(key)
    if found == key:
        raise KeyError(key)
    return found


def in_every_language(key: str) -> tuple[str, str]:
    """The text in Chinese and in English; KeyError for a key that is in no catalogue."""
    return text_of("zh", key), text_of("en", key)


def in_both(text: str) -> tuple[str, str]:
    """The halves of a text of policy data, `中文 | English`; the text twice where it has no two."""
    zh, bar, en = text.partition("|")
    return (zh.strip(), en.strip()) if bar and en.strip() and "|" not in en else (text, text)


@cache
def _catalogue(language: Language) -> GNUTranslations:
    with (LOCALE_DIR / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        return GNUTranslations(file)

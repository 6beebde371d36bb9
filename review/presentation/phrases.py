"""Sentences that the program tells in English, worded otherwise: known ones by their patterns, with what varies."""

import re
from collections.abc import Callable, Iterable

Phrases = tuple[tuple[re.Pattern[str], str], ...]


def phrases(table: Iterable[tuple[str, str]]) -> Phrases:
    """The patterns of whole sentences, each with its words, where `{0}` stands for what the first group found."""
    return tuple((re.compile(pattern), words) for pattern, words in table)


def worded(text: str, known: Phrases, each: Callable[[str], str] = lambda value: value) -> str | None:
    """The words of the first pattern that fits the whole sentence, what varies put through `each`; None: none fits."""
    for pattern, words in known:
        if found := pattern.fullmatch(text):
            return words.format(*map(each, found.groups()))
    return None

"""Texts of a room made plain data: no marks of a dialogue, nothing hidden, nobody's name; and who they address."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from claims.policy.policy import Policy

# In full width they say the same to a reader, and end no string, open no tag and close no template.
_FULL_WIDTH = {ord(char): ord(char) + 0xFEE0 for char in '<>|{}[]"`\\$#&'}
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_LEAST_NAME = 2


def as_data(text: str, most_chars: int, private: Sequence[str], host: str) -> str:
    """The text as it is sent: plain characters, at most so many, `host` in the place of every private name."""
    plain = "".join(" " if char in "\t\r\n" else char for char in text if char in "\t\r\n" or _is_seen(char))
    for name in sorted((n for n in private if len(n) >= _LEAST_NAME), key=len, reverse=True):
        plain = re.sub(re.escape(name), lambda _: host, plain, flags=re.IGNORECASE)
    plain = plain.translate(_FULL_WIDTH).strip()
    return plain if len(plain) <= most_chars else f"{plain[: most_chars - 1]}…"


def speaks_to_machine(texts: Sequence[str], policy: Policy) -> bool:
    """Whether any of the texts, or all of them in a row, speak to a machine by the policy's patterns.

    They are looked for in the words as they stand, folded, and without anything between the characters; the last
    finds what is spelled with gaps, and words in two passages.
    """
    assert policy.second_reader is not None
    patterns = _compiled(policy.second_reader.speaks_to_machine)
    for text in (*texts, "".join(texts)):
        folded = policy.texts.fold_as_heard(text).text
        plain = unicodedata.normalize("NFKC", text).lower()
        bare = "".join(char for char in folded if char.isalnum())
        if any(pattern.search(form) for pattern in patterns for form in (plain, folded, bare)):
            return True
        if any(_is_hidden(char) for char in text):
            return True
    return False


def bare(text: str) -> str:
    """The letters and digits of a text, by which words are found in it whatever stands between."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).lower() if c.isalnum())


def _is_seen(char: str) -> bool:
    return unicodedata.category(char) not in _UNSEEN


def _is_hidden(char: str) -> bool:
    """Characters that nobody sees and that turn, hide or spell text: marks of direction, tags, private ones."""
    code = ord(char)
    return 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or 0xE0000 <= code <= 0xE007F


@lru_cache(maxsize=8)
def _compiled(sources: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources)

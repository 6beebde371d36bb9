"""Characters that no product's record holds: controls, and marks that turn the direction of writing around."""

import re
from collections.abc import Iterator
from typing import Any

# C0 and C1 without tab and line ends; the overrides, embeddings and isolates of bidirectional writing.
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# What is compared letter by letter, and never runs over a line.
_NAMES = frozenset(
    {"id", "passport_id", "doc_id", "gtin", "category", "key", "scheme", "currency", "unit", "unit_text"}
)
_LONGEST = 60
_DEEPEST = 100

Place = tuple[int | str, ...]


def unfit_texts(record: Any) -> Iterator[tuple[Place, str]]:
    """Each place in a parsed record, keys among them, whose text holds such a character, and which one."""
    waiting: list[tuple[Place, Any]] = [((), record)]
    known: set[int] = set()
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            pattern = _NOT_IN_NAMES if path and path[-1] in _NAMES else _NEVER
            if found := pattern.search(value):
                yield path, f"holds {_named(found[0])}, which no text of a passport may hold"
            continue
        if isinstance(value, bytes):
            yield path, "is binary; write it as text"
            continue
        inner: list[tuple[Place, Any]] = []
        if id(value) in known:
            continue
        if isinstance(value, dict):
            known.add(id(value))
            for key, below in value.items():
                if found := _NOT_IN_NAMES.search(str(key)):
                    yield (*path, str(key)), f"the key holds {_named(found[0])}, which no key may hold"
                inner.append(((*path, str(key)), below))
        elif isinstance(value, list):
            known.add(id(value))
            inner = [((*path, index), below) for index, below in enumerate(value)]
        if len(path) < _DEEPEST:
            waiting += reversed(inner)


def quoted(value: object) -> str:
    """The value in quotation marks, cut where it is long; nothing in it can steer a terminal."""
    text = str(value)
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _named(char: str) -> str:
    kind = {"\x00": "a NUL", "\x1b": "an escape character", "\n": "a line end", "\t": "a tab"}.get(char)
    number = f"U+{ord(char):04X}"
    if kind is not None:
        return f"{kind} ({number})"
    return f"the direction mark {number}" if ord(char) > 0x2029 else f"the control character {number}"

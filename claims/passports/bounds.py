"""How large a passport's record may be: what it takes to read and to judge by grows with its entries and its words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Longer ones are no names that anybody would say, and each stretch of a name is looked for in every sentence.
_NAME_KEYS = frozenset({"name", "name_zh", "brand", "aliases", "trademarks"})
_DEEPEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportBounds:
    """The entries of any list in a record, the values of all of it, and the characters of any text and any name."""

    entries: int = 500
    values: int = 5_000
    text_chars: int = 10_000
    name_chars: int = 200


def too_large(record: Any, bounds: PassportBounds) -> tuple[str, str] | None:
    """The path of the first thing in a parsed record that is over a bound, and by what; None if nothing is."""
    for count, (path, depth, value) in enumerate(_values(record), start=1):
        if count > bounds.values:
            return "", f"has more than {bounds.values} values in all; leave out what nobody claims"
        if depth > _DEEPEST:
            return path, f"is nested deeper than {_DEEPEST} levels"
        if isinstance(value, list) and len(value) > bounds.entries:
            return path, f"has {len(value)} entries, at most {bounds.entries} are taken"
        if isinstance(value, str):
            most = bounds.name_chars if _is_name(path) else bounds.text_chars
            if len(value) > most:
                return path, f"has {len(value)} characters, at most {most} are taken"
    return None


def _values(record: Any) -> Iterator[tuple[str, int, Any]]:
    """Everything in the record with its path and depth, in order; what is over a bound is never looked into."""
    left = [("", 0, record)]
    while left:
        path, depth, value = left.pop()
        yield path, depth, value
        inner: list[tuple[str, int, Any]] = []
        if isinstance(value, dict):
            inner = [(f"{path}.{key}" if path else str(key), depth + 1, each) for key, each in value.items()]
        elif isinstance(value, list):
            inner = [(f"{path}[{index}]", depth + 1, each) for index, each in enumerate(value)]
        left.extend(reversed(inner))


def _is_name(path: str) -> bool:
    """True for the product's own names, not for those of its attributes."""
    head, _, rest = path.partition("[")
    return head in _NAME_KEYS and "." not in rest

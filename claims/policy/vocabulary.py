"""Attributes of goods as data: what passports call them and by which words hosts mean them."""

import re
from functools import lru_cache
from typing import Any

from pydantic import model_validator

from claims.types import Frozen

# What older policies tell of attributes beside this: which one a number means, `linking.yaml` and its model decide.
_RETIRED = ("generic", "family")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONG_WORD = 5


class Attribute(Frozen):
    """One attribute, such as 功率 or 保质期."""

    id: str
    keys: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    unit: str | None = None

    def is_named_in(self, label: str) -> bool:
        """Whether the label has one of its names."""
        return any(name.lower() in label.lower() for name in self.labels)

    @model_validator(mode="before")
    @classmethod
    def _without_retired(cls, value: Any) -> Any:
        return {k: v for k, v in value.items() if k not in _RETIRED} if isinstance(value, dict) else value


class AttributesFile(Frozen):
    """`attributes.yaml`."""

    attributes: tuple[Attribute, ...]


class AttributeTable:
    """Finds the attribute that a passport's key or label means; the longest name that fits wins."""

    def __init__(self, file: AttributesFile) -> None:
        self.attributes = file.attributes
        self._found: dict[tuple[str, str], Attribute | None] = {}

    def is_common(self, word: str) -> bool:
        """True if the word names or hints at an attribute, so that it tells no entry from its like."""
        return any(word in a.labels or word in a.cues for a in self.attributes)

    def named(self, key: str, label: str) -> Attribute | None:
        """The attribute for a passport entry, or None."""
        cached = self._found.get((key, label), "unknown")
        if not isinstance(cached, str):
            return cached
        best: tuple[int, Attribute] | None = None
        lowered_key, lowered_label = _CAPITAL.sub("_", key).lower(), label.lower()
        for attribute in self.attributes:
            sizes = [len(k) + (10 if lowered_key == k else 0) for k in attribute.keys if _is_in(k, lowered_key)]
            sizes += [len(name) * 3 for name in attribute.labels if name.lower() in lowered_label]
            if sizes and (best is None or max(sizes) > best[0]):
                best = (max(sizes), attribute)
        found = best[1] if best else None
        self._found[(key, label)] = found
        return found


@lru_cache(maxsize=4096)
def _is_in(word: str, key: str) -> bool:
    """Whether a key has the word as one of its own, or a long one as the beginning of its own: no ram in programs."""
    end = "" if len(word) >= _LONG_WORD else r"s?(?![a-z])"
    return re.search(rf"(?<![a-z]){re.escape(word)}{end}", key) is not None

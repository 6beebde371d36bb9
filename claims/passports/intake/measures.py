"""Which measures an attribute bears, by the end of its key or label: 电池容量 and max_weight say it last."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from claims.passports.intake.models import Differences, Measure

_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST, _MOST_WORDS = 100, 8
_ENDS = " 0123456789.:-_/±+*#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Borne:
    """What an attribute may be measured in; `whole`: a share of it can't exceed 100 %."""

    dimensions: frozenset[str]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Found:
    measure: Measure
    entire: bool


class MeasureTable:
    """Finds what an attribute bears by the longest name at the end of its key and label."""

    def __init__(
        self, measures: Sequence[Measure], differences: Differences, qualifiers: frozenset[str], holds: str
    ) -> None:
        """`holds`: before the name of a stuff it makes the name of its share."""
        self._holds = holds
        self._keys = {key: measure for measure in measures for key in measure.keys}
        self._labels = {_clean(label): measure for measure in measures for label in measure.labels}
        self._differences = differences
        self._qualifiers = qualifiers

    def borne(self, key: str, label: str | None, category: str) -> Borne | None:
        """What the attribute bears; None where neither name tells: then it may have any unit.

        Where key and label tell different things, what both may bear counts, or else either. Beside a label the key
        counts only where it is a name as a whole (anc_depth, 降噪深度, is no depth).
        """
        by_label = self._by_label(label) if label else None
        by_key = self._by_key(key)
        if by_key is not None and not by_key.entire and (by_label is not None or (label and not label.isascii())):
            by_key = None
        found = [one.measure for one in (by_label, by_key) if one is not None]
        if not found:
            return None
        meant = [_meant(measure, category) for measure in found]
        common = frozenset.intersection(*meant)
        if common:
            return Borne(dimensions=common, whole=any(measure.whole for measure in found))
        return Borne(dimensions=frozenset.union(*meant), whole=False)

    def is_difference(self, key: str, label: str | None) -> bool:
        """True where the attribute tells how far off something is, or how much it changes."""
        cleaned = _clean(label or key)
        return bool(self._differences.keys & set(_tokens(key))) or cleaned.endswith(tuple(self._differences.labels))

    def _by_key(self, key: str) -> _Found | None:
        if not key.isascii():
            return self._by_label(key)
        words = _tokens(key)
        before, words = words[:-_MOST_WORDS], words[-_MOST_WORDS:]
        while len(words) > 1 and "_".join(words) not in self._keys and words[-1] in self._qualifiers:
            words.pop()
        for start in range(len(words)):
            measure = self._keys.get("_".join(words[start:]))
            if measure is not None:
                return _Found(measure, all(word in self._qualifiers for word in (*before, *words[:start])))
        return None

    def _by_label(self, label: str) -> _Found | None:
        cleaned = _clean(label)
        for start in range(len(cleaned)):
            measure = self._labels.get(cleaned[start:])
            # 糖 is what 含糖 tells of, and not 喜糖
            if measure is not None and (len(cleaned) - start > 1 or start == 0 or cleaned[start - 1] == self._holds):
                return _Found(measure, start == 0)
        return self._by_key(label) if label.isascii() else None


def _meant(measure: Measure, category: str) -> frozenset[str]:
    left_out = [dims for prefix, dims in measure.not_in.items() if category.split("/", 1)[0] == prefix]
    return measure.dimensions.difference(*left_out)


def _clean(label: str) -> str:
    plain = unicodedata.normalize("NFKC", label[-_LONGEST:]).strip().lower()
    return _BRACKETS.sub("", plain).rstrip(_ENDS) or plain


def _tokens(key: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(key) if not word.isdigit()]

"""The first parts of category paths, and the nearest of them to what somebody wrote instead."""

import difflib
import re
import unicodedata
from collections.abc import Sequence

from claims.passports.intake.models import CategoryPart

_MOST = 3
_ALIKE = 0.6
# How much less alike than the best a further one may be.
_CLOSE = 0.2
_PART = re.compile(r"[/\\>|:：、,，;\s]+")
_LONGEST = 40


class CategoryTable:
    """Knows the first parts that rules are written for."""

    def __init__(self, parts: Sequence[CategoryPart]) -> None:
        self.ids = tuple(part.id for part in parts)
        self._words = [(part.id, word.lower()) for part in parts for word in (part.id, *part.words)]

    def knows(self, category: str) -> bool:
        """True if the path begins with a known part; anything below it is known, too."""
        return category.split("/", 1)[0] in self.ids

    def nearest(self, category: str) -> list[str]:
        """The known first parts that may be meant, the likeliest first; empty where none is near."""
        folded = unicodedata.normalize("NFKC", category[:_LONGEST]).strip().lower()
        for part in (part for part in _PART.split(folded) if part):
            scores: dict[str, float] = {}
            for id_, word in self._words:
                scores[id_] = max(scores.get(id_, 0.0), _alike(part, word))
            least = max(_ALIKE, max(scores.values(), default=0.0) - _CLOSE)
            near = sorted((id_ for id_ in scores if scores[id_] >= least), key=lambda id_: -scores[id_])
            if near:
                return near[:_MOST]
        return []


def _alike(part: str, word: str) -> float:
    if part == word:
        return 1.0
    matcher = difflib.SequenceMatcher(None, part, word, autojunk=False)
    ratio = matcher.ratio() if matcher.quick_ratio() >= _ALIKE / 2 else 0.0
    within = (word in part or part in word) and min(len(part), len(word)) > 1
    return max(ratio, 0.7 + 0.2 * ratio) if within else min(ratio, 0.99)

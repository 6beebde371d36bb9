"""What a recogniser writes for a syllable, counted over sentences that were spoken: the cost of reading one as another.

A syllable that is often taken for another costs little where that other was heard. How alike two syllables sound
stands in for what was seldom said.
"""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from claims.policy.files import read_lines
from claims.text.bigrams import pairs_of
from claims.text.spell import fuzzy, unlike

RIGHT = "="
COUNTED = Path(__file__).parents[1] / "models" / "confusions.txt"
# In nats, where nothing was counted: of the same syllable, of one that is taken for it, of one that shares a half.
_SAME_SYLLABLE, _TAKEN_FOR, _HALF = 2.0, 3.5, 10.0
# How many counted characters that weighs.
_WEIGHT = 40.0


class Confusions:
    """Costs in nats of a character that was heard as another, against one that was heard right."""

    def __init__(self, counts: Mapping[str, Mapping[str, int]] | None = None) -> None:
        """`counts`: by the syllable that was said how many characters were written right, and what others were."""
        self._counts = counts or {}
        self.cost = cache(self._cost)

    def _cost(self, said: str, heard: str) -> float:
        """Of a character of this syllable that was heard as another character of that one."""
        counts = self._counts.get(said, {})
        likely = _WEIGHT * math.exp(-unheard_cost(said, heard))
        return math.log((counts.get(RIGHT, 0) + _WEIGHT) / (counts.get(heard, 0) + likely))


@cache
def packaged_confusions() -> Confusions:
    """Those of the packaged recogniser, as `training/speech/count_confusions.py` counted them."""
    return Confusions(pairs_of(read_lines(COUNTED)))


def unheard_cost(said: str, heard: str) -> float:
    """What it costs by how the two sound alone."""
    if said == heard:
        return _SAME_SYLLABLE
    if fuzzy(said) == fuzzy(heard):
        return _TAKEN_FOR
    return _HALF * (0.5 + unlike(said, heard))

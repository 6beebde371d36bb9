"""Characters and sounds of a text as places in a fixed table: what the classifier reads beside a sentence's direction.

Characters and their pairs, and stretches of two and three syllables without tones, the confusions of a recogniser
folded, so that what is mis-heard or written with other characters of the same sound still falls on the same places.
A hash gives the place: no list of stretches need be shipped, and two that share a place cost next to nothing.
"""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from claims.normalise import is_cjk
from claims.spell import fuzzy, syllable

Floats = NDArray[np.float32]
PLACES = 1 << 16
_CHARACTERS, _SYLLABLES = (1, 2), (2, 3)
_PAUSES = " ,"


@dataclass(frozen=True, slots=True)
class Row:
    """What is not zero in one family's row of `PLACES` numbers: where, and how often."""

    places: NDArray[np.intp]
    counts: Floats


def character_row(text: str) -> Row:
    """Characters and pairs of neighbours."""
    return _row(text[at : at + size] for size in _CHARACTERS for at in range(len(text) - size + 1))


def sound_row(text: str) -> Row:
    """Stretches of two and three syllables, pauses left out."""
    heard = [_sound(char) for char in text if char not in _PAUSES]
    return _row(" ".join(heard[at : at + size]) for size in _SYLLABLES for at in range(len(heard) - size + 1))


FAMILIES = (character_row, sound_row)
# How much each family counts, beside one.
SHARES = (1.0, 0.7)


def weighed(row: Row, rarity: Floats) -> Floats:
    """The values of the row, together of unit length: damped counts times rarity; zero where nothing is known."""
    values = row.counts * rarity[row.places]
    length = float(np.linalg.norm(values))
    return np.asarray(values / length if length else values, dtype=np.float32)


def rarity_of(rows: Sequence[Row], least: int) -> Floats:
    """How rare each place is over these texts, shape (PLACES,); zero for what is seen in fewer than `least`."""
    seen = np.zeros(PLACES, dtype=np.int64)
    for row in rows:
        seen[row.places] += 1
    rarity = np.log((1 + len(rows)) / (1 + seen)) + 1
    return np.where(seen >= least, rarity, 0.0).astype(np.float32)


def _row(stretches: Iterable[str]) -> Row:
    counts = Counter(zlib.crc32(stretch.encode()) % PLACES for stretch in stretches)
    places = np.fromiter(counts, dtype=np.intp, count=len(counts))
    damped = np.fromiter((1.0 + math.log(n) for n in counts.values()), dtype=np.float32, count=len(counts))
    return Row(places, damped)


@lru_cache(maxsize=16_384)
def _sound(char: str) -> str:
    return fuzzy(syllable(char)) if is_cjk(char) else char

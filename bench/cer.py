"""Character error rate of Mandarin: simplified, numerals as words, punctuation and spaces aside."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from opencc import OpenCC

DIGITS = "零一二三四五六七八九"
PLACES = ("", "十", "百", "千")


def character_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Edits over reference characters, for pairs of what was said and what was recognised."""
    folded = [(fold(said), fold(recognised)) for said, recognised in pairs]
    return sum(edits(said, recognised) for said, recognised in folded) / sum(len(said) for said, _ in folded)


def difference_interval(
    pairs: Sequence[tuple[str, str, str]], *, rounds: int = 2_000, seed: int = 1
) -> tuple[float, float, float]:
    """Ours less theirs in character error rate, and its 95 % interval, for triples of said, ours and theirs.

    A paired bootstrap: whole utterances are drawn, so that what is hard for both is hard for both in each draw.
    """
    folded = [(fold(said), fold(ours), fold(theirs)) for said, ours, theirs in pairs]
    lengths = np.array([len(said) for said, _, _ in folded])
    more = np.array([edits(said, ours) - edits(said, theirs) for said, ours, theirs in folded])
    drawn = np.random.default_rng(seed).integers(len(folded), size=(rounds, len(folded)))
    low, high = np.quantile(more[drawn].sum(axis=1) / lengths[drawn].sum(axis=1), (0.025, 0.975))
    return float(more.sum() / lengths.sum()), float(low), float(high)


def fold(text: str) -> str:
    """The text as it is compared: 65W 和 95% become 六十五w 和 百分之九十五."""
    text = unicodedata.normalize("NFKC", _simplifier().convert(text)).lower()
    text = re.sub(r"(\d+(?:\.\d+)?)%", r"百分之\1", text)
    text = re.sub(
        r"(\d+)\.(\d+)", lambda m: f"{spoken_number(int(m[1]))}点{''.join(DIGITS[int(d)] for d in m[2])}", text
    )
    text = re.sub(r"\d+", lambda m: spoken_number(int(m[0])), text)
    return "".join(character for character in text if character.isalnum())


def spoken_number(number: int) -> str:
    """An integer as it is said: 5200 gives 五千二百."""
    for unit, name in ((100_000_000, "亿"), (10_000, "万")):
        if number >= unit:
            rest = number % unit
            zero = "零" if 0 < rest < unit // 10 else ""
            return spoken_number(number // unit) + name + zero + (spoken_number(rest) if rest else "")
    said = ""
    digits = str(number)
    for index, digit in enumerate(digits):
        if digit != "0":
            zero = "零" if said and digits[index - 1] == "0" else ""
            said += zero + DIGITS[int(digit)] + PLACES[len(digits) - 1 - index]
    return said.removeprefix("一") if 10 <= number < 20 else said or "零"


def edits(left: str, right: str) -> int:
    """The least number of insertions, deletions and substitutions between two texts."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, row = row, [i]
        for j, b in enumerate(right, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")

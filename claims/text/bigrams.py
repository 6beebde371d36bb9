"""How likely one word is after another: counted in sentences of the field, smoothed by the words of the language."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

START, END, NUMBER = "^", "$", "0"
_UNSEEN = 0.5
# A word, then each word after it with its count.
_COUNTED = re.compile("[^ ]+(?: [^ ]+ [1-9][0-9]*)+")
# A number, of digits or of two numerals and more, and Han characters in a row.
_PARTS = re.compile("(?P<number>[0-9.]+|[零〇一二三四五六七八九十百千万亿两半]{2,})|(?P<words>[\u4e00-\u9fff])")

# Of a word after which none was counted.
_UNCOUNTED: tuple[float, Mapping[str, float]] = (0.0, {})


class Bigrams:
    """Witten-Bell smoothing twice: a pair by its second word, that by how often the language uses it."""

    def __init__(self, pairs: Mapping[str, Mapping[str, int]], language: Mapping[str, int]) -> None:
        """`pairs`: how often each word was counted after each; `language`: words of the language and their counts."""
        counted: dict[str, int] = {}
        for after in pairs.values():
            for word, count in after.items():
                counted[word] = counted.get(word, 0) + count
        self.counted: Mapping[str, int] = counted
        self._spoken, self._kinds = sum(counted.values()), len(counted)
        self._language, self._written = language, max(1, sum(language.values()))
        # A row is reckoned when it is first asked for: few of them ever are.
        self._pairs = pairs
        self._rows: dict[str, tuple[float, Mapping[str, float]]] = {}

    def alone(self, word: str) -> float:
        """The logarithm of the word's likelihood, whatever stands before it."""
        written = self._language.get(word, _UNSEEN) / self._written
        return math.log((self.counted.get(word, 0) + self._kinds * written) / max(1, self._spoken + self._kinds))

    def left(self, first: str) -> float:
        """What is added to a word's own likelihood where the pair was not counted."""
        return self._row(first)[0]

    def after(self, first: str) -> Mapping[str, float]:
        """The logarithm of the likelihood of each word that was counted after this one."""
        return self._row(first)[1]

    def _row(self, first: str) -> tuple[float, Mapping[str, float]]:
        row = self._rows.get(first)
        if row is None:
            counted = self._pairs.get(first)
            if not counted:
                return _UNCOUNTED
            row = self._rows[first] = self._reckoned(counted)
        return row

    def _reckoned(self, after: Mapping[str, int]) -> tuple[float, Mapping[str, float]]:
        whole = sum(after.values()) + len(after)
        likelihoods = {
            word: math.log((count + len(after) * math.exp(self.alone(word))) / whole) for word, count in after.items()
        }
        return math.log(len(after) / whole), likelihoods


def are_pairs(lines: Iterable[str]) -> bool:
    """Whether every line is one that `pairs_of` reads; costs a sixth of reading them."""
    return all(_COUNTED.fullmatch(line) is not None for line in lines)


def pairs_of(lines: Iterable[str]) -> dict[str, dict[str, int]]:
    """Counted pairs from a table: a word, then each word after it with its count, all parted by blanks.

    ValueError names the line that is none.
    """
    pairs: dict[str, dict[str, int]] = {}
    for line in lines:
        first, *after = line.split(" ")
        try:
            pairs[first] = {word: int(count) for word, count in zip(after[::2], after[1::2], strict=True)}
        except ValueError as error:
            raise ValueError(f"{line[:40]!r}: {error}") from error
        if not after or min(pairs[first].values()) < 1:
            raise ValueError(f"{line[:40]!r}: a word that nothing follows")
    return pairs


@dataclass(frozen=True, slots=True)
class Part:
    """Characters [start, end) of a text: a number, or words in a row."""

    start: int
    end: int
    is_number: bool


def rows_of(text: str) -> list[list[Part]]:
    """Numbers and words in a row, as they follow each other without a pause."""
    rows: list[list[Part]] = []
    end = -1
    for found in _PARTS.finditer(text):
        is_number = found["number"] is not None
        if found.start() != end:
            rows.append([])
        elif not is_number and not rows[-1][-1].is_number:
            rows[-1][-1] = replace(rows[-1][-1], end=found.end())
            end = found.end()
            continue
        rows[-1].append(Part(found.start(), found.end(), is_number))
        end = found.end()
    return rows

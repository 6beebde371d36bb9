"""The policy's words that parts of a heard text sound like: what a recogniser is asked to listen for once more.

Wider than what likeness alone may settle (`sound`, `phonetic`): a syllable of a long word may be quite another one, for
here the sound itself decides.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from asr.rehear import Suspect
from claims.normalise import is_cjk
from claims.policy import Policy
from claims.spell import spell, syllable, unlike

SHORTEST, LONGEST = 2, 8
_NUMERALS = frozenset("零一二三四五六七八九十百千万亿两几半0123456789")
# The mean cost of a syllable up to which a word of two, of three, and of more is alike: wider, four times as many words
# would be listened for to find a quarter more of those that were said.
_MOST_OF_TWO, _MOST_OF_THREE, _MOST = 0.125, 0.2, 0.3
_NO_SYLLABLE = 2.0


class SoundAlikeWords:
    """Words by their syllables; built where it is used, so that only the words travel between processes."""

    def __init__(self, words: Iterable[str]) -> None:
        chosen = {w for w in words if SHORTEST <= len(w) <= LONGEST and all(map(is_cjk, w))}
        self._words = tuple(sorted(chosen))
        self._groups: dict[int, tuple[list[str], NDArray[np.intp]]] | None = None

    def __reduce__(self) -> tuple[type["SoundAlikeWords"], tuple[tuple[str, ...]]]:
        """The words alone."""
        return type(self), (self._words,)

    def find(self, text: str) -> Sequence[Suspect]:
        """Words that stretches of the text sound like and don't spell, those that sound most alike first."""
        groups = self._built()
        rows = [self._costs(syllable(c)) if is_cjk(c) else self._none for c in text]
        found: list[Suspect] = []
        for size, (words, codes) in groups.items():
            limit = size * {SHORTEST: _MOST_OF_TWO, SHORTEST + 1: _MOST_OF_THREE}.get(size, _MOST)
            for start in range(len(text) - size + 1):
                costs = np.sum([rows[start + place][codes[:, place]] for place in range(size)], axis=0)
                for index in np.nonzero(costs <= limit)[0]:
                    heard, word = text[start : start + size], words[int(index)]
                    if heard != word and not _tells_another_number(heard, word):
                        cost = float(costs[index]) / size
                        found.append(Suspect(start=start, end=start + size, word=word, cost=cost))
        return sorted(found, key=lambda one: (one.cost, one.start, one.end, one.word))

    def _built(self) -> dict[int, tuple[list[str], NDArray[np.intp]]]:
        if self._groups is None:
            spelt = {word: spell(word) for word in self._words}
            self._syllables = sorted({s for syllables in spelt.values() for s in syllables})
            code = {s: index for index, s in enumerate(self._syllables)}
            self._rows: dict[str, NDArray[np.float32]] = {}
            self._none = np.full(len(self._syllables), _NO_SYLLABLE, np.float32)
            self._groups = {}
            for size in sorted({len(word) for word in self._words}):
                words = [word for word in self._words if len(word) == size and len(spelt[word]) == size]
                codes = np.array([[code[s] for s in spelt[word]] for word in words], np.intp).reshape(-1, size)
                self._groups[size] = (words, codes)
        return self._groups

    def _costs(self, heard: str) -> NDArray[np.float32]:
        if heard not in self._rows:
            self._rows[heard] = np.array([unlike(heard, other) for other in self._syllables], np.float32)
        return self._rows[heard]


def alikes_of(policy: Policy) -> SoundAlikeWords:
    """The words that the policy looks for behind what was mis-heard."""
    return SoundAlikeWords(policy.reader.terms)


def _tells_another_number(heard: str, word: str) -> bool:
    """True where a numeral would come in or go: a number that was suggested is worth nothing as evidence."""
    return any(a != b and (a in _NUMERALS or b in _NUMERALS) for a, b in zip(heard, word, strict=True))

"""The policy's words that parts of a heard text sound like: what a recogniser is asked to listen for once more.

Wider than what likeness alone may settle (`sound`, `phonetic`): a syllable of a long word may be quite another one, for
here the sound itself decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claims.text.normalise import is_cjk
from claims.text.spell import spell, syllable, unlike

if TYPE_CHECKING:
    from claims.policy.policy import Policy

SHORTEST, LONGEST = 2, 8
_NUMERALS = frozenset("零一二三四五六七八九十百千万亿两几半0123456789")
# The mean cost of a syllable up to which a word of two, of three, and of more is alike: wider, four times as many words
# would be listened for to find a quarter more of those that were said.
_MOST_OF_TWO, _MOST_OF_THREE, _MOST = 0.125, 0.2, 0.3
_NO_SYLLABLE = 2.0
# Costs are added up: a sum that should be the limit may lie this little above it.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundAlike:
    """A word that characters `[start, end)` of a text sound like; `cost`: how unlike it sounds, 0 is the same."""

    start: int
    end: int
    word: str
    cost: float


@dataclass(slots=True)
class _Branch:
    """Words that begin with the same syllables: what comes next, by the syllable's number; whole words at the end."""

    next: dict[int, "_Branch"] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


class SoundAlikeWords:
    """Words by their syllables; built where it is used, so that only the words travel between processes."""

    def __init__(self, words: Iterable[str]) -> None:
        chosen = {w for w in words if SHORTEST <= len(w) <= LONGEST and all(map(is_cjk, w))}
        self._words = tuple(sorted(chosen))
        self._numbers: dict[str, int] = {}
        self._trees: dict[int, _Branch] | None = None
        self._costs: dict[str, list[float]] = {}

    def __reduce__(self) -> tuple[type["SoundAlikeWords"], tuple[tuple[str, ...]]]:
        """The words alone."""
        return type(self), (self._words,)

    def find(self, text: str) -> Sequence[SoundAlike]:
        """Words that stretches of the text sound like and don't spell, those that sound most alike first."""
        trees = self._built()
        none = [_NO_SYLLABLE] * len(self._numbers)
        rows = [self._costs_of(syllable(c)) if is_cjk(c) else none for c in text]
        found: list[SoundAlike] = []
        for size, tree in trees.items():
            limit = size * {SHORTEST: _MOST_OF_TWO, SHORTEST + 1: _MOST_OF_THREE}.get(size, _MOST) + _ROUNDING
            for start in range(len(text) - size + 1):
                heard = text[start : start + size]
                for word, cost in _alike(tree, rows[start : start + size], limit):
                    if heard != word and not _changes_a_numeral(heard, word):
                        found.append(SoundAlike(start=start, end=start + size, word=word, cost=round(cost / size, 6)))
        return sorted(found, key=lambda one: (one.cost, one.start, one.end, one.word))

    def _built(self) -> dict[int, _Branch]:
        if self._trees is None:
            self._trees = {}
            for word in self._words:
                syllables = spell(word)
                if len(syllables) != len(word):
                    continue
                branch = self._trees.setdefault(len(word), _Branch())
                for each in syllables:
                    number = self._numbers.setdefault(each, len(self._numbers))
                    branch = branch.next.setdefault(number, _Branch())
                branch.words.append(word)
        return self._trees

    def _costs_of(self, heard: str) -> list[float]:
        if heard not in self._costs:
            self._costs[heard] = [unlike(heard, other) for other in self._numbers]
        return self._costs[heard]


def _alike(tree: _Branch, rows: Sequence[Sequence[float]], limit: float) -> Iterator[tuple[str, float]]:
    """The words of the tree whose syllables cost no more than the limit together, and what they cost."""
    reached = [(tree, 0.0)]
    for row in rows:
        reached = [
            (branch, cost)
            for one, so_far in reached
            for number, branch in one.next.items()
            if (cost := so_far + row[number]) <= limit
        ]
    return ((word, cost) for branch, cost in reached for word in branch.words)


def alikes_of(policy: "Policy") -> SoundAlikeWords:
    """The words that the policy looks for behind what was mis-heard."""
    return SoundAlikeWords(policy.reader.terms)


def _changes_a_numeral(heard: str, word: str) -> bool:
    """True where a numeral would come in or go: a number that was suggested is worth nothing as evidence."""
    return any(a != b and (a in _NUMERALS or b in _NUMERALS) for a, b in zip(heard, word, strict=True))

"""A sentence that a recogniser wrote in other characters of nearly the same sounds, as it was most likely said.

Small recognisers hear syllables far better than words (究竟多 for 酒精度). The likeliest row of words is looked for
over all that the syllables may spell, as an input method does: what words follow each other in the field weighs for
it, every character and syllable that was heard otherwise against it. Numerals neither come nor go.
"""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from claims.bigrams import END, NUMBER, START, Bigrams, Part, rows_of
from claims.confusions import Confusions
from claims.normalise import Edit, is_cjk
from claims.phonetic import Doubted, reading_cost
from claims.spell import fuzzy, syllable

KIND = "sentence"
_LONGEST, _FORGIVING = 6, 2
_BEAM, _EACH = 12, 10
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两几半")
# 一 within a word (一样, 头一回) counts nothing.
_COUNTING = _NUMERALS - {"一"}
# What it costs more, in nats, to read another character than was heard where the recogniser was sure.
_SURE = 1.5


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    syllables: tuple[str, ...]
    alone: float


@dataclass(frozen=True, slots=True)
class _Reached:
    """The likeliest way to a word's end: its logarithm, where the word begins, and the word before."""

    likelihood: float
    start: int
    before: str


class SentenceReader:
    """Words by what their syllables are taken for, and how likely they follow each other."""

    def __init__(
        self, bigrams: Bigrams, words: Iterable[str], terms: Iterable[str] = (), confusions: Confusions | None = None
    ) -> None:
        """`words`: those of the language that may be read beside the ones that were counted; `terms`: the policy's."""
        self._bigrams, self._terms = bigrams, frozenset(terms)
        self._confusions = confusions or Confusions()
        self._spelt: dict[str, list[_Word]] = {}
        self._nearly: dict[str, list[_Word]] = {}
        counted = set(bigrams.counted) - {END, NUMBER}
        for text in sorted(counted.union(words, self._terms)):
            if not 1 <= len(text) <= _LONGEST or not all(map(is_cjk, text)):
                continue
            word = _Word(text, tuple(map(syllable, text)), bigrams.alone(text))
            key = [fuzzy(s) for s in word.syllables]
            self._spelt.setdefault(" ".join(key), []).append(word)
            if len(text) >= _FORGIVING and text in counted:
                for place in range(len(key)):
                    self._nearly.setdefault(_but(key, place), []).append(word)

    def edits(self, text: str, doubted: Sequence[Doubted], fixed: Container[int] = ()) -> list[Edit]:
        """What is read otherwise in a text that was heard with doubt; nothing where nothing is doubted.

        Characters in the places `fixed` stay, as do those of the policy's terms.
        """
        if not doubted:
            return []
        unsure = {at for one in doubted for at in range(one.start, one.end)}
        staying = [math.inf if at in fixed else 0.0 if at in unsure else _SURE for at in range(len(text))]
        for start in range(len(text)):
            for end in range(start + 2, min(len(text), start + _LONGEST) + 1):
                if text[start:end] in self._terms:
                    staying[start:end] = [math.inf] * (end - start)
        rows = ((parts, self._likeliest(text, parts, staying)) for parts in rows_of(text))
        return [edit for parts, words in rows for edit in _edits(text, parts[0].start, words)]

    def _likeliest(self, text: str, parts: Sequence[Part], staying: Sequence[float]) -> list[str]:
        """The likeliest words, together as long as the parts; a number stays as it was heard."""
        first, last = parts[0].start, parts[-1].end
        said, staying = text[first:last], staying[first:last]
        heard = [syllable(c) if is_cjk(c) else c for c in said]
        key = [fuzzy(s) for s in heard]
        numbers = {part.start - first: part.end - first for part in parts if part.is_number}
        stops = sorted({part.end - first for part in parts})
        ways: list[dict[str, _Reached]] = [{START: _Reached(0.0, 0, "")}, *({} for _ in said)]
        for start in range(len(said)):
            best = sorted(ways[start].items(), key=lambda way: (-way[1].likelihood, way[0]))[:_BEAM]
            if not best:
                continue
            if start in numbers:
                self._go(ways, start, best, [(0.0, _Word(NUMBER, (), self._bigrams.alone(NUMBER)))], numbers[start])
                continue
            stop = next(one for one in stops if one > start)
            for size in range(1, min(_LONGEST, stop - start) + 1):
                end = start + size
                part = slice(start, end)
                self._go(ways, start, best, self._words(said[part], heard[part], key[part], staying[part]), end)
        return self._way_back(said, ways)

    def _go(
        self,
        ways: Sequence[dict[str, _Reached]],
        start: int,
        best: Sequence[tuple[str, _Reached]],
        words: Iterable[tuple[float, _Word]],
        end: int,
    ) -> None:
        """Goes on from the best ways to `start` by each word, with its cost, to `end`."""
        left = max((way.likelihood + self._bigrams.left(word), word) for word, way in best)
        after = [(way.likelihood, word, self._bigrams.after(word)) for word, way in best]
        for cost, word in words:
            likelihood, before = left[0] + word.alone, left[1]
            for so_far, one, follow in after:
                pair = follow.get(word.text)
                if pair is not None and so_far + pair > likelihood:
                    likelihood, before = so_far + pair, one
            known = ways[end].get(word.text)
            if known is None or likelihood - cost > known.likelihood:
                ways[end][word.text] = _Reached(likelihood - cost, start, before)

    def _way_back(self, said: str, ways: Sequence[Mapping[str, _Reached]]) -> list[str]:
        def whole(word: str) -> float:
            ending = self._bigrams.after(word).get(END, self._bigrams.left(word) + self._bigrams.alone(END))
            return ways[-1][word].likelihood + ending

        word, end, found = max(sorted(ways[-1]), key=whole), len(ways) - 1, list[str]()
        while end > 0:
            reached = ways[end][word]
            found.append(said[reached.start : end] if word == NUMBER else word)
            word, end = reached.before, reached.start
        return found[::-1]

    def _words(
        self, said: str, heard: Sequence[str], key: list[str], staying: Sequence[float]
    ) -> list[tuple[float, _Word]]:
        """The likeliest words that these syllables may spell, each with what it costs."""
        words = list(self._spelt.get(" ".join(key), ()))
        if len(said) >= _FORGIVING:
            words += [word for place in range(len(key)) for word in self._nearly.get(_but(key, place), ())]
        elif not any(word.text == said for word in words):
            words.append(_Word(said, tuple(heard), self._bigrams.alone(said)))
        costs = {word.text: (_cost(said, heard, word, staying, self._confusions), word) for word in words}
        likely = ((cost, word) for cost, word in costs.values() if cost < math.inf)
        return sorted(likely, key=lambda one: (one[0] - one[1].alone, one[1].text))[:_EACH]


def _cost(said: str, heard: Sequence[str], word: _Word, staying: Sequence[float], confusions: Confusions) -> float:
    """What it costs to have said the word; infinite where a numeral would come or go."""
    cost = 0.0
    for meant, one, syllable_, other, stays in zip(word.text, said, word.syllables, heard, staying, strict=True):
        if meant == one:
            continue
        if (meant in _NUMERALS or one in _NUMERALS) and (len(said) == 1 or {meant, one} & _COUNTING):
            return math.inf
        cost += stays + confusions.cost(syllable_, other)
    return cost


def _edits(text: str, start: int, words: Sequence[str]) -> Iterator[Edit]:
    for word in words:
        end = start + len(word)
        said = text[start:end]
        if said != word:
            cost = reading_cost(said, [*map(syllable, said)], word, [*map(syllable, word)])
            yield Edit(start, end, word, KIND, cost)
        start = end


def _but(key: Sequence[str], place: int) -> str:
    """The syllables with any other in this place."""
    return " ".join((*key[:place], "*", *key[place + 1 :]))

"""A sentence that a recogniser wrote in other characters of nearly the same sounds, as it was most likely said.

Small recognisers hear syllables far better than words (究竟多 for 酒精度). The likeliest row of words is looked for
over all that the syllables may spell, as an input method does: what words follow each other in the field weighs for
it, every character and syllable that was heard otherwise against it. Numerals neither come nor go.
"""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from claims.obfuscation.confusions import Confusions
from claims.obfuscation.noisy_channel import Doubted, reading_cost
from claims.text.bigrams import END, NUMBER, START, Bigrams, Part, rows_of
from claims.text.normalise import Edit, is_cjk
from claims.text.spell import fuzzy, syllable

KIND = "sentence"
_LONGEST, _FORGIVING = 6, 2
_BEAM, _EACH = 12, 10
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两几半")
# 一 within a word (一样, 头一回) counts nothing.
_COUNTING = _NUMERALS - {"一"}
# What it costs more, in nats, to read another character than was heard where the recogniser was sure; what one costs
# that it offered itself, and one that was guessed by other means.
_SURE, _OFFERED, _GUESSED = 1.5, 1.0, -8.0
_MOST_SPELLINGS = 16
# The likelihood, as a logarithm, that any place has at least.
_PLACE = -11.0


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    syllables: tuple[str, ...]
    alone: float


@dataclass(frozen=True, slots=True)
class _Sound:
    """A character that was heard in a place, or offered for it, and what it costs in nats to take it."""

    char: str
    syllable: str
    taken_for: str
    cost: float


@dataclass(frozen=True, slots=True)
class _Reached:
    """The likeliest way to a word's end: its logarithm, where the word begins, and the word before."""

    likelihood: float
    start: int
    before: str


class SentenceReader:
    """Words by what their syllables are taken for, and how likely they follow each other."""

    def __init__(
        self,
        bigrams: Bigrams,
        words: Iterable[str],
        terms: Iterable[str] = (),
        confusions: Confusions | None = None,
        places: Iterable[str] = (),
    ) -> None:
        """`words`: those of the language that may be read beside the ones that were counted; `terms`: the policy's.

        `places` are as likely as each other at least: which of them was counted says little.
        """
        self._bigrams, self._terms, self._places = bigrams, frozenset(terms), frozenset(places)
        self._confusions = confusions or Confusions()
        self._written: dict[str, _Word] = {}
        self._spelt: dict[str, list[_Word]] = {}
        self._nearly: dict[str, list[_Word]] = {}
        counted = set(bigrams.counted) - {END, NUMBER}
        for text in sorted(counted.union(words, self._terms, self._places)):
            if not 1 <= len(text) <= _LONGEST or not all(map(is_cjk, text)):
                continue
            word = self._written[text] = self._word(text)
            key = [fuzzy(s) for s in word.syllables]
            self._spelt.setdefault(" ".join(key), []).append(word)
            if len(text) >= _FORGIVING and text in counted:
                for place in range(len(key)):
                    self._nearly.setdefault(" ".join((*key[:place], "*", *key[place + 1 :])), []).append(word)

    def words(
        self, text: str, doubted: Sequence[Doubted], fixed: Container[int] = (), guesses: Sequence[Edit] = ()
    ) -> list[tuple[int, str]]:
        """The likeliest words of a text that was heard with doubt, each as long as what it stands for, and where.

        Nothing where nothing is doubted. Characters in the places `fixed` stay, as do those of the policy's terms.
        `guesses`: words as long as what was heard that somebody else would read.
        """
        if not doubted:
            return []
        unsure = {at for one in doubted for at in range(one.start, one.end)}
        staying = [math.inf if at in fixed else 0.0 if at in unsure else _SURE for at in range(len(text))]
        for start in range(len(text)):
            for end in range(start + 2, min(len(text), start + _LONGEST) + 1):
                if text[start:end] in self._terms:
                    staying[start:end] = [math.inf] * (end - start)
        sounds = _sounds(text, doubted)
        guessed = {(guess.start, guess.end): guess.meant for guess in guesses}
        found: list[tuple[int, str]] = []
        for parts in rows_of(text):
            at = parts[0].start
            ways = self._ways(text, parts, sounds, staying, guessed)
            for word in self._way_back(text[parts[0].start : parts[-1].end], ways):
                found.append((at, word))
                at += len(word)
        return found

    def likelihood(self, text: str) -> float:
        """The logarithm of how likely the field says these words, none of them read as others."""
        sounds, staying = _sounds(text, ()), [math.inf] * len(text)
        rows = (self._ways(text, parts, sounds, staying, {}) for parts in rows_of(text))
        return sum(max(self._whole(ways, word) for word in ways[-1]) for ways in rows)

    def _ways(
        self,
        text: str,
        parts: Sequence[Part],
        sounds: Sequence[tuple[_Sound, ...]],
        staying: Sequence[float],
        guessed: Mapping[tuple[int, int], str],
    ) -> list[dict[str, _Reached]]:
        """The likeliest ways to each place by its last word; a number stays as it was heard."""
        first, last = parts[0].start, parts[-1].end
        said, sounds, staying = text[first:last], sounds[first:last], staying[first:last]
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
            for end in range(start + 1, stop + 1):
                part = slice(start, end)
                guess = guessed.get((first + start, first + end))
                words = [] if guess is None else [(_GUESSED, self._word(guess))]
                if end <= start + _LONGEST:
                    words += self._words(said[part], sounds[part], staying[part])
                if words:
                    self._go(ways, start, best, words, end)
        return ways

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
        """The likeliest words, together as long as what was said."""
        word = max(sorted(ways[-1]), key=lambda last: self._whole(ways, last))
        end, found = len(ways) - 1, list[str]()
        while end > 0:
            reached = ways[end][word]
            found.append(said[reached.start : end] if word == NUMBER else word)
            word, end = reached.before, reached.start
        return found[::-1]

    def _whole(self, ways: Sequence[Mapping[str, _Reached]], last: str) -> float:
        """The likelihood of the likeliest row that ends with this word."""
        ending = self._bigrams.after(last).get(END, self._bigrams.left(last) + self._bigrams.alone(END))
        return ways[-1][last].likelihood + ending

    def _word(self, text: str) -> _Word:
        alone = self._bigrams.alone(text)
        likelihood = max(alone, _PLACE) if text in self._places else alone
        return _Word(text, tuple(map(syllable, text)), likelihood)

    def _words(
        self, said: str, sounds: Sequence[tuple[_Sound, ...]], staying: Sequence[float]
    ) -> list[tuple[float, _Word]]:
        """The likeliest words that these sounds may spell, each with what it costs."""
        if all(stays == math.inf for stays in staying):
            written = self._written.get(said)
            return [(0.0, written or self._word(said))] if written or len(said) == 1 else []
        words = [word for key in _spellings(sounds) for word in self._spelt.get(" ".join(key), ())]
        if len(said) >= _FORGIVING:
            for place in range(len(said)):
                for key in _spellings([*sounds[:place], _ANY, *sounds[place + 1 :]]):
                    words += self._nearly.get(" ".join(key), ())
        else:
            known = {word.text for word in words}
            others = (one for one in sounds[0] if one.char not in known)
            words += [_Word(one.char, (one.syllable,), self._bigrams.alone(one.char)) for one in others]
        costs = {word.text: (_cost(said, sounds, word, staying, self._confusions), word) for word in words}
        likely = ((cost, word) for cost, word in costs.values() if cost < math.inf)
        return sorted(likely, key=lambda one: (one[0] - one[1].alone, one[1].text))[:_EACH]


def _sounds(text: str, doubted: Sequence[Doubted]) -> list[tuple[_Sound, ...]]:
    """What each character of the text sounds like, and what else may have been said in its place."""
    found = [[_sound(char, 0.0)] for char in text]
    for one in doubted:
        for other in one.alternatives if one.below is None else ():
            if len(other) != one.end - one.start:
                continue
            for at, char in enumerate(other, one.start):
                if is_cjk(char) and is_cjk(text[at]) and all(char != sound.char for sound in found[at]):
                    found[at].append(_sound(char, _OFFERED))
    return [tuple(sounds) for sounds in found]


def _sound(char: str, cost: float) -> _Sound:
    spelt = syllable(char) if is_cjk(char) else char
    return _Sound(char, spelt, fuzzy(spelt), cost)


_ANY = (_Sound("", "", "*", 0.0),)


def _spellings(sounds: Sequence[tuple[_Sound, ...]]) -> Iterator[tuple[str, ...]]:
    """What these sounds are taken for, those that were heard first."""
    each = [tuple(dict.fromkeys(sound.taken_for for sound in place)) for place in sounds]
    return islice(product(*each), _MOST_SPELLINGS)


def _cost(
    said: str, sounds: Sequence[tuple[_Sound, ...]], word: _Word, staying: Sequence[float], confusions: Confusions
) -> float:
    """What it costs to have said the word; infinite where a numeral would come or go."""
    cost = 0.0
    for meant, one, spelt, heard, stays in zip(word.text, said, word.syllables, sounds, staying, strict=True):
        if meant == one:
            continue
        if (meant in _NUMERALS or one in _NUMERALS) and (len(said) == 1 or {meant, one} & _COUNTING):
            return math.inf
        if stays == math.inf:
            return math.inf
        cost += stays + min(
            sound.cost + (0.0 if meant == sound.char else confusions.cost(spelt, sound.syllable)) for sound in heard
        )
    return cost


def edits_of(text: str, words: Iterable[tuple[int, str]]) -> Iterator[Edit]:
    """The words that are not in their places in the text already."""
    for start, word in words:
        end = start + len(word)
        said = text[start:end]
        if said != word:
            cost = reading_cost(said, [*map(syllable, said)], word, [*map(syllable, word)])
            yield Edit(start, end, word, KIND, cost)

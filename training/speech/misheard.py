"""Sentences as a recogniser writes them: those that were spoken and heard, and others with mistakes like theirs.

What it takes for what is counted over the sentences that `hear_sentences.py` had spoken; how much of a sentence it
gets wrong goes with the sentence, as with a voice or a noise.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from claims.text.normalise import is_cjk
from claims.text.numbers import find_numbers
from claims.text.spell import fuzzy, syllable
from claims.types import Doubt, Frozen, Passage

SENTENCES = sorted((Path(__file__).resolve().parents[1] / "sentences").glob("sentences*.yaml"))
HEARD = Path(__file__).resolve().with_name("heard.jsonl")
# How much a character's or a syllable's own counts weigh against those of all.
_OWN = 4
_MOST = 0.9


class RecognisedLine(Frozen):
    """A sentence as it was said and as it was heard; `condition`: clean, or over what and by how many decibels."""

    said: str
    heard: str
    doubts: tuple[Doubt, ...] = ()
    voice: str
    condition: str

    def passage(self) -> Passage:
        """What was heard, as claims are sought in it."""
        return Passage(stream_id="s", id="p", start_ms=0, end_ms=1, text=self.heard, doubts=self.doubts)

    def characters(self) -> Iterator[tuple[str, int]]:
        """Each Han character that was said, with the place of the one that was heard for it."""
        for place, other in _aligned(self.said, self.heard):
            if is_cjk(self.said[place]) and is_cjk(self.heard[other]):
                yield self.said[place], other


def read_heard() -> list[RecognisedLine]:
    """All lines of the file."""
    return [RecognisedLine.model_validate_json(row) for row in HEARD.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of what was said: how often each stood there, and what was heard in its place where it was another."""

    said: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, meant: str, heard: str, *, wrong: bool) -> None:
        self.said[meant] += 1
        if wrong:
            self.wrong.setdefault(meant, Counter())[heard] += 1

    def missed(self, meant: str) -> int:
        return sum(self.wrong.get(meant, Counter()).values())


class Channel:
    """Writes a text as the recogniser might have, with what it would have doubted."""

    def __init__(self, lines: Iterable[RecognisedLine], corpus: Iterable[str]) -> None:
        """`corpus`: texts whose characters are heard in the place of others, the common ones oftener."""
        self._characters, self._sounds = _Counts(), _Counts()
        self._shares: list[float] = []
        self._doubted = {True: Counter[bool](), False: Counter[bool]()}
        self._numbers = Counter[bool]()
        self._stops = Counter[bool]()
        for line in lines:
            self._count(line)
        common = Counter(char for text in corpus for char in text if is_cjk(char))
        self._spelt: dict[str, Counter[str]] = {}
        for char, count in common.items():
            self._spelt.setdefault(syllable(char), Counter())[char] = count
        self._alike: dict[str, Counter[str]] = {}
        for spelt, chars in self._spelt.items():
            self._alike.setdefault(fuzzy(spelt), Counter()).update(chars)
        missed = sum(map(self._characters.missed, self._characters.said))
        self._mean = max(1, missed) / max(1, self._characters.said.total())

    def _count(self, line: RecognisedLine) -> None:
        unsure = {at for doubt in line.doubts if doubt.below is None for at in range(doubt.start, doubt.end)}
        right = 0
        for meant, place in line.characters():
            written = line.heard[place]
            is_wrong = meant != written
            self._characters.add(meant, written, wrong=is_wrong)
            self._sounds.add(syllable(meant), syllable(written), wrong=is_wrong)
            right += not is_wrong
            self._doubted[is_wrong][place in unsure] += 1
        self._shares.append(1 - right / max(1, sum(map(is_cjk, line.said))))
        inside = sum(not char.isalnum() for char in line.said[:-1])
        kept = min(inside, sum(not char.isalnum() for char in line.heard[:-1]))
        self._stops.update({True: kept, False: inside - kept})
        for number in find_numbers(line.said):
            if number.end - number.start > 1:
                self._numbers[any(char.isdigit() for char in line.heard)] += 1

    def write(self, text: str, dice: random.Random) -> Passage:
        """The text as it might have been heard."""
        share = dice.choice(self._shares)
        characters: list[str] = []
        doubts: list[Doubt] = []
        for char in _in_digits(text, self._numbers, dice):
            if not char.isalnum() and dice.random() >= _rate(self._stops):
                continue
            heard = self._heard(char, share, dice) if is_cjk(char) else char
            if is_cjk(char) and dice.random() < _rate(self._doubted[heard != char]):
                doubts.append(Doubt(start=len(characters), end=len(characters) + 1))
            characters.append(heard)
        return Passage(
            stream_id="s", id="p", start_ms=0, end_ms=1, text="".join(characters) or text, doubts=tuple(doubts)
        )

    def _heard(self, char: str, share: float, dice: random.Random) -> str:
        spelt = syllable(char)
        often = (self._characters.missed(char) + _OWN * self._mean) / (self._characters.said[char] + _OWN)
        if dice.random() >= min(_MOST, share * often / self._mean):
            return char
        known = self._characters.wrong.get(char, Counter())
        if dice.random() * (known.total() + _OWN) < known.total():
            return dice.choices(list(known), list(known.values()))[0]
        sounds = self._sounds.wrong.get(spelt, Counter())
        if dice.random() * (sounds.total() + _OWN) < sounds.total():
            spelt = dice.choices(list(sounds), list(sounds.values()))[0]
            others = self._spelt.get(spelt, Counter())
        else:
            others = self._alike.get(fuzzy(spelt), Counter())
        others = Counter({other: count for other, count in others.items() if other != char})
        return dice.choices(list(others), list(others.values()))[0] if others else char


def _aligned(said: str, heard: str) -> Iterator[tuple[int, int]]:
    """Places of characters that stand for one another: those that are the same, and as many others between them."""
    of_said, of_passage = ([at for at, char in enumerate(text) if char.isalnum()] for text in (said, heard))
    matcher = SequenceMatcher(None, [said[n] for n in of_said], [heard[n] for n in of_passage], autojunk=False)
    for _, start, end, other_start, other_end in matcher.get_opcodes():
        if end - start == other_end - other_start:
            yield from zip(of_said[start:end], of_passage[other_start:other_end], strict=True)


def _in_digits(text: str, numbers: Counter[bool], dice: random.Random) -> str:
    """The text, its numbers of several numerals in digits now and then."""
    parts: list[str] = []
    at = 0
    for number in find_numbers(text):
        if number.end - number.start > 1 and number.low == number.high and dice.random() < _rate(numbers):
            parts += [text[at : number.start], f"{number.low:f}", "%" if number.percent else ""]
            at = number.end
    return "".join((*parts, text[at:]))


def _rate(counts: Counter[bool]) -> float:
    return counts[True] / max(1, counts.total())

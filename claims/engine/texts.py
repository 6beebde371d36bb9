"""What a text says before anything is judged by it: folded, disguises taken off, its words and figures located.

All of it follows from the policy's vocabulary, and nothing from how its classes judge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claims.obfuscation.layers import Reader
from claims.obfuscation.sound import SoundIndex
from claims.policy.lexicon import Hit, Lexicon
from claims.policy.match import Located
from claims.policy.wording_of_records import TextsWording
from claims.text.condition import find_newness
from claims.text.normalise import Edit, Normalised, normalise
from claims.text.numbers import Number, find_numbers
from claims.text.units import Quantity, UnitConverter, find_quantities
from claims.types import Passage


@dataclass(frozen=True, slots=True)
class TextRead:
    """What stands in a text, and which places were found by likeness of sound alone."""

    located: Located
    hits: tuple[Hit, ...]
    numbers: tuple[Number, ...]
    quantities: tuple[Quantity, ...]
    misheard: frozenset[tuple[int, int]]


class Texts:
    """Reads texts by a vocabulary: the same text is always read the same."""

    def __init__(
        self,
        *,
        emoji: dict[str, str],
        lookalikes: dict[str, str],
        reader: Reader,
        lexicon: Lexicon,
        sounds: SoundIndex,
        converter: UnitConverter,
        wording: TextsWording,
    ) -> None:
        self._emoji, self._lookalikes = emoji, lookalikes
        self._reader, self._lexicon, self._sounds, self._converter = reader, lexicon, sounds, converter
        self._wording = wording

    def fold(self, passage: Passage, on: date | None = None) -> Normalised:
        """The passage's text folded, disguised and mis-heard words as what they mean; `on`: the day it was said."""
        return self._reader.read(self.fold_as_heard(passage.text), passage, on)

    def hear(self, passage: Passage, on: date | None = None) -> Normalised:
        """The passage's text folded as it was heard, disguises taken off, what may have been said instead offered."""
        return self._reader.hear(self.fold_as_heard(passage.text), passage, on)

    def take(self, heard: Normalised, offers: Sequence[Edit], on: date | None = None) -> Normalised:
        """The text with these of its offers made."""
        return self._reader.take(heard, offers, on)

    def is_likelier(self, said: str, heard: str) -> bool:
        """True where the field says the one text more likely than the other."""
        return self._reader.is_likelier(said, heard)

    def fold_as_heard(self, text: str) -> Normalised:
        """The text folded, its words as they were said."""
        return normalise(text, emoji=self._emoji, lookalikes=self._lookalikes)

    def read(self, text: str, *, spoken: bool) -> TextRead:
        """What stands in folded text; `spoken`: words count that it only sounds like."""
        located = Located(text)
        hits = self._lexicon.search(text)
        if spoken:
            hits += self._sounds.search(text)
        for hit in hits:
            located.add(hit.start, hit.end, *hit.entry.concepts)
        spelled = {(h.start, h.end) for h in hits if not h.entry.spelled}
        misheard = {(h.start, h.end) for h in hits if h.entry.spelled and h.entry.form != h.entry.word}
        grades = find_newness(text)
        numbers = [n for n in find_numbers(text) if not any(g.start < n.end and n.start < g.end for g in grades)]
        quantities = find_quantities(text, self._converter, numbers)
        _locate_values(text, located, numbers, quantities, self._wording)
        for grade in grades:
            located.add(grade.start, grade.end, "newness")
        return TextRead(located, tuple(hits), tuple(numbers), tuple(quantities), frozenset(misheard - spelled))


def _locate_values(
    text: str, located: Located, numbers: list[Number], quantities: list[Quantity], wording: TextsWording
) -> None:
    for number in numbers:
        located.add(number.start, number.end, "num")
        if _bare_price(text, number, quantities, wording):
            located.add(number.start, number.end, "price")
        if number.percent:
            located.add(number.start, number.end, "share")
    for quantity in quantities:
        if quantity.dimension != "share":
            located.add(quantity.start, quantity.end, "qty", f"qty:{quantity.dimension}")
        if quantity.dimension == "money" or _spoken_money(text, quantity, wording):
            located.add(quantity.start, quantity.end, "money", "price")


_LEAST_PRICE = 10


def _bare_price(text: str, number: Number, quantities: list[Quantity], wording: TextsWording) -> bool:
    """True where a number without a unit may be a price (两千六, 三九九): no ordinal, share, count or small number."""
    if number.percent or number.low < _LEAST_PRICE or any(q.start <= number.start < q.end for q in quantities):
        return False
    before, after = text[number.start - 1 : number.start], text[number.end : number.end + 1]
    return before not in wording.no_price_after and after not in wording.no_price_before


def _spoken_money(text: str, quantity: Quantity, wording: TextsWording) -> bool:
    """True where hosts say 米 for 元: a whole number of metres among words of price."""
    if quantity.unit != "m" or quantity.low != quantity.high:
        return False
    near = text[max(0, quantity.start - 12) : quantity.end + 8]
    return wording.of_prices.any_in(near)

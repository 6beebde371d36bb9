"""What was said in disguise or heard wrong, read as what it means: layer after layer, each with its cost.

Code words first, then spoken parts of characters, letters, fillers, codes of units, and last, in speech alone, what a
recogniser mis-hears: words of the policy, then, where it doubted what it heard, whole sentences. What was mis-heard is
only offered: it stands where a claim rests on it (`standing`). Each layer stands in
`policy.yaml` under `reading_layers` with the share of its score that a claim loses for a cost of one; a layer that is
left out is off.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from typing import Annotated

from pydantic import Field

from claims.obfuscation.codewords import CodeWords, CodeWordsFile, UnitCodes
from claims.obfuscation.decompose import Decomposer
from claims.obfuscation.filler import Fillers, FillerStripper
from claims.obfuscation.noisy_channel import Doubted, PhoneticChannel, goes_with_a_number
from claims.obfuscation.pictures import PictureReader
from claims.obfuscation.sentence_by_sound import SentenceReader, edits_of
from claims.obfuscation.spelling import Speller, may_be_spelled
from claims.policy.schema import ReadingLayer
from claims.text.normalise import Edit, Normalised
from claims.text.words import CommonWords
from claims.types import Frozen, Passage

# The layers that read what a recogniser mis-hears.
MISHEARD = frozenset({"sound", "sentence"})
_CODES = ("symbol", "code", "spelled", "split")
_LEAST_FACTOR = 0.72


class FillersData(Frozen):
    """What is put into words; `natural`: what may lawfully follow a filler, `hesitations` stand between pauses."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]
    hesitations: tuple[str, ...]
    natural: dict[str, tuple[str, ...]]


class DisguiseFile(Frozen):
    """`disguise.yaml`: how words are disguised, and which concepts and words are looked for behind it.

    `ordinary` words are said every day and hide nothing, however they sound.
    """

    concepts: tuple[str, ...]
    words: tuple[str, ...]
    not_words: tuple[str, ...]
    ordinary: tuple[str, ...]
    fillers: FillersData
    radicals: dict[str, str]
    parts: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]
    syllables: dict[str, str]
    pictures: dict[str, str]


class Reader:
    """Reads folded text anew, layer by layer."""

    def __init__(
        self,
        layers: Mapping[ReadingLayer, float],
        codes: CodeWordsFile,
        disguise: DisguiseFile,
        channel: PhoneticChannel,
        terms: Sequence[str],
        words: CommonWords,
        components: Mapping[str, Sequence[str]],
        sentences: Callable[[], SentenceReader],
        names: Sequence[str] = (),
    ) -> None:
        """`terms` are what fillers and letters may hide, `names` what nothing but they may stand for.

        `components` are the parts of characters. `sentences` is asked for once something heard is doubted: what it
        gives is costly to build.
        """
        self.terms = tuple(terms)
        self._layers: dict[str, float] = {str(layer): cost for layer, cost in layers.items()}
        self._codes, self._units = CodeWords(codes), UnitCodes(codes)
        parts = {**components, **{c: (*components.get(c, ()), *ways) for c, ways in disguise.parts.items()}}
        self._decomposer = Decomposer(parts, disguise.radicals, terms, words)
        fillers = disguise.fillers
        self._stripper = FillerStripper(
            Fillers(fillers.strong, fillers.weak, fillers.natural, fillers.hesitations), terms, words, names
        )
        self._make_speller = partial(Speller, terms, disguise.syllables, words, names)
        self._channel, self._sentences = channel, sentences
        self._pictures = PictureReader(disguise.pictures, terms)

    def load(self) -> None:
        """Builds what is otherwise built for the first text that needs it."""
        self._speller  # noqa: B018 - it is kept
        self._sentences()

    def read(self, folded: Normalised, passage: Passage, on: date | None = None) -> Normalised:
        """The text as it was most likely said, every disguise taken off; `on`: the day of the broadcast."""
        heard = self.hear(folded, passage, on)
        return self.take(heard, heard.offers, on)

    def hear(self, folded: Normalised, passage: Passage, on: date | None = None) -> Normalised:
        """The text as it was heard, every disguise taken off that can be, with what may have been said instead.

        Only a unit that goes with its number is read at once: what was heard there is no word and no unit.
        """
        if "symbol" in self._layers:
            folded = folded.edited(self._pictures.edits(folded))
        folded = self._decoded(folded, on)
        layers: tuple[tuple[str, Callable[[str], list[Edit]]], ...] = (
            ("split", self._decomposer.edits),
            ("spelled", self._spelled),
            ("filler", self._stripper.edits),
            ("unit", lambda text: self._units.edits(text, on)),
        )
        for name, find in layers:
            if name in self._layers:
                folded = folded.edited(find(folded.text))
        return self._heard(folded, passage, on) if passage.by_ear else folded

    @cached_property
    def _speller(self) -> Speller:
        """What reads letters; built with the first text that holds any, for it spells every word of the language."""
        return self._make_speller()

    def _spelled(self, text: str) -> list[Edit]:
        return self._speller.edits(text) if may_be_spelled(text) else []

    def take(self, heard: Normalised, offers: Sequence[Edit], on: date | None = None) -> Normalised:
        """The text with these of its offers made; whether they stand is for who takes them to say."""
        return self._decoded(heard.edited(offers), on) if offers else replace(heard, offers=())

    def is_likelier(self, said: str, heard: str) -> bool:
        """True where the field says the one text more likely than the other."""
        sentences = self._sentences()
        return sentences.likelihood(said) > sentences.likelihood(heard)

    def _decoded(self, folded: Normalised, on: date | None) -> Normalised:
        kinds = [kind for kind in _CODES if kind in self._layers]
        return folded.edited(self._codes.edits(folded.text, kinds, on)) if kinds else folded

    def _heard(self, folded: Normalised, passage: Passage, on: date | None) -> Normalised:
        """What was heard, offered the words that it sounds like where the sentence bears them out."""
        with_numbers = [guess for guess in self._guesses(folded, passage) if goes_with_a_number(folded.text, guess)]
        folded = self._decoded(folded.edited(with_numbers), on)
        guesses = [guess for guess in self._guesses(folded, passage) if not goes_with_a_number(folded.text, guess)]
        doubted = _doubted(folded, passage)
        if "sentence" not in self._layers or not doubted:
            return replace(folded, offers=tuple(guesses))
        words = self._sentences().words(folded.text, doubted, _read_anew(folded), guesses)
        guessed = {(guess.start, guess.meant): guess for guess in guesses}
        edits = edits_of(folded.text, words)
        return replace(folded, offers=tuple(guessed.get((edit.start, edit.meant), edit) for edit in edits))

    def _guesses(self, folded: Normalised, passage: Passage) -> list[Edit]:
        return self._channel.edits(folded.text, _doubted(folded, passage)) if "sound" in self._layers else []

    def factor(self, kind: str, cost: float) -> float:
        """What a claim's score is multiplied by for one such reading."""
        return max(_LEAST_FACTOR, 1 - self._layers.get(kind, 0.0) * cost)


def _doubted(folded: Normalised, passage: Passage) -> list[Doubted]:
    """The recogniser's doubts in the places of the folded text."""
    found: list[Doubted] = []
    for doubt in passage.doubts:
        inside = [
            i
            for i, (s, e) in enumerate(zip(folded.starts, folded.ends, strict=True))
            if s < doubt.end and doubt.start < e
        ]
        if inside:
            found.append(Doubted(inside[0], inside[-1] + 1, doubt.alternatives, doubt.below))
    return found


def _read_anew(folded: Normalised) -> frozenset[int]:
    """The places of characters that were read as something else already."""
    return frozenset(
        at
        for at, (start, end) in enumerate(zip(folded.starts, folded.ends, strict=True))
        if any(reading.start < end and start < reading.end for reading in folded.readings)
    )

"""What was said in disguise or heard wrong, read as what it means: layer after layer, each with its cost.

Code words first, then spoken parts of characters, letters, fillers, codes of units, and last, in speech alone, what a
recogniser mis-hears: words of the policy, then, where it doubted what it heard, whole sentences. Each layer stands in
`policy.yaml` under `reading_layers` with the share of its score that a claim loses for a cost of one; a layer that is
left out is off.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from claims.by_sound import SentenceReader, edits_of
from claims.codewords import CodeWords, CodeWordsFile, UnitCodes
from claims.decompose import Decomposer
from claims.filler import Fillers, FillerStripper
from claims.normalise import Edit, Normalised
from claims.phonetic import Doubted, PhoneticChannel, goes_with_a_number
from claims.pictures import PictureReader
from claims.policy_models import ReadingLayer
from claims.spelling import Speller
from claims.types import Channel, Frozen, Passage
from claims.words import CommonWords

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
        self._speller = Speller(terms, disguise.syllables, words, names)
        self._channel, self._sentences = channel, sentences
        self._pictures = PictureReader(disguise.pictures, terms)

    def read(self, folded: Normalised, passage: Passage, on: date | None = None) -> Normalised:
        """The text with every disguise taken off that can be; `on`: the day of the broadcast."""
        kinds = [kind for kind in _CODES if kind in self._layers]
        if "symbol" in self._layers:
            folded = folded.edited(self._pictures.edits(folded))
        folded = folded.edited(self._codes.edits(folded.text, kinds, on))
        layers: tuple[tuple[str, Callable[[str], list[Edit]]], ...] = (
            ("split", self._decomposer.edits),
            ("spelled", self._speller.edits),
            ("filler", self._stripper.edits),
            ("unit", lambda text: self._units.edits(text, on)),
        )
        for name, find in layers:
            if name in self._layers:
                folded = folded.edited(find(folded.text))
        if passage.channel == _HEARD:
            folded = self._heard(folded, passage)
            if kinds:
                folded = folded.edited(self._codes.edits(folded.text, kinds, on))
        return folded

    def _heard(self, folded: Normalised, passage: Passage) -> Normalised:
        """What was heard, as it was most likely said: words that it sounds like, where the sentence bears them out."""
        doubted = _doubted(folded, passage)
        guesses = self._channel.edits(folded.text, doubted) if "sound" in self._layers else []
        if "sentence" not in self._layers or not doubted:
            return folded.edited(guesses)
        with_numbers = [guess for guess in guesses if goes_with_a_number(folded.text, guess)]
        guesses = [guess for guess in guesses if guess not in with_numbers]
        folded = folded.edited(with_numbers)
        words = self._sentences().words(folded.text, doubted, _read_anew(folded), guesses)
        read = {at: char for start, word in words for at, char in enumerate(word, start)}
        borne_out = [
            guess for guess in guesses if all(read.get(at) == char for at, char in enumerate(guess.meant, guess.start))
        ]
        folded = folded.edited(borne_out)
        return folded.edited([*edits_of(folded.text, words)])

    def factor(self, kind: str, cost: float) -> float:
        """What a claim's score is multiplied by for one such reading."""
        return max(_LEAST_FACTOR, 1 - self._layers.get(kind, 0.0) * cost)


_HEARD: Channel = "speech"


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

"""The stretch of a conversation in which a claim is understood: a few passages, joined, with everything located."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from claims.engine.wavering import unsure_characters
from claims.policy.lexicon import Hit
from claims.policy.match import Located
from claims.policy.policy import Policy
from claims.text.normalise import Normalised, Reading, is_boundary, is_strong_boundary
from claims.text.numbers import Number
from claims.text.units import Quantity
from claims.types import Passage


@dataclass(frozen=True, slots=True)
class WindowPassage:
    """A passage in folded form; `offset` is where it begins in the window's text."""

    passage: Passage
    folded: Normalised
    offset: int

    @property
    def end(self) -> int:
        """Where it ends in the window's text."""
        return self.offset + len(self.folded.text)


@dataclass(frozen=True, slots=True)
class Window:
    """Passages of one conversation as one text; only claims that end in [focus_start, focus_end) are new."""

    passages: tuple[WindowPassage, ...]
    text: str
    focus_start: int
    focus_end: int
    located: Located
    hits: tuple[Hit, ...]
    numbers: tuple[Number, ...]
    quantities: tuple[Quantity, ...]
    misheard: frozenset[tuple[int, int]] = frozenset()

    def passages_of(self, start: int, end: int) -> tuple[WindowPassage, ...]:
        """The passages that characters [start, end) touch."""
        return tuple(h for h in self.passages if h.offset < end and start < h.end)

    def is_confirmed(self, start: int, end: int) -> bool:
        """False if characters [start, end) hold words that only a hint to the recogniser brought in."""
        for heard, left, right in self._behind(start, end):
            if any(hinted.start < right and left < hinted.end for hinted in heard.passage.unconfirmed):
                return False
        return True

    def doubted(self, start: int, end: int) -> float:
        """The share of what stands behind characters [start, end) that the recogniser was not sure of.

        Words that were only listened for once more say nothing against what was heard, nor do others of the same sound.
        """
        unsure = whole = 0
        for heard, left, right in self._behind(start, end):
            doubts = [doubt for doubt in heard.passage.doubts if doubt.below is None]
            amounts = self._amounts(heard) if doubts else set()
            doubted = {at for doubt in doubts for at in unsure_characters(heard.passage.text, doubt, amounts)}
            unsure += sum(at in doubted for at in range(left, right))
            whole += right - left
        return unsure / max(1, whole)

    def _amounts(self, heard: WindowPassage) -> set[int]:
        """Where numbers stand in a passage as it was heard; a numeral that may be part of a word, only with a unit."""
        found: set[int] = set()
        places = [(said.start, said.end) for said in self.quantities]
        places += [(number.start, number.end) for number in self.numbers if not number.single_digit_word]
        for left, right in places:
            start, end = max(0, left - heard.offset), min(len(heard.folded.text), right - heard.offset)
            found.update(range(*heard.folded.original_span(start, end)))
        return found

    def readings(self, start: int, end: int) -> tuple[Reading, ...]:
        """What was read as something else within characters [start, end)."""
        return tuple(reading for _, reading in self.readings_behind(start, end))

    def readings_behind(self, start: int, end: int) -> Iterator[tuple[WindowPassage, Reading]]:
        """What was read as something else within characters [start, end), each with its passage."""
        for heard, left, right in self._behind(start, end):
            yield from ((heard, r) for r in heard.folded.readings if r.start < right and left < r.end)

    def in_speech(self, at: int) -> bool:
        """True if the character at `at` was heard, not read."""
        return any(h.passage.channel == "speech" for h in self.passages_of(at, at + 1))

    def _behind(self, start: int, end: int) -> Iterator[tuple[WindowPassage, int, int]]:
        """The passages that characters [start, end) touch, each with the original characters behind them."""
        for heard in self.passages_of(start, end):
            first, last = max(0, start - heard.offset), min(len(heard.folded.text), end - heard.offset)
            yield heard, *heard.folded.original_span(first, last)

    def quote(self, start: int, end: int) -> str:
        """The original words behind [start, end), passages joined by a blank where the claim runs over two."""
        parts = [
            h.folded.heard(max(0, start - h.offset), min(len(h.folded.text), end - h.offset))
            for h in self.passages_of(start, end)
        ]
        return " ".join(part.strip() for part in parts if part.strip())

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """The clause around [start, end), between boundaries of any strength."""
        left, right = start, end
        while left > 0 and not is_boundary(self.text[left - 1]):
            left -= 1
        while right < len(self.text) and not is_boundary(self.text[right]):
            right += 1
        return left, right

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """The sentence around [start, end)."""
        left, right = start, end
        while left > 0 and not is_strong_boundary(self.text[left - 1]):
            left -= 1
        while right < len(self.text) and not is_strong_boundary(self.text[right]):
            right += 1
        return left, right


def fold(passage: Passage, policy: Policy, on: date | None = None) -> Normalised:
    """The passage's text folded, disguised and mis-heard words read as what they mean; `on`: the broadcast's day."""
    return policy.texts.fold(passage, on)


def hear(passage: Passage, policy: Policy, on: date | None = None) -> Normalised:
    """The passage's text folded as it was heard, with what may have been said instead offered."""
    return policy.texts.hear(passage, on)


def fold_without_hints(passage: Passage, piece: Normalised, policy: Policy) -> Normalised:
    """The piece, or the whole passage as it was heard without hints where it holds any that are not confirmed."""
    if not passage.unconfirmed:
        return piece
    return policy.texts.fold_as_heard(passage.text_without_hints)


def build_window(folded: Sequence[tuple[Passage, Normalised]], focus: int, policy: Policy) -> Window:
    """The window over these passages, oldest first; `focus` is the index of the one whose claims are new."""
    heard: list[WindowPassage] = []
    parts: list[str] = []
    offset = 0
    last = len(folded) - 1
    for index, (passage, normal) in enumerate(folded):
        if index < last:
            normal = _open_ended(normal)
        if parts:
            joint = "" if parts[-1] and is_boundary(parts[-1][-1]) else ","
            parts.append(joint)
            offset += len(joint)
        heard.append(WindowPassage(passage, normal, offset))
        parts.append(normal.text)
        offset += len(normal.text)
    text = "".join(parts)
    read = policy.texts.read(text, spoken=heard[focus].passage.by_ear)
    return Window(
        tuple(heard),
        text,
        heard[focus].offset,
        heard[focus].end,
        read.located,
        read.hits,
        read.numbers,
        read.quantities,
        read.misheard,
    )


def _open_ended(folded: Normalised) -> Normalised:
    """The passage without its full stop: a pause between two utterances ends no thought."""
    text = folded.text.rstrip("。!;")
    if len(text) == len(folded.text):
        return folded
    return folded.part(0, len(text))

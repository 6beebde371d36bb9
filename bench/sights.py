"""Scores what was read of a composed room against what the room showed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

import opencc

from bench.rooms import Room, Shown
from vision.ocr.words import words_of
from vision.types import Box

_SELLERS = {"caption", "outlined", "card", "sticker", "vertical", "rotated", "pack"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Words that were read in one place, from when to when."""

    text: str
    box: Box
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one text that was shown: characters read of it, whether it was read exactly, and since when."""

    shown: Shown
    characters: int
    characters_read: int
    is_exact: bool
    first_ms: int | None


@cache
def folded(text: str) -> str:
    """The words as claims compare them: width, case and punctuation folded, traditional forms made simplified."""
    return words_of(opencc.OpenCC("t2s").convert(text))


def outcomes(room: Room, sights: Sequence[Sight], sampled_ms: Sequence[int]) -> list[Outcome]:
    """One outcome for each of the seller's texts that stood in at least one sampled frame."""
    found = []
    for shown in room.texts:
        when = [at_ms for at_ms in sampled_ms if shown.stands(at_ms)]
        if shown.look not in _SELLERS or not when:
            continue
        place = room.box_of(shown, when[0])
        mine = [s for s in sights if s.start_ms <= when[-1] and s.end_ms >= when[0] and _lies_in(s.box, place)]
        found.append(_outcome(shown, mine))
    return found


def strangers(room: Room, sights: Iterable[Sight]) -> list[Sight]:
    """What was read where the room showed nothing at the time."""
    return [
        sight
        for sight in sights
        if not any(
            shown.from_ms <= sight.end_ms + 1000
            and shown.to_ms >= sight.start_ms - 1000
            and _lies_in(sight.box, _reach(room, shown, sight))
            for shown in room.texts
        )
    ]


def _reach(room: Room, shown: Shown, sight: Sight) -> Box:
    return room.box_of(shown, min(max(sight.start_ms, shown.from_ms), shown.to_ms - 1))


def _outcome(shown: Shown, mine: Sequence[Sight]) -> Outcome:
    words = folded(shown.words)
    in_order = sorted(mine, key=lambda s: s.box.top if shown.look == "vertical" else s.box.left)
    readings = [(folded(s.text), s.start_ms) for s in in_order]
    if in_order:
        readings.append(("".join(folded(s.text) for s in in_order), max(s.start_ms for s in in_order)))
    exact = [start_ms for text, start_ms in readings if text == words]
    return Outcome(
        shown=shown,
        characters=len(words),
        characters_read=max((_shared(words, text) for text, _ in readings), default=0),
        is_exact=bool(exact),
        first_ms=min(exact, default=None),
    )


def _shared(words: str, text: str) -> int:
    return sum(block.size for block in SequenceMatcher(None, words, text, autojunk=False).get_matching_blocks())


def _lies_in(box: Box, place: Box) -> bool:
    """Whether more than half of the box lies in the place, both across and down."""
    across = min(box.right, place.right) - max(box.left, place.left)
    down = min(box.bottom, place.bottom) - max(box.top, place.top)
    return across > 0.5 * box.width and down > 0.5 * box.height

"""Reads lines that stand in a frame: cheaply first, surely where that was unclear or where it will be told."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vision.ocr.crops import (
    close_to_letters,
    in_main_contrast,
    is_row,
    may_go_on,
    readings_of,
    strip_of,
    without_margin,
)
from vision.ocr.motion_blur import Smear, sharpened, smear_of
from vision.ocr.recogniser import NOTHING, may_have_ends, most_shared, with_ends
from vision.ocr.requests import Answers, ReadRequest, RequestKind
from vision.ocr.words import are_alike, words_of
from vision.types import Place, Reading, TextLine

LEGIBLE = 0.5
CLEAR = 0.85
_LEGIBLE_COLUMN = 0.7
_LIKELY_PLACE = 0.6
_END_HEIGHTS = 0.9
_QUITE_CLEAR = 0.93

Strip = NDArray[np.uint8]


def read_cheaply(
    image: Strip, unread: Sequence[tuple[Place, Strip]]
) -> Generator[ReadRequest, Answers, list[tuple[TextLine, bool]]]:
    """The line on each strip by the fast reader, and whether that was too unclear to follow it by."""
    height, width = image.shape[:2]
    readings = yield from _asked(RequestKind.RECOGNISE, [strip for _, strip in unread])
    return [
        (
            TextLine(
                text=reading.text,
                box=place.box(width, height),
                score=reading.score,
                place=place,
                strip=strip,
                wide=_wide(image, place, strip) if reading.score >= LEGIBLE else None,
                way=reading.way,
            ),
            (LEGIBLE if reading.way == 0 and is_row(strip) else _LEGIBLE_COLUMN) <= reading.score < CLEAR
            and place.score >= _LIKELY_PLACE,
        )
        for (place, strip), reading in zip(unread, readings, strict=True)
    ]


def read_with_wholes(
    image: Strip, unread: Sequence[tuple[Place, Strip]], wholes: Mapping[int, TextLine]
) -> Generator[ReadRequest, Answers, list[tuple[TextLine, bool]]]:
    """As `read_cheaply`, where some places may be but a piece of a line that is known (by their index in `unread`).

    Detection often gives a line short. Where the whole of it still reads much the same it is taken, once.
    """
    places = [whole.place for whole in wholes.values() if whole.place is not None]
    read = yield from read_cheaply(image, [*unread, *((place, strip_of(image, place)) for place in places)])
    lines_read: dict[int, tuple[TextLine, bool]] = dict(enumerate(read[: len(unread)]))
    taken: list[TextLine] = []
    for (index, whole), again in zip(wholes.items(), read[len(unread) :], strict=True):
        if whole in taken:
            lines_read.pop(index)
        elif are_alike(words_of(again[0].text), words_of(whole.text)):
            lines_read[index] = again
            taken.append(whole)
    return list(lines_read.values())


def read_surely(lines: Sequence[TextLine]) -> Generator[ReadRequest, Answers, list[TextLine]]:
    """The lines with what the accurate reader makes of them, which leads where it is the clearer or sees no words."""
    readings = yield from _read_accurately(lines)
    surely = []
    for line, reading in zip(lines, readings, strict=True):
        sure = replace(line, sure=reading)
        if reading.score > line.score or reading.score < LEGIBLE:
            sure = replace(sure, text=reading.text, score=reading.score)
        surely.append(sure)
    return surely


def confirm(lines: Sequence[TextLine]) -> Generator[ReadRequest, Answers, list[Reading]]:
    """The accurate reading of each line, level letters at its ends with it; lines read surely before are not again."""
    new = [index for index, line in enumerate(lines) if line.sure is None]
    asked = yield from _read_accurately([lines[index] for index in new])
    sure = [line.sure or NOTHING for line in lines]
    for index, reading in zip(new, asked, strict=True):
        sure[index] = reading
    wide = [
        (index, line.wide)
        for index, line in enumerate(lines)
        if line.wide is not None and may_go_on(line.wide, _END_HEIGHTS)
    ]
    glances = yield from _asked(RequestKind.RECOGNISE, [strip for _, strip in wide])
    longer = [
        (index, strip)
        for (index, strip), glance in zip(wide, glances, strict=True)
        if may_have_ends(sure[index], glance)
    ]
    ends = yield from _asked(RequestKind.CONFIRM, [without_margin(strip) for _, strip in longer])
    for (index, _), end in zip(longer, ends, strict=True):
        sure[index] = with_ends(sure[index], end)
    return sure


def _read_accurately(lines: Sequence[TextLine]) -> Generator[ReadRequest, Answers, list[Reading]]:
    """What the accurate reader makes of each line; a row on which it is not quite clear is read in up to three ways.

    Smeared rows are read once: other cuts of them are as smeared, and show one mistake more.
    """
    readings = yield from _asked(RequestKind.CONFIRM, [_as_meant(line) for line in lines])
    unclear = [
        index
        for index, reading in enumerate(readings)
        if LEGIBLE <= reading.score < _QUITE_CLEAR and _is_plain_row(_strip(lines[index]))
    ]
    closer = yield from _asked(RequestKind.CONFIRM, [close_to_letters(_strip(lines[index])) for index in unclear])
    tries = {index: [readings[index], reading] for index, reading in zip(unclear, closer, strict=True)}
    split = [index for index, (one, other) in tries.items() if words_of(one.text) != words_of(other.text)]
    grey = yield from _asked(RequestKind.CONFIRM, [in_main_contrast(_strip(lines[index])) for index in split])
    for index, reading in zip(split, grey, strict=True):
        tries[index].append(reading)
    for index, those in tries.items():
        readings[index] = most_shared(those)
    return readings


def _asked(kind: RequestKind, strips: Sequence[Strip]) -> Generator[ReadRequest, Answers, list[Reading]]:
    if not strips:
        return []
    clear = [sharpened(strip, smear_of(strip)) for strip in strips]
    answers = yield ReadRequest(kind=kind, pictures=clear)
    return [reading for reading in answers if isinstance(reading, Reading)]


def _strip(line: TextLine) -> Strip:
    return line.strip if line.strip is not None else np.zeros((0, 0, 3), np.uint8)


def _as_meant(line: TextLine) -> Strip:
    """The line's strip as a row, for the accurate reader."""
    ways = readings_of(_strip(line))
    if _is_plain_row(_strip(line)):
        return without_margin(ways[0])
    return ways[min(line.way, len(ways) - 1)]


def _is_plain_row(strip: Strip) -> bool:
    return is_row(strip) and smear_of(strip) is Smear.NONE


def _wide(image: Strip, place: Place, strip: Strip) -> Strip | None:
    """A row's strip with a letter more at both ends."""
    return strip_of(image, place.widened(_END_HEIGHTS)) if is_row(strip) else None

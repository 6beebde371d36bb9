"""Reads the words in pictures of single lines: CTC over a strip 48 pixels high."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.ocr.onnx import Model
from vision.ocr.words import words_of
from vision.types import Reading

HIGH_PX = 48
_WIDEST_PX = 1600
_BATCH = 8
_WIDTH_STEP_PX = 32
_SURE_ENDS = 0.9
_LEVEL_LETTERS = ("一", "二", "三")
# What a hasty look takes them for is among these.
_LEVEL_SIGNS = (*_LEVEL_LETTERS, "—", "－", "-", "_", "=", "ー", "~")


NOTHING = Reading(text="", score=0.0)


def with_ends(reading: Reading, wide: Reading) -> Reading:
    """The reading with what it lost at its ends: letters of a few level strokes, which detection often leaves out.

    `wide` is what was read on the same line with a letter more at both ends. Nothing else is taken from there: what is
    beside a line may look like letters.
    """
    start = wide.text.find(reading.text) if reading.text else -1
    if start < 0 or wide.score < _SURE_ENDS:
        return reading
    before, after = wide.text[:start], wide.text[start + len(reading.text) :]
    left = before[-1:] if before[-1:] in _LEVEL_LETTERS else ""
    right = after[:1] if after[:1] in _LEVEL_LETTERS else ""
    return replace(reading, text=left + reading.text + right)


def may_have_ends(reading: Reading, glance: Reading) -> bool:
    """Whether a cheap look at the wider strip shows level strokes beyond the reading that may be letters."""
    shown = glance.text.strip()
    return bool(shown and reading.text) and (
        (shown[0] in _LEVEL_SIGNS and shown[0] != reading.text[0])
        or (shown[-1] in _LEVEL_SIGNS and shown[-1] != reading.text[-1])
    )


def most_shared(readings: Sequence[Reading]) -> Reading:
    """The words that weigh most among these readings of one line, with the mean of their scores."""
    alike: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        alike[words_of(reading.text)].append(reading)
    won = max(alike.values(), key=lambda those: sum(reading.score for reading in those))
    return replace(won[0], score=round(sum(reading.score for reading in won) / len(won), 4))


class Recogniser:
    """Reads lines at their own width: padding a short line to the usual 320 pixels would cost three times its price."""

    def __init__(self, model: Model, *, narrowest_px: int) -> None:
        self._model = model
        self._narrowest_px = narrowest_px
        self._letters = ("", *model.letters, " ")

    def read(self, strips: Sequence[NDArray[np.uint8]]) -> list[Reading]:
        """What stands on each strip (BGR, any size, one upright line)."""
        widths = [self._width(strip) for strip in strips]
        readings = [NOTHING] * len(strips)
        order = sorted((index for index, width in enumerate(widths) if width), key=lambda index: widths[index])
        for start in range(0, len(order), _BATCH):
            for same in _runs(order[start : start + _BATCH], widths):
                batch = np.zeros((len(same), 3, HIGH_PX, widths[same[0]]), np.float32)
                for picture, index in zip(batch, same, strict=True):
                    fill(strips[index], picture)
                for index, odds in zip(same, self._model.run(batch), strict=True):
                    readings[index] = self._decode(odds)
        return readings

    def _width(self, strip: NDArray[np.uint8]) -> int:
        high, wide = strip.shape[:2]
        if high == 0 or wide == 0:
            return 0
        natural = min(_WIDEST_PX, wide * HIGH_PX / high)
        return max(self._narrowest_px, -int(-natural // _WIDTH_STEP_PX) * _WIDTH_STEP_PX)

    def _decode(self, odds: NDArray[np.float32]) -> Reading:
        best = odds.argmax(axis=1)
        fresh = (best != 0) & (best != np.concatenate(([0], best[:-1])))
        if not fresh.any():
            return NOTHING
        text = "".join(self._letters[letter] for letter in best[fresh]).strip()
        score = float(odds[fresh, best[fresh]].mean())
        return Reading(text=text, score=round(score, 4)) if text else NOTHING


def _runs(order: Sequence[int], widths: Sequence[int]) -> list[list[int]]:
    """Strips of one width together, in the order given."""
    runs: list[list[int]] = []
    for index in order:
        if runs and widths[runs[-1][0]] == widths[index]:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def fill(strip: NDArray[np.uint8], picture: NDArray[np.float32]) -> None:
    """Writes the strip into the left of a picture of zeros (float32, shape (3, 48, width)), as the models take it."""
    high, wide = strip.shape[:2]
    natural = min(picture.shape[2], max(1, round(wide * HIGH_PX / high)))
    shrunk = cv2.resize(
        strip, (natural, HIGH_PX), interpolation=cv2.INTER_AREA if high > 2 * HIGH_PX else cv2.INTER_LINEAR
    )
    for plane, colour in zip(picture, cv2.split(shrunk), strict=True):
        np.divide(colour, np.float32(127.5), out=plane[:, :natural])
        plane[:, :natural] -= 1

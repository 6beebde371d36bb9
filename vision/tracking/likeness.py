"""Tells whether two strips show the same line, so that it need not be read again."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.ocr.strokes import strokes_in

_HIGH_PX = 24
_SHIFT_PX = 3
# Correlation of strokes, character by character. Behind static letters a codec leaves 0.97 and more of it, a moving
# picture 0.8; one digit that becomes another much like it leaves 0.93 to 0.97.
LIKE = 0.85
LIKE_NUMBERS = 0.97
_STROKE_PX = 7
_FLAT = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likeness:
    """The strokes of a strip, 24 pixels high; what is behind the letters leaves few."""

    strokes: NDArray[np.uint8]


def likeness_of(strip: NDArray[np.uint8]) -> Likeness:
    """What is compared of this strip; a column is compared lying on its side."""
    upright = strip if strip.shape[0] <= strip.shape[1] else np.rot90(strip)
    wide = max(_HIGH_PX, round(upright.shape[1] * _HIGH_PX / max(1, upright.shape[0])))
    grey = cv2.cvtColor(upright, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (wide, _HIGH_PX), interpolation=cv2.INTER_AREA)
    return Likeness(strokes=strokes_in(np.asarray(small, dtype=np.uint8), _STROKE_PX))


def show_the_same(one: Likeness, other: Likeness, *, at_least: float = LIKE) -> bool:
    """Whether the strips agree character by character; what moves behind the letters may make them differ."""
    wide, width = one.strokes.shape[1], other.strokes.shape[1]
    if abs(wide - width) > max(5, wide // 20):
        return False
    field = np.asarray(cv2.copyMakeBorder(other.strokes, *(_SHIFT_PX,) * 4, cv2.BORDER_REPLICATE), np.uint8)
    for left in range(0, max(1, wide - _HIGH_PX // 2), _HIGH_PX):
        piece = one.strokes[:, left : left + _HIGH_PX]
        middle = round(left * width / wide)
        window = field[:, middle : middle + piece.shape[1] + 2 * _SHIFT_PX]
        if window.shape[1] < piece.shape[1]:
            window = field[:, -piece.shape[1] :]
        if not _alike(piece, window, at_least):
            return False
    return True


def _alike(piece: NDArray[np.uint8], window: NDArray[np.uint8], at_least: float) -> bool:
    contrast, around = _contrast(piece), _contrast(window)
    if min(contrast, around) < _FLAT:
        return contrast < _FLAT and around < 2 * _FLAT
    return float(cv2.matchTemplate(window, piece, cv2.TM_CCOEFF_NORMED).max()) >= at_least


def _contrast(grey: NDArray[np.uint8]) -> float:
    """The standard deviation; ten times as fast as numpy's on so few pixels."""
    return float(cv2.meanStdDev(grey)[1][0, 0])

"""Cuts lines out of frames, as upright strips for the recogniser."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.ocr.strokes import strokes_of
from vision.types import Place

_STACKED = 1.5
_SHORTEST_CELL = 0.75
_LONGEST_CELL = 1.45
_STROKE_CONTRAST = 45.0
_STROKE_SHARE = 0.45
_LEVEL_PX = 1.0
_LARGE_PX = 96
# Of its height, at the top and at the bottom.
_MARGIN, _CLOSER = 0.06, 0.12


def strip_of(image: NDArray[np.uint8], place: Place) -> NDArray[np.uint8]:
    """The line as an upright strip at full size; one that lies level is cut without turning it."""
    corners = place.corners
    if _is_level(corners):
        box = place.box(image.shape[1], image.shape[0])
        return image[box.top : box.bottom, box.left : box.right]
    wide = round(max(_length(corners[0] - corners[1]), _length(corners[3] - corners[2])))
    high = round(max(_length(corners[0] - corners[3]), _length(corners[1] - corners[2])))
    if wide < 1 or high < 1:
        return np.zeros((0, 0, 3), np.uint8)
    target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, target)
    # What will be shrunk to the reader's height gains nothing by the dearer way: a large pattern would cost 6 ms.
    how = cv2.INTER_CUBIC if high <= _LARGE_PX else cv2.INTER_LINEAR
    strip = cv2.warpPerspective(image, warp, (wide, high), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, dtype=np.uint8)


def _is_level(corners: NDArray[np.float32]) -> bool:
    tilts = np.abs(corners[[1, 2, 3, 0]] - corners).min(axis=1)
    return float(tilts.max()) <= _LEVEL_PX


def is_row(strip: NDArray[np.uint8]) -> bool:
    """Whether the strip can be but one line of letters side by side."""
    high, wide = (int(side) for side in strip.shape[:2])
    return high < _STACKED * wide or wide == 0


def without_margin(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A row without a part of the margin that detection leaves above and below its letters.

    What stands there is read as strokes: an edge behind an outlined 二 makes it 三 (of 117 rows of generated rooms
    three were misread with the whole margin, one without).
    """
    margin = round(_MARGIN * strip.shape[0])
    return strip[margin : strip.shape[0] - margin] if is_row(strip) else strip


def close_to_letters(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A row cut closer above and below, so that its letters are read larger."""
    margin = round(_CLOSER * strip.shape[0])
    return strip[margin : strip.shape[0] - margin]


def in_main_contrast(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The strip in grey, along the line of colours on which it differs most: letters against their outline."""
    pixels = strip.reshape(-1, 3).astype(np.float32)
    pixels -= pixels.mean(axis=0)
    _, ways = np.linalg.eigh(pixels.T @ pixels)
    along = pixels @ ways[:, -1]
    dark, bright = np.percentile(along, (2, 99))
    grey = np.clip((along - dark) * (255 / max(1.0, float(bright - dark))), 0, 255).astype(np.uint8)
    return np.repeat(grey.reshape(*strip.shape[:2], 1), 3, axis=2)


def may_go_on(wide: NDArray[np.uint8], heights: float) -> bool:
    """Whether a level stroke stands just beyond an end of the line; the strip shows so many heights more there."""
    ink = strokes_of(wide, max(5, wide.shape[0] // 4 | 1)).astype(np.float32)
    more = round(heights * wide.shape[0])
    return any(_is_level_stroke(end) for end in (ink[:, :more], ink[:, -more:]))


def _is_level_stroke(ink: NDArray[np.float32]) -> bool:
    if ink.size == 0:
        return False
    rows = ink[:, ink.shape[1] // 5 : -max(1, ink.shape[1] // 5)].mean(axis=1)
    top = float(rows.max())
    return top >= _STROKE_CONTRAST and float((rows > top / 2).mean()) <= _STROKE_SHARE


def readings_of(strip: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The ways in which the strip may be meant, one for most; a tall one is a column, or a line on its side."""
    if is_row(strip):
        return [strip]
    turned = [np.rot90(strip), np.rot90(strip, -1)]
    return [_column_as_row(strip), *(np.ascontiguousarray(side) for side in turned)]


def _column_as_row(strip: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A column's characters set side by side, cut where the column has least ink."""
    ink = strokes_of(strip, max(5, strip.shape[1] // 4 | 1)).astype(np.float32)
    across = ink.mean(axis=0)
    inked = np.flatnonzero(across > 0.35 * across.max()) if across.max() > 0 else np.arange(strip.shape[1])
    letter = max(6, int(inked[-1] - inked[0] + 1))
    down = np.convolve(ink.mean(axis=1), np.ones(3) / 3, mode="same")
    cuts = [0]
    while len(down) - cuts[-1] > _LONGEST_CELL * letter:
        shortest, longest = cuts[-1] + round(_SHORTEST_CELL * letter), cuts[-1] + round(_LONGEST_CELL * letter)
        cuts.append(shortest + int(down[shortest:longest].argmin()))
    cuts.append(len(down))
    cells = [strip[top:bottom] for top, bottom in pairwise(cuts) if bottom > top]
    tallest = max(len(cell) for cell in cells)
    level = []
    for cell in cells:
        above = (tallest - len(cell)) // 2
        below = tallest - len(cell) - above
        level.append(cv2.copyMakeBorder(cell, above, below, 0, 0, cv2.BORDER_REPLICATE))
    return np.asarray(np.hstack(level), dtype=np.uint8)


def _length(edge: NDArray[np.float32]) -> float:
    return float(np.hypot(edge[0], edge[1]))

"""Cuts lines out of frames: upright strips for the recogniser, pictures with boxes for people."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import FrameRefusedError
from vision.strokes import strokes_of
from vision.types import Box, Place

_JPEG_QUALITY = 85
_SURROUND = 0.35
_BOX_COLOUR = (40, 40, 230)
_STACKED = 1.5
_SHORTEST_CELL = 0.75
_LONGEST_CELL = 1.45
_STROKE_CONTRAST = 45.0
_STROKE_SHARE = 0.45
_LEVEL_PX = 1.0


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
    strip = cv2.warpPerspective(image, warp, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(strip, dtype=np.uint8)


def _is_level(corners: NDArray[np.float32]) -> bool:
    tilts = np.abs(corners[[1, 2, 3, 0]] - corners).min(axis=1)
    return float(tilts.max()) <= _LEVEL_PX


def is_row(strip: NDArray[np.uint8]) -> bool:
    """Whether the strip can be but one line of letters side by side."""
    high, wide = (int(side) for side in strip.shape[:2])
    return high < _STACKED * wide or wide == 0


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


def crop_jpeg(image: NDArray[np.uint8], box: Box) -> bytes:
    """The text with a little of what is around it, as JPEG: what a reviewer looks at first."""
    height, width = image.shape[:2]
    margin = round(_SURROUND * (box.bottom - box.top)) + 4
    left, top = max(0, box.left - margin), max(0, box.top - margin)
    cut = image[top : min(height, box.bottom + margin), left : min(width, box.right + margin)]
    return jpeg_of(cut)


def frame_jpeg(image: NDArray[np.uint8], boxes: Sequence[Box], *, max_side_px: int = 1280) -> bytes:
    """The whole frame with a rectangle around each box, as JPEG; larger frames are shrunk."""
    scale = min(1.0, max_side_px / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    picture = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    for box in boxes:
        corner, opposite = (
            (round(box.left * scale) - 3, round(box.top * scale) - 3),
            (
                round(box.right * scale) + 3,
                round(box.bottom * scale) + 3,
            ),
        )
        cv2.rectangle(picture, corner, opposite, _BOX_COLOUR, 2, cv2.LINE_AA)
    return jpeg_of(np.asarray(picture, dtype=np.uint8))


def jpeg_of(image: NDArray[np.uint8]) -> bytes:
    """The picture as JPEG; FrameRefusedError where there is nothing to see."""
    if image.size == 0:
        raise FrameRefusedError("the box lies outside the frame: give the frame in which the text was seen")
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()

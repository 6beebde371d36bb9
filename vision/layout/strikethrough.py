"""Tells whether the digits of a price are struck through, by the strokes on its picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

_HIGH_PX = 48
_FEWEST_PX = 12
_SLOPES = np.linspace(-1.0, 1.0, 25)
_MIDDLE = (0.28, 0.74)
_COVERED = 0.93
_BESIDE_COVERED = 0.8
_BESIDE = 0.2


def is_struck(strip: NDArray[np.uint8]) -> bool:
    """Whether one thin line runs through the middle of the words on this upright strip (BGR), end to end.

    Level or slanted up to a corner-to-corner line; digits alone leave gaps along every such line, and a filled ground
    covers the lines above and below it as well.
    """
    high, wide = strip.shape[:2]
    if high < _FEWEST_PX or wide < 1.2 * high:
        return False
    level = cv2.resize(strip, (max(1, round(wide * _HIGH_PX / high)), _HIGH_PX), interpolation=cv2.INTER_AREA)
    ink = _ink(np.asarray(level, np.uint8))
    columns = np.flatnonzero(ink.any(axis=0))
    rows = np.flatnonzero(ink.any(axis=1))
    if len(columns) < _HIGH_PX or len(rows) < _HIGH_PX // 3:
        return False
    words = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return any(_line_through(words, slope) for slope in _SLOPES)


def _ink(level: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the strip differs from its ground, which is what most of its pixels are."""
    colours = level.reshape(-1, 3).astype(np.float32)
    lightness = colours.mean(axis=1)
    dark, light = np.percentile(lightness, (5, 95))
    split = (dark + light) / 2
    ground_is_light = (lightness > split).mean() >= 0.5
    ground = np.median(colours[(lightness > split) == ground_is_light], axis=0)
    away = np.abs(level.astype(np.float32) - ground).max(axis=2)
    threshold, _ = cv2.threshold(away.clip(0, 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(away > max(18.0, 0.8 * threshold))


def _line_through(words: NDArray[np.bool_], slope: float) -> bool:
    """Whether some line of this slope (rise over the whole width, in heights) is inked, and those beside it are not."""
    high, wide = words.shape
    thick = np.asarray(cv2.dilate(words.astype(np.uint8), np.ones((3, 1), np.uint8)))
    shifts = np.round(slope * high * (np.arange(wide) / max(1, wide - 1) - 0.5)).astype(int)
    rows = np.arange(high)[:, None] + shifts[None, :]
    inside = (rows >= 0) & (rows < high)
    sheared = np.where(inside, thick[rows.clip(0, high - 1), np.arange(wide)[None, :]], 0)
    covered = sheared.mean(axis=1)
    first, last = round(_MIDDLE[0] * high), round(_MIDDLE[1] * high)
    best = first + int(covered[first:last].argmax())
    if covered[best] < _COVERED:
        return False
    reach = max(3, round(_BESIDE * high))
    beside = [covered[row] for row in (best - reach, best + reach) if 0 <= row < high]
    return all(share < _BESIDE_COVERED for share in beside)

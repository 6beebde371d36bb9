"""Tells whether a line is smeared by motion, and sharpens across the smear.

Letters have edges in all directions alike. Motion washes out those across its way and leaves those along it: a look at
which are left tells the smear and its direction, where a measure of sharpness alone would take soft light for motion.
"""

from collections import Counter, deque
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Clear lines have 0.76 to 1.6 times as steep edges across as down, those smeared over 5 to 9 pixels 0.2 to 0.6.
_WASHED_OUT = 0.65
_STEEPEST = 95
_FLAT = 24.0
_REACH_PX = 9
_STRENGTH = 1.0
_LATELY = 9


class Smear(StrEnum):
    """The way in which a line is smeared."""

    NONE = "none"
    ACROSS = "across"
    DOWN = "down"


def smear_of(strip: NDArray[np.uint8]) -> Smear:
    """How the line on this strip (BGR, upright) is smeared."""
    if min(strip.shape[:2]) < _REACH_PX:
        return Smear.NONE
    grey = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY)
    across, down = (_steepest(cv2.Sobel(grey, cv2.CV_16S, dx, 1 - dx)) for dx in (1, 0))
    if max(across, down) < _FLAT:
        return Smear.NONE
    if across < _WASHED_OUT * down:
        return Smear.ACROSS
    return Smear.DOWN if down < _WASHED_OUT**2 * across else Smear.NONE


def _steepest(slope: NDArray[Any]) -> float:
    some = np.abs(slope[::2, ::3]).ravel()
    place = len(some) * _STEEPEST // 100
    return float(np.partition(some, place)[place])


def sharpened(image: NDArray[np.uint8], smear: Smear) -> NDArray[np.uint8]:
    """The picture with what motion washed out brought back in part; itself where nothing was."""
    if smear is Smear.NONE:
        return image
    reach = (_REACH_PX, 1) if smear is Smear.ACROSS else (1, _REACH_PX)
    soft = cv2.blur(image, reach)
    return np.asarray(cv2.addWeighted(image, 1 + _STRENGTH, soft, -_STRENGTH, 0), dtype=np.uint8)


class RoomSmear:
    """How most lines read lately in one room were smeared; its frames are sharpened accordingly before the search."""

    def __init__(self) -> None:
        self._lately: deque[Smear] = deque(maxlen=_LATELY)
        self.now = Smear.NONE

    def note(self, strips: Iterable[NDArray[np.uint8]]) -> bool:
        """Learns from lines that were read; whether that made a difference."""
        before = self.now
        self._lately.extend(smear_of(strip) for strip in strips)
        most = (smear for smear, count in Counter(self._lately).items() if 2 * count > len(self._lately))
        self.now = next(most, Smear.NONE)
        return self.now is not before

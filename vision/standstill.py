"""Whether the picture is black, or has not changed: from the key frames that are looked at anyway."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.types import Frame

# Made this small, key frames of a still differ by at most .53 levels on average and by 6.0 anywhere (three pictures of
# the demo's film, encoded by x264 at 23, 28 with a sensor's noise, and 35); those of the film itself, a second apart,
# by at least 9.0 somewhere.
_SMALL = (64, 36)
_SAME_MEAN, _SAME_MOST = 0.6, 7.5
_BLACK_MOST = 40.0
# Between pictures that lie further apart anything may have been shown.
_FAR_MS = 20_000
Look = Literal["black", "frozen", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A stretch between two pictures that are both black, or the same."""

    look: Look
    start_ms: int
    end_ms: int


class PictureWatch:
    """Looks at one stream's frames in order; `seen_ms` is the moment of the last, -1 before the first."""

    def __init__(self) -> None:
        self.seen_ms = -1
        self._small: NDArray[np.float32] | None = None
        self._look: Look = ""
        self._since_ms = 0

    def see(self, frames: Sequence[Frame]) -> tuple[Still, ...]:
        """The stretches in which nothing was to be seen or nothing moved, up to the last of these frames."""
        found: list[Still] = []
        for frame in frames:
            small = _small(frame.image)
            look = self._compare_with_before(small, frame.at_ms)
            if look and self.seen_ms < frame.at_ms:
                found.append(Still(look=look, start_ms=self.seen_ms, end_ms=frame.at_ms))
            if look != self._look:
                self._look, self._since_ms = look, self.seen_ms
            self._small, self.seen_ms = small, frame.at_ms
        return tuple(found)

    def since_ms(self, look: Look) -> int | None:
        """Since when it has looked so without a break; None: it does not."""
        return self._since_ms if self._look == look else None

    def _compare_with_before(self, small: NDArray[np.float32], at_ms: int) -> Look:
        before = self._small
        if before is None or at_ms - self.seen_ms > _FAR_MS:
            return ""
        if max(float(before.max()), float(small.max())) < _BLACK_MOST:
            return "black"
        apart = np.abs(small - before)
        return "frozen" if float(apart.mean()) < _SAME_MEAN and float(apart.max()) < _SAME_MOST else ""


def _small(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(cv2.resize(image, _SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return grey.astype(np.float32)

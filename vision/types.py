"""What reading the screen hands on: lines in one frame, texts over time."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright rectangle in pixels of the full-size frame, half-open."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels in all, at least one."""
        return max(1, self.width * self.height)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where a line stands: its corners (float32, shape (4, 2)), clockwise from the top left as it is read."""

    corners: NDArray[np.float32]
    score: float

    def box(self, width: int, height: int) -> Box:
        """The upright box around it, within a picture of this size."""
        across, down = zip(*self.corners.tolist(), strict=True)
        return Box(
            left=max(0, floor(min(across))),
            top=max(0, floor(min(down))),
            right=min(width, ceil(max(across))),
            bottom=min(height, ceil(max(down))),
        )

    def widened(self, heights: float) -> "Place":
        """The same line with so many of its heights more at both ends."""
        top_left, top_right, bottom_right, bottom_left = self.corners
        run = (top_right - top_left + bottom_right - bottom_left) / 2
        rise = (bottom_left - top_left + bottom_right - top_right) / 2
        more = run / max(1e-6, float(np.hypot(*run))) * float(np.hypot(*rise)) * heights
        corners = np.stack([top_left - more, top_right + more, bottom_right + more, bottom_left - more])
        return Place(corners=corners.astype(np.float32), score=self.score)

    def moved(self, right: int, down: int) -> "Place":
        """The same place in a picture of which this one is a cut."""
        return Place(corners=self.corners + np.array([right, down], np.float32), score=self.score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Words as one look gave them; score in [0, 1], 0 where nothing was read.

    `way` says which of the ways in which a strip may be meant (`crops.readings_of`) gave them.
    """

    text: str
    score: float
    way: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line as read in one frame; score in [0, 1].

    `place` and `strip` (the line cut out, BGR) where they were kept, `wide` the strip with a letter more at both ends;
    `way` is how the strip was meant; `sure` what the accurate reader made of it, None before it looked.
    """

    text: str
    box: Box
    score: float
    place: Place | None = field(default=None, compare=False, repr=False)
    strip: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    wide: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    way: int = field(default=0, compare=False)
    sure: Reading | None = field(default=None, compare=False, repr=False)


class Role(StrEnum):
    """Whose words they are: only the seller's are held against passport and law."""

    SELLER = "seller"
    CHROME = "chrome"
    COMMENTS = "comments"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameText:
    """Words that stood on screen from `start_ms` (first seen) to `end_ms` (last seen).

    `box` is where they were first seen. `best_at_ms` and `best_box` say in which frame they were seen most clearly and
    where; `crop_jpeg` is that cut, empty for words that are not the seller's. `role_reason` says how the role was told.
    """

    stream_id: str
    start_ms: int
    end_ms: int
    box: Box
    text: str
    score: float
    model: str
    best_at_ms: int
    best_box: Box
    role: Role = Role.SELLER
    role_reason: str = ""
    crop_jpeg: bytes = field(default=b"", repr=False)

    @property
    def frame_text_id(self) -> str:
        """The identity within the stream: when and where it was first seen."""
        return f"f{self.start_ms}-{self.box.left}-{self.box.top}"

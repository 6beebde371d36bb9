"""What the rest of the program asks of a text reader."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.errors import FrameRefusedError
from vision.types import Place, Reading, TextLine

Pictures = Sequence[NDArray[np.uint8]]


MAX_PIXELS = 7680 * 4320


def refuse_bad_frame(image: NDArray[np.uint8]) -> None:
    """FrameRefusedError for what is no BGR picture, and for pictures above 8k."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise FrameRefusedError(
            f"a picture of shape {image.shape} and type {image.dtype} is no frame; give BGR uint8 (height, width, 3)"
        )
    if image.shape[0] * image.shape[1] > MAX_PIXELS:
        raise FrameRefusedError(
            f"a frame of {image.shape[1]}x{image.shape[0]} is above {MAX_PIXELS} pixels; scale it down before reading"
        )


class TextReader(Protocol):
    """Reads the words in pictures (BGR, uint8, shape (height, width, 3)); an engine behind it may be swapped.

    Each step takes pictures of many streams at once.
    """

    @property
    def model(self) -> str:
        """The name and version that findings carry."""
        ...

    def find(self, images: Pictures, scales: Sequence[float]) -> list[tuple[Place, ...]]:
        """Where lines stand in each picture, each looked at in its own scale (at most 1)."""
        ...

    def recognise(self, strips: Pictures) -> list[Reading]:
        """What stands on each upright strip, cheaply: good enough to follow it."""
        ...

    def confirm(self, strips: Pictures) -> list[Reading]:
        """What stands on each upright strip, as surely as can be told: good enough to accuse somebody."""
        ...

    def read(self, images: Pictures) -> list[tuple[TextLine, ...]]:
        """The lines in each picture, surely, top to bottom; a picture too small for any text has none."""
        ...

"""What the rest of the program asks of a text reader."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.types import Place, Reading, TextLine

Pictures = Sequence[NDArray[np.uint8]]


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

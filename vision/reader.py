"""What the rest of the program asks of a text reader."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.types import TextLine


class TextReader(Protocol):
    """Reads the words in pictures; an engine behind it may be swapped."""

    @property
    def model(self) -> str:
        """The name and version that findings carry."""
        ...

    def read(self, images: Sequence[NDArray[np.uint8]]) -> list[tuple[TextLine, ...]]:
        """The lines in each picture (BGR, uint8, shape (height, width, 3)), in the pictures' own pixels."""
        ...

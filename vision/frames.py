"""Tells what is a frame and what is none."""

import numpy as np
from numpy.typing import NDArray

from vision.errors import FrameRefusedError

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

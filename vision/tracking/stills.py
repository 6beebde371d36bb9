"""Pictures for people: a still with the words marked that were read there, and these words cut out of it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import FrameRefusedError
from vision.types import Box

_JPEG_QUALITY = 85
_SURROUND = 0.35
_BOX_COLOUR = (40, 40, 230)
_BESIDE_PX = 3


def picture_of(jpeg: bytes) -> NDArray[np.uint8]:
    """The picture (BGR) that the bytes hold; FrameRefusedError where they hold none."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        raise FrameRefusedError("these bytes are no picture; give a still as it was written beside its clip")
    return np.asarray(image, dtype=np.uint8)


def frame_jpeg(image: NDArray[np.uint8], boxes: Sequence[Box]) -> bytes:
    """The whole frame with a rectangle around each box, as JPEG."""
    picture = image.copy()
    for box in boxes:
        corner = (box.left - _BESIDE_PX, box.top - _BESIDE_PX)
        opposite = (box.right + _BESIDE_PX, box.bottom + _BESIDE_PX)
        cv2.rectangle(picture, corner, opposite, _BOX_COLOUR, 2, cv2.LINE_AA)
    return jpeg_of(picture)


def crop_jpeg(image: NDArray[np.uint8], box: Box) -> bytes:
    """The text with a little of what is around it, as JPEG: what a reviewer looks at first.

    FrameRefusedError where the box lies outside the frame.
    """
    height, width = image.shape[:2]
    margin = round(_SURROUND * (box.bottom - box.top)) + 4
    left, top = max(0, box.left - margin), max(0, box.top - margin)
    cut = image[top : min(height, box.bottom + margin), left : min(width, box.right + margin)]
    return jpeg_of(cut)


def jpeg_of(image: NDArray[np.uint8]) -> bytes:
    """The picture as JPEG; FrameRefusedError where there is nothing to see."""
    if image.size == 0:
        raise FrameRefusedError("the box lies outside the frame: give the frame in which the text was seen")
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()

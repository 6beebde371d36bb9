"""Strokes: thin marks that stand out from what surrounds them, bright on dark and dark on bright alike."""

import cv2
import numpy as np
from numpy.typing import NDArray


def strokes_of(image: NDArray[np.uint8], widest_px: int) -> NDArray[np.uint8]:
    """How much each pixel of a BGR picture stands out, where what stands out is thinner than `widest_px`."""
    return strokes_in(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8), widest_px)


def strokes_in(grey: NDArray[np.uint8], widest_px: int) -> NDArray[np.uint8]:
    """The same of a picture in shades of grey."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (widest_px, widest_px))
    bright = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    dark = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel)
    return np.asarray(cv2.max(bright, dark), dtype=np.uint8)

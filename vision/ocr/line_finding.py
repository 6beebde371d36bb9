"""Finds lines in a frame or in parts of it, whole: where a part cuts one off the whole frame is looked at."""

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from vision.boxes import within
from vision.ocr.motion_blur import Smear, sharpened
from vision.ocr.requests import Answers, ReadRequest, RequestKind
from vision.types import Box, Place

_EDGE_PX = 3

Found = tuple[list[Place], tuple[Box, ...]]


def find_lines(
    image: NDArray[np.uint8], regions: Sequence[Box], side_px: int, smear: Smear
) -> Generator[ReadRequest, Answers, list[Place]]:
    """The lines in these regions, or in the whole frame; its longer side is looked at as so many pixels."""
    height, width = image.shape[:2]
    parts = regions or (Box(left=0, top=0, right=width, bottom=height),)
    cuts = [sharpened(image[part.top : part.bottom, part.left : part.right], smear) for part in parts]
    scale = min(1.0, side_px / max(width, height))
    found = yield ReadRequest(kind=RequestKind.FIND, pictures=cuts, scales=(scale,) * len(cuts))
    return [
        place.moved(part.left, part.top)
        for part, places in zip(parts, found, strict=True)
        if isinstance(places, tuple)
        for place in places
    ]


def find_whole_lines(
    image: NDArray[np.uint8], regions: Sequence[Box], side_px: int, smear: Smear, *, with_cut: bool = False
) -> Generator[ReadRequest, Answers, Found]:
    """The lines in these regions, or in the whole frame where a region cut one; and which parts were looked at.

    No region among these means that the whole frame was. `with_cut` takes cut lines as they are.
    """
    size = (image.shape[1], image.shape[0])
    places = yield from find_lines(image, regions, side_px, smear)
    if with_cut or not any(_is_cut_by(place.box(*size), regions, size) for place in places):
        return places, tuple(regions)
    places = yield from find_lines(image, (), side_px, smear)
    return places, ()


def _is_cut_by(box: Box, regions: Sequence[Box], size: tuple[int, int]) -> bool:
    return any(within(box, region) and is_cut(box, region, size) for region in regions)


def is_cut(box: Box, region: Box, size: tuple[int, int], edge_px: int = _EDGE_PX) -> bool:
    """Whether a line found in a region of a picture of this size may go on outside it."""
    width, height = size
    return (
        (region.left > 0 and box.left <= region.left + edge_px)
        or (region.top > 0 and box.top <= region.top + edge_px)
        or (region.right < width and box.right >= region.right - edge_px)
        or (region.bottom < height and box.bottom >= region.bottom - edge_px)
    )

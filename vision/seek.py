"""Finds lines in a frame or in parts of it, whole: what a part cuts off is looked for along its row or column."""

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from vision.asking import Answers, Ask, Kind
from vision.places import join_boxes, overlap, within
from vision.smear import Smear, sharpened
from vision.types import Box, Place

_EDGE_PX = 3
_AROUND_HEIGHTS = 2
# Parts that are larger together cost as much as the whole frame does.
_MOST_SHARE = 0.5

Found = tuple[list[Place], tuple[Box, ...]]


def find_lines(
    image: NDArray[np.uint8], regions: Sequence[Box], side_px: int, smear: Smear
) -> Generator[Ask, Answers, list[Place]]:
    """The lines in these regions, or in the whole frame; its longer side is looked at as so many pixels."""
    height, width = image.shape[:2]
    parts = regions or (Box(left=0, top=0, right=width, bottom=height),)
    cuts = [sharpened(image[part.top : part.bottom, part.left : part.right], smear) for part in parts]
    scale = min(1.0, side_px / max(width, height))
    found = yield Ask(kind=Kind.FIND, pictures=cuts, scales=(scale,) * len(cuts))
    return [
        place.moved(part.left, part.top)
        for part, places in zip(parts, found, strict=True)
        if isinstance(places, tuple)
        for place in places
    ]


def find_whole_lines(
    image: NDArray[np.uint8], regions: Sequence[Box], side_px: int, smear: Smear, *, with_cut: bool = False
) -> Generator[Ask, Answers, Found]:
    """The lines in these regions, those that a region cut found again as wholes, and which parts were looked at.

    No region among these means that the whole frame was. `with_cut` takes cut lines as they are.
    """
    size = (image.shape[1], image.shape[0])
    places = yield from find_lines(image, regions, side_px, smear)
    cut = [place for place in places if _is_cut_by(place.box(*size), regions, size)]
    if with_cut or not cut:
        return places, tuple(regions)
    strips = join_boxes([_along(place.box(*size), size) for place in cut])
    if sum(strip.area for strip in strips) > _MOST_SHARE * size[0] * size[1]:
        places = yield from find_lines(image, (), side_px, smear)
        return places, ()
    whole = [place for place in places if not any(place is each for each in cut)]
    boxes = [place.box(*size) for place in whole]
    again = yield from find_lines(image, strips, side_px, smear)
    gaps = [place.box(*size) for place in cut]
    for place in again:
        box = place.box(*size)
        if any(overlap(box, gap) for gap in gaps) and not any(overlap(box, known) for known in boxes):
            whole.append(place)
            boxes.append(box)
    return whole, (*regions, *(box for box in boxes if any(overlap(box, gap) for gap in gaps)))


def _is_cut_by(box: Box, regions: Sequence[Box], size: tuple[int, int]) -> bool:
    return any(within(box, region) and is_cut(box, region, size) for region in regions)


def _along(box: Box, size: tuple[int, int]) -> Box:
    """The row or column of the frame in which the line stands, with room around it."""
    width, height = size
    if box.width >= box.height:
        more = _AROUND_HEIGHTS * box.height
        return Box(left=0, top=max(0, box.top - more), right=width, bottom=min(height, box.bottom + more))
    more = _AROUND_HEIGHTS * box.width
    return Box(left=max(0, box.left - more), top=0, right=min(width, box.right + more), bottom=height)


def is_cut(box: Box, region: Box, size: tuple[int, int], edge_px: int = _EDGE_PX) -> bool:
    """Whether a line found in a region of a picture of this size may go on outside it."""
    width, height = size
    return (
        (region.left > 0 and box.left <= region.left + edge_px)
        or (region.top > 0 and box.top <= region.top + edge_px)
        or (region.right < width and box.right >= region.right - edge_px)
        or (region.bottom < height and box.bottom >= region.bottom - edge_px)
    )

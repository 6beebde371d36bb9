"""Finds passports' products in a frame by their reference pictures: corners, geometry, then colour.

Counts of matching corners alone mislead, since labels share words and a card repeats them: what counts is that the
matches lie on one flat view of the picture, spread over it, in a shape that a camera could see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.products.reference import Image, Reference, colours_of
from vision.types import Box

_FEATURES, _FINE_FEATURES = 1_800, 2_500
_TRIED_PER_KEPT = 4
_CELLS = 8
_STRONGEST, _LEAST_STRONG = 200, 1
_RATIO = 0.8
_LEAST_INLIERS = 12
_CLEAR_INLIERS = 30
_REPROJECTION_PX = 5.0
_TRIES = 3
_LEAST_SPREAD, _LEAST_SPAN = 0.1, 0.25
_LEAST_COLOUR = 0.3
# Packs that share words with the one sought reach 0.47 of its colours, the pack itself mostly more than this: then
# fewer corners, or corners of one part alone, are enough.
_SURE_COLOUR, _LEAST_SURE_INLIERS = 0.65, 8
_LEAST_AREA, _MOST_AREA = 0.002, 1.5
_OPPOSITE, _ASPECT = 2.5, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductMatch:
    """A product found in a frame; `clarity` in [0, 1] says how surely, `box` where, `inliers` and `colour` why."""

    product_id: str
    box: Box
    clarity: float
    inliers: int
    colour: float


class ProductSight(Protocol):
    """Finds products in one frame (BGR, uint8)."""

    def find(self, image: Image) -> tuple[ProductMatch, ...]:
        """At most one place for each product, the clearest."""
        ...


class PictureFinder:
    """Finds products by the corners of their reference pictures."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = tuple(references)
        self._coarse = cv2.ORB.create(_FEATURES * _TRIED_PER_KEPT)
        self._fine = cv2.ORB.create(_FINE_FEATURES * _TRIED_PER_KEPT)
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING)

    def find(self, image: Image, *, fine: bool = False, only: frozenset[str] | None = None) -> tuple[ProductMatch, ...]:
        """The products in the frame; `fine` looks at twice the size, for small ones; `only` looks for these."""
        if not self._references or min(image.shape[:2]) < 64:
            return ()
        scale = 2 if fine else 1
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        if fine:
            grey = cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        orb = self._fine if fine else self._coarse
        corners = _spread_out(orb.detect(grey), grey.shape, _FINE_FEATURES if fine else _FEATURES)
        kept, descriptors = orb.compute(grey, corners)
        if descriptors is None or len(kept) < _LEAST_INLIERS:
            return ()
        points = np.asarray([corner.pt for corner in kept], dtype=np.float32) / np.float32(scale)
        found = [
            seen
            for reference in self._references
            if (only is None or reference.product_id in only)
            and (seen := self._find_one(reference, image, points, np.asarray(descriptors, np.uint8))) is not None
        ]
        return _clearest(found)

    def _find_one(
        self, reference: Reference, image: Image, points: NDArray[np.float32], descriptors: Image
    ) -> ProductMatch | None:
        # Comparing is the dearest part: of a picture whose strongest corners meet nothing alike the rest is left out.
        alike = self._alike(reference.descriptors[:_STRONGEST], descriptors)
        if len(alike) < _LEAST_STRONG:
            return None
        alike += [(row + _STRONGEST, at) for row, at in self._alike(reference.descriptors[_STRONGEST:], descriptors)]
        known = reference.points[[row for row, _ in alike]]
        shown = points[[at for _, at in alike]]
        for _ in range(_TRIES):
            if len(known) < _LEAST_SURE_INLIERS:
                return None
            found, inside = cv2.findHomography(known, shown, cv2.USAC_MAGSAC, _REPROJECTION_PX, maxIters=600)
            if found is None:
                return None
            view = np.asarray(found, dtype=np.float64)
            inliers = inside.ravel() > 0
            count = int(inliers.sum())
            if count < _LEAST_SURE_INLIERS:
                return None
            box = _plausible_box(reference, view, image)
            is_spread, are_many = _is_spread(known[inliers], reference.points), count >= _LEAST_INLIERS
            if box is not None and (is_spread or are_many):
                seen = _judged(reference, view, image, box, count)
                if seen is not None and ((is_spread and are_many) or seen.colour >= _SURE_COLOUR):
                    return seen
                if is_spread and are_many:
                    return None
            known, shown = known[~inliers], shown[~inliers]
        return None

    def _alike(self, known: Image, shown: Image) -> list[tuple[int, int]]:
        """Which corners (by their rows) are clearly the most alike."""
        pairs = self._matcher.knnMatch(known, shown, k=2) if len(known) else ()
        return [
            (pair[0].queryIdx, pair[0].trainIdx)
            for pair in pairs
            if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance
        ]


def _spread_out(corners: Sequence[cv2.KeyPoint], shape: tuple[int, ...], most: int) -> list[cv2.KeyPoint]:
    """The strongest corners of each part of the frame: bold captions would take all of them otherwise."""
    if len(corners) <= most:
        return list(corners)
    high, wide = shape[:2]
    strength = np.asarray([corner.response for corner in corners])
    places = np.asarray([corner.pt for corner in corners])
    cells = (places[:, 1] * _CELLS // high).astype(int) * _CELLS + (places[:, 0] * _CELLS // wide).astype(int)
    order = np.argsort(-strength, kind="stable")
    sorted_cells = cells[order]
    by_cell = np.argsort(sorted_cells, kind="stable")
    starts = np.searchsorted(sorted_cells[by_cell], sorted_cells[by_cell])
    rank = np.empty(len(order), int)
    rank[by_cell] = np.arange(len(order)) - starts
    kept = order[np.argsort(rank, kind="stable")[:most]]
    return [corners[index] for index in kept]


def _judged(
    reference: Reference, view: NDArray[np.float64], image: Image, box: Box, inliers: int
) -> ProductMatch | None:
    size = (reference.image.shape[1], reference.image.shape[0])
    flat = cv2.warpPerspective(image, np.linalg.inv(view), size, flags=cv2.INTER_AREA)
    inside = cv2.warpPerspective(np.full(image.shape[:2], 255, np.uint8), np.linalg.inv(view), size)
    colours = colours_of(np.asarray(flat, np.uint8), np.asarray(cv2.bitwise_and(reference.mask, inside), np.uint8))
    colour = float(np.minimum(colours, reference.colours).sum())
    if colour < _LEAST_COLOUR:
        return None
    clarity = min(1.0, (inliers / _CLEAR_INLIERS) ** 0.5) * (0.3 + 0.7 * colour)
    return ProductMatch(
        product_id=reference.product_id,
        box=box,
        clarity=round(clarity, 3),
        inliers=inliers,
        colour=round(colour, 3),
    )


def _plausible_box(reference: Reference, view: NDArray[np.float64], image: Image) -> Box | None:
    """Where the picture lies in the frame; None if no camera could see it so."""
    high, wide = reference.image.shape[:2]
    edges = np.asarray([[[0, 0]], [[wide, 0]], [[wide, high]], [[0, high]]], np.float32)
    corners = cv2.perspectiveTransform(edges, view).reshape(-1, 2)
    if not np.isfinite(corners).all() or not cv2.isContourConvex(corners.astype(np.float32)):
        return None
    around = np.roll(corners, -1, axis=0)
    area = float((corners[:, 0] * around[:, 1] - around[:, 0] * corners[:, 1]).sum() / 2)
    frame_area = image.shape[0] * image.shape[1]
    if not _LEAST_AREA * frame_area <= area <= _MOST_AREA * frame_area:
        return None
    top, right, bottom, left = (float(np.hypot(*side)) for side in around - corners)
    if max(top / bottom, bottom / top, left / right, right / left) > _OPPOSITE:
        return None
    stretch = ((top + bottom) / wide) / ((left + right) / high)
    if not 1 / _ASPECT <= stretch <= _ASPECT:
        return None
    middle = corners.mean(axis=0)
    if not (0 <= middle[0] < image.shape[1] and 0 <= middle[1] < image.shape[0]):
        return None
    low, far = corners.min(axis=0), corners.max(axis=0)
    return Box(
        left=max(0, round(float(low[0]))),
        top=max(0, round(float(low[1]))),
        right=min(image.shape[1], round(float(far[0]))),
        bottom=min(image.shape[0], round(float(far[1]))),
    )


def _is_spread(inliers: NDArray[np.float32], all_points: NDArray[np.float32]) -> bool:
    """Whether the matching corners lie all over the picture, not along one line of words that others print too."""
    spans = np.ptp(inliers, axis=0) / np.maximum(1.0, np.ptp(all_points, axis=0))
    hull, whole = cv2.contourArea(cv2.convexHull(inliers)), cv2.contourArea(cv2.convexHull(all_points))
    return bool(spans.min() >= _LEAST_SPAN and hull >= _LEAST_SPREAD * max(1.0, whole))


def _clearest(found: Sequence[ProductMatch]) -> tuple[ProductMatch, ...]:
    """One place for each product; of two products in one place, such as two flavours, the clearer."""
    kept: list[ProductMatch] = []
    for seen in sorted(found, key=lambda s: (-s.inliers * s.colour**2, s.product_id)):
        if not any(other.product_id == seen.product_id or _same_place(other.box, seen.box) for other in kept):
            kept.append(seen)
    return tuple(kept)


def _same_place(one: Box, other: Box) -> bool:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width > 0 and height > 0 and 2 * width * height >= min(one.area, other.area)

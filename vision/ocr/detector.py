"""Finds where lines of text stand in a picture: differentiable binarisation (DB, arXiv 1911.08947)."""

from collections import defaultdict
from collections.abc import Sequence
from math import prod

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.ocr.columns import join_columns, join_rows
from vision.ocr.onnx import Model
from vision.types import Place

_STRIDE_PX = 32
_INK = 0.2
_LINE_SCORE = 0.4
_GROWTH = 1.5
_THINNEST_PX = 3
_MOST_LINES = 120
_LARGE = 3
_MEAN = (0.485, 0.456, 0.406)
_SPREAD = (0.229, 0.224, 0.225)


class Detector:
    """Finds lines; pictures whose shrunken sizes are the same go through the model together."""

    def __init__(self, model: Model) -> None:
        self._model = model
        # Fresh memory for a whole frame costs as much as filling it.
        self._batch = np.empty(0, np.float32)

    def find(self, images: Sequence[NDArray[np.uint8]], scales: Sequence[float]) -> list[tuple[Place, ...]]:
        """The places in each picture (BGR), top to bottom, with each picture looked at in its own scale (at most 1)."""
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        sizes = [_model_size(image, scale) for image, scale in zip(images, scales, strict=True)]
        for index, size in enumerate(sizes):
            groups[size].append(index)
        found: list[tuple[Place, ...]] = [()] * len(images)
        for size, members in groups.items():
            batch = self._room_for(len(members), size)
            for planes, index in zip(batch, members, strict=True):
                _put(images[index], planes)
            maps = self._model.run(batch)
            for index, ink in zip(members, maps[:, 0], strict=True):
                found[index] = _places(ink, images[index].shape[1], images[index].shape[0])
        return found

    def _room_for(self, count: int, size: tuple[int, int]) -> NDArray[np.float32]:
        """Memory for so many pictures of this width and height, used again at the next call."""
        shape = (count, 3, size[1], size[0])
        if self._batch.size < prod(shape):
            self._batch = np.empty(prod(shape), np.float32)
        return self._batch[: prod(shape)].reshape(shape)


def _model_size(image: NDArray[np.uint8], scale: float) -> tuple[int, int]:
    """Width and height in the model, whole strides."""
    height, width = image.shape[:2]
    return (
        max(_STRIDE_PX, round(width * scale / _STRIDE_PX) * _STRIDE_PX),
        max(_STRIDE_PX, round(height * scale / _STRIDE_PX) * _STRIDE_PX),
    )


def _put(image: NDArray[np.uint8], planes: NDArray[np.float32]) -> None:
    """Writes the picture into three planes, as large as they are, as the model takes it."""
    small = _resized(image, planes.shape[2], planes.shape[1])
    for plane, colour, mean, spread in zip(planes, cv2.split(small), _MEAN, _SPREAD, strict=True):
        np.copyto(plane, colour)
        plane *= np.float32(1 / (255 * spread))
        plane -= np.float32(mean / spread)


def _resized(image: NDArray[np.uint8], wide: int, high: int) -> NDArray[np.uint8]:
    """The picture at this size; a large one is shrunk by a whole factor first, which costs a tenth of a broken one."""
    factor = min(image.shape[1] // wide, image.shape[0] // high)
    if factor >= _LARGE:
        rows, columns = image.shape[0] // factor, image.shape[1] // factor
        whole = image[: rows * factor, : columns * factor]
        image = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
        return np.asarray(cv2.resize(image, (wide, high), interpolation=cv2.INTER_CUBIC), np.uint8)
    shrinks = wide < image.shape[1]
    small = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(small, np.uint8)


def _places(ink: NDArray[np.float32], width: int, height: int) -> tuple[Place, ...]:
    found, _ = cv2.findContours((ink > _INK).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    stretch = np.array([width / ink.shape[1], height / ink.shape[0]], np.float32)
    places = []
    for contour in sorted(found, key=len, reverse=True)[:_MOST_LINES]:
        (x, y), (long, thick), angle = cv2.minAreaRect(contour)
        if min(long, thick) < _THINNEST_PX:
            continue
        score = _mean_inside(ink, np.asarray(contour, dtype=np.int32))
        if score < _LINE_SCORE:
            continue
        # The model marks the middle of a line; the line itself reaches further on all sides alike.
        reach = 2 * _GROWTH * long * thick / (2 * (long + thick))
        corners = cv2.boxPoints(((x, y), (long + reach, thick + reach), angle)) * stretch
        places.append(Place(corners=_in_reading_order(corners.astype(np.float32)), score=score))
    return tuple(
        sorted(
            join_columns(join_rows(places)), key=lambda place: (float(place.corners[0, 1]), float(place.corners[0, 0]))
        )
    )


def _mean_inside(ink: NDArray[np.float32], contour: NDArray[np.int32]) -> float:
    left, top, wide, high = cv2.boundingRect(contour)
    mask = np.zeros((high, wide), np.uint8)
    cv2.drawContours(mask, [contour - np.array([left, top])], -1, 1, -1)
    return float(cv2.mean(ink[top : top + high, left : left + wide], mask)[0])


def _in_reading_order(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.stack([top_left, top_right, bottom_right, bottom_left])

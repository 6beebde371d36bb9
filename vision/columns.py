"""Joins what detection gave in pieces: characters under one another into a column, parts of a row into the row."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vision.types import Place

_SQUARE = 0.7
_IN_LINE = 0.35
_GAP = 1.2
_COLUMN = 2.4
_AS_HIGH = (0.7, 1.45)
_AS_TILTED = 0.99
_ROW_OVERLAP = 0.8
# Places come grown by a quarter of their height on all sides.
_ROW_GAP = 0.35
_ROW_ASIDE = 0.25


def join_columns(places: Sequence[Place]) -> list[Place]:
    """The places with those made one that form a column: none is wider than high, all in line, close to each other.

    Detection was taught rows; of a column set with air between its characters it often gives each one by itself.
    """
    shaped = [(place, _edges(place)) for place in places]
    upright = sorted((each for each in shaped if each[1][3] >= _SQUARE * each[1][2]), key=lambda each: each[1][1])
    joined = [place for place, (_, _, wide, high) in shaped if high < _SQUARE * wide]
    while upright:
        column = [upright.pop(0)]
        for each in list(upright):
            if _goes_on(column[-1][1], each[1]):
                column.append(each)
                upright.remove(each)
        joined += _as_one(column)
    return joined


def join_rows(places: Sequence[Place]) -> list[Place]:
    """The places with those made one that go on from each other: as high and tilted, less than a letter between."""
    waiting = sorted(places, key=lambda place: float(place.corners[:, 0].min()))
    joined: list[Place] = []
    while waiting:
        row = waiting.pop(0)
        while (following := next((other for other in waiting if _follows(row, other)), None)) is not None:
            waiting.remove(following)
            # The outer corners of the two; a row keeps its tilt.
            corners = np.stack(
                [row.corners[0], following.corners[1], following.corners[2], row.corners[3]],
            )
            row = Place(corners=corners, score=(row.score + following.score) / 2)
        joined.append(row)
    return joined


def _follows(row: Place, other: Place) -> bool:
    along, high = _direction(row)
    other_along, other_high = _direction(other)
    if not _AS_HIGH[0] <= other_high / high <= _AS_HIGH[1] or float(along @ other_along) < _AS_TILTED:
        return False
    across = np.array([-along[1], along[0]])
    gap = float((_middle(other.corners[[0, 3]]) - _middle(row.corners[[1, 2]])) @ along)
    aside = abs(float((_middle(other.corners[[0, 3]]) - _middle(row.corners[[1, 2]])) @ across))
    return -_ROW_OVERLAP * high <= gap <= _ROW_GAP * high and aside <= _ROW_ASIDE * high


def _direction(place: Place) -> tuple[NDArray[np.float64], float]:
    """Along which the line runs (unit vector), and how high it is."""
    run = _middle(place.corners[[1, 2]]) - _middle(place.corners[[0, 3]])
    rise = _middle(place.corners[[2, 3]]) - _middle(place.corners[[0, 1]])
    length = max(1e-6, float(np.hypot(*run)))
    return run / length, max(1.0, float(np.hypot(*rise)))


def _middle(corners: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(corners.mean(axis=0), np.float64)


_Edges = tuple[float, float, float, float]


def _edges(place: Place) -> _Edges:
    """Middle across, top, width and height of the upright box around it."""
    left, top = place.corners.min(axis=0)
    right, bottom = place.corners.max(axis=0)
    return float(left + right) / 2, float(top), max(1.0, float(right - left)), max(1.0, float(bottom - top))


def _goes_on(above: _Edges, below: _Edges) -> bool:
    wide = max(above[2], below[2])
    gap = below[1] - (above[1] + above[3])
    return abs(above[0] - below[0]) <= _IN_LINE * wide and -0.5 * wide <= gap <= _GAP * wide


def _as_one(column: Sequence[tuple[Place, _Edges]]) -> list[Place]:
    if len(column) == 1:
        return [column[0][0]]
    corners = np.concatenate([place.corners for place, _ in column])
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    if bottom - top < _COLUMN * (right - left) and not all(
        lower[1] - (upper[1] + upper[3]) < 0.3 * upper[2] for (_, upper), (_, lower) in pairwise(column)
    ):
        return [place for place, _ in column]
    return [
        Place(
            corners=np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32),
            score=float(np.mean([place.score for place, _ in column])),
        )
    ]

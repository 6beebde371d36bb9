"""Joins what detection gave in pieces: characters under one another into a column, parts of a row into the row."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

import numpy as np

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A level or tilted line: along which it runs (unit vector), how high it is, the middles of its two ends."""

    place: Place
    along: tuple[float, float]
    high: float
    start: tuple[float, float]
    end: tuple[float, float]


def join_rows(places: Sequence[Place]) -> list[Place]:
    """The places with those made one that go on from each other: as high and tilted, less than a letter between."""
    waiting = [_row(place) for place in sorted(places, key=lambda place: float(place.corners[:, 0].min()))]
    joined: list[Place] = []
    while waiting:
        row = waiting.pop(0)
        while (following := next((other for other in waiting if _follows(row, other)), None)) is not None:
            waiting.remove(following)
            # The outer corners of the two; a row keeps its tilt.
            ends, more = row.place.corners, following.place.corners
            corners = np.stack([ends[0], more[1], more[2], ends[3]])
            row = _row(Place(corners=corners, score=(row.place.score + following.place.score) / 2))
        joined.append(row.place)
    return joined


def _row(place: Place) -> _Row:
    (left, top), (right, over), (far, under), (near, below) = place.corners.tolist()
    start, end = ((left + near) / 2, (top + below) / 2), ((right + far) / 2, (over + under) / 2)
    run = (end[0] - start[0], end[1] - start[1])
    length = max(1e-6, hypot(*run))
    high = hypot((far + near - left - right) / 2, (under + below - top - over) / 2)
    return _Row(place=place, along=(run[0] / length, run[1] / length), high=max(1.0, high), start=start, end=end)


def _follows(row: _Row, other: _Row) -> bool:
    (x, y), (u, v) = row.along, other.along
    if not _AS_HIGH[0] <= other.high / row.high <= _AS_HIGH[1] or x * u + y * v < _AS_TILTED:
        return False
    dx, dy = other.start[0] - row.end[0], other.start[1] - row.end[1]
    gap, aside = dx * x + dy * y, abs(dy * x - dx * y)
    return -_ROW_OVERLAP * row.high <= gap <= _ROW_GAP * row.high and aside <= _ROW_ASIDE * row.high


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

"""Pictures of figures over time as shapes of an SVG: places along in per cent of its width, heights in its pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# The plot lies between these heights of a picture of 150 pixels; below it stand the days.
TOP, BOTTOM = 12.0, 122.0
_MOST_LABELS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A bar from the ground up."""

    at: float
    width: float
    top: float
    height: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value with the interval around it, and its place along."""

    at: float
    y: float
    low_y: float
    high_y: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn. `lines`: from point to point, `(x1, y1, x2, y2)`. `most`: what the top of the plot stands for."""

    columns: tuple[Column, ...] = ()
    points: tuple[Point, ...] = ()
    lines: tuple[tuple[float, float, float, float], ...] = ()
    labels: tuple[tuple[float, str], ...] = ()
    most: float = 1.0


def bars(values: Sequence[float | None], labels: Sequence[str], days: Sequence[str]) -> Picture:
    """A bar for each period; None draws none."""
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    step = 100 / max(1, len(values))
    columns = tuple(
        Column(
            at=round((number + 0.15) * step, 3),
            width=round(0.7 * step, 3),
            top=round(_y(value / most), 2),
            height=round(BOTTOM - _y(value / most), 2),
            label=labels[number],
        )
        for number, value in enumerate(values)
        if value is not None
    )
    return Picture(columns=columns, labels=_labels(days), most=most)


def shares(values: Sequence[tuple[float, float, float] | None], labels: Sequence[str], days: Sequence[str]) -> Picture:
    """A point for each period at its share, within the interval `(share, low, high)`; None draws none."""
    step = 100 / max(1, len(values))
    points = tuple(
        Point(
            at=round((number + 0.5) * step, 3),
            y=round(_y(value[0]), 2),
            low_y=round(_y(value[1]), 2),
            high_y=round(_y(value[2]), 2),
            label=labels[number],
        )
        for number, value in enumerate(values)
        if value is not None
    )
    lines = tuple((one.at, one.y, other.at, other.y) for one, other in pairwise(points))
    return Picture(points=points, lines=lines, labels=_labels(days))


def _y(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * share


def _labels(days: Sequence[str]) -> tuple[tuple[float, str], ...]:
    step = 100 / max(1, len(days))
    every = max(1, -(-len(days) // _MOST_LABELS))
    return tuple((round((number + 0.5) * step, 3), days[number]) for number in range(0, len(days), every))

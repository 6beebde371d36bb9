"""Reads a long answer page by page, each behind the last row of the one before."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Row = TypeVar("Row")
Place = TypeVar("Place")

_BATCH = 1000


def read_through(
    read: Callable[[Place | None, int], Sequence[Row]],
    place_of: Callable[[Row], Place],
    *,
    begin: Place | None,
    most: int,
) -> Iterator[Row]:
    """At most so many rows, in the order of `read`, which gives those behind a place; read as they are taken."""
    left, place = most, begin
    while left > 0:
        asked = min(_BATCH, left)
        page = read(place, asked)
        yield from page
        if len(page) < asked:
            return
        left, place = left - len(page), place_of(page[-1])

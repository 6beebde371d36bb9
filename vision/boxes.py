"""Compares boxes: whether a line stands where another stood, or rose from there."""

from collections.abc import Sequence
from dataclasses import dataclass

from vision.types import Box

_OVERLAP = 0.5
_RISE_HEIGHTS = 8
_AS_THICK = (0.6, 1.5)
_SHORTER = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A line that was seen again, higher or lower on the screen."""

    text: str
    before: Box
    after: Box

    @property
    def is_upward(self) -> bool:
        """Whether it rose."""
        return self.after.top < self.before.top


def overlap(one: Box, other: Box, *, grown: bool = False) -> bool:
    """Whether the boxes share half of the smaller; `grown` lets a text drift by its own height between two reads."""
    reach = min(max(one.height, other.height), max(one.width, other.width)) if grown else 0
    width = min(one.right, other.right) - max(one.left, other.left) + reach
    height = min(one.bottom, other.bottom) - max(one.top, other.top) + reach
    if width <= 0 or height <= 0:
        return False
    return width * height >= _OVERLAP * min(one.area, other.area)


def coincide(one: Box, other: Box) -> bool:
    """Whether the boxes share half of the larger: a speck within a line is not the line."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return width > 0 and height > 0 and width * height >= _OVERLAP * max(one.area, other.area)


def is_piece(box: Box, whole: Box) -> bool:
    """Whether the box is a part of a level line or a column: as thick, within its length, and clearly shorter."""
    if (box.width >= box.height) != (whole.width >= whole.height):
        box_thick, thick = box.width, min(whole.width, whole.height)
        if max(box.width, box.height) > 2 * thick:
            return False
    else:
        box_thick, thick = min(box.width, box.height), min(whole.width, whole.height)
    long, longer = max(box.width, box.height), max(whole.width, whole.height)
    slack = thick // 2
    inside = (
        whole.left - slack <= box.left
        and box.right <= whole.right + slack
        and whole.top - slack <= box.top
        and box.bottom <= whole.bottom + slack
    )
    return inside and _AS_THICK[0] * thick <= box_thick <= _AS_THICK[1] * thick and long <= _SHORTER * longer


def moved_up(before: Box, after: Box) -> bool:
    """Whether a line rose by up to eight of its heights and kept its left edge and its length, as comments do."""
    high = max(1, before.height)
    rise = before.top - after.top
    return (
        high / 3 <= rise <= _RISE_HEIGHTS * high
        and abs(before.left - after.left) <= high / 2
        and abs(before.width - after.width) <= high
    )


def has_moved(before: Box, after: Box) -> bool:
    """Whether a line is a good part of its height above or below where it was, with its left edge in line."""
    high = max(1, before.height)
    return abs(before.top - after.top) >= high / 3 and abs(before.left - after.left) <= high / 2


def within(box: Box, area: Box) -> bool:
    """Whether the middle of the box lies in the area."""
    x, y = (box.left + box.right) // 2, (box.top + box.bottom) // 2
    return area.left <= x < area.right and area.top <= y < area.bottom


def join_boxes(boxes: Sequence[Box]) -> list[Box]:
    """The boxes with those that touch made one, until none touch."""
    apart: list[Box] = []
    for box in boxes:
        whole = box
        while touching := [other for other in apart if _touch(whole, other)]:
            apart = [other for other in apart if other not in touching]
            parts = (whole, *touching)
            whole = Box(
                left=min(part.left for part in parts),
                top=min(part.top for part in parts),
                right=max(part.right for part in parts),
                bottom=max(part.bottom for part in parts),
            )
        apart.append(whole)
    return apart


def _touch(one: Box, other: Box) -> bool:
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom

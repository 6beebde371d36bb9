"""Tells where a frame's text differs from what was read there last, so that only that is read.

Only strokes are compared: thin marks that stand out from what surrounds them. A drifting background has few, so it
does not count as change; whole-frame differences would measure nothing but motion.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.boxes import join_boxes, within
from vision.ocr.strokes import strokes_in
from vision.types import Box

HEARTBEAT_MS = 3_900
QUIET_HEARTBEAT_MS = 1_900

_WORK_SIDE_PX = 640
_STROKE_PX = 9
_STROKE_CONTRAST = 40
_CELL_PX = 12
_CELL_SHARE = 0.14
_RUN_CELLS = 3
_SHIFT_PX = 4
_SAME_CORRELATION = 0.8
_MARGIN_PX = 6
# A line goes on to its sides, where its strokes may be too faint to show.
_MARGIN_ACROSS_PX = 36
_MARGIN_DOWN_PX = 18
_CLUTTER_READS = 10
_WHOLE_SHARE = 0.6
_MOST_REGIONS = 6
_NEAR = np.ones((3, 3), np.uint8)


class ReadReason(StrEnum):
    """Why a frame, or a part of it, is read."""

    FIRST = "first"
    HEARTBEAT = "heartbeat"
    CHANGED = "changed"
    APPEARED = "appeared"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrokeMap:
    """Where a frame has strokes: uint8, at most 640 on its longer side; `scale` takes full-size pixels to the map's.

    `lasting` are the strokes that stood in the frame before as well, all of them where there was none.
    """

    strokes: NDArray[np.uint8]
    scale: float
    lasting: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """What was read last, part by part: when the whole was, its strokes, where its lines stood, in full-size pixels.

    `clutter` counts down, for each cell of the map, the reads for which strokes there are known to be no text:
    a face that blinks or a pattern that moves is looked at once, not each time. `lasting` is the same for strokes that
    stand still: while the camera moves nearly all is clutter, and what stands still is text.
    """

    whole_at_ms: int
    quiet_at_ms: int
    map: StrokeMap
    boxes: tuple[Box, ...]
    clutter: NDArray[np.uint8]
    lasting: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """Where to read and why; no regions means the whole frame. `with_quiet` when the quiet parts are among them."""

    reason: ReadReason
    regions: tuple[Box, ...] = ()
    with_quiet: bool = False


def stroke_map(image: NDArray[np.uint8], before: StrokeMap | None = None) -> StrokeMap:
    """The strokes of a BGR frame, bright on dark and dark on bright alike; `before` is the map of an earlier frame."""
    scale = min(1.0, _WORK_SIDE_PX / max(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    strokes = strokes_in(small, _STROKE_PX)
    lasting = strokes
    if before is not None and before.strokes.shape == strokes.shape:
        lasting = np.asarray(cv2.min(cv2.dilate(before.strokes, _NEAR), strokes), dtype=np.uint8)
    return StrokeMap(strokes=strokes, scale=scale, lasting=lasting)


def note_read(last: LastRead | None, seen: StrokeMap, at_ms: int, boxes: Sequence[Box], look: ReadPlan) -> LastRead:
    """What to remember now that `look` was followed, with the boxes of all lines that are known to stand."""
    known_boxes = [_scaled(box, seen) for box in boxes]
    clutter = _stroked_cells(seen.strokes, known_boxes) * np.uint8(_CLUTTER_READS)
    lasting = _stroked_cells(seen.lasting, known_boxes) * np.uint8(_CLUTTER_READS)
    if last is None or not look.regions or last.map.strokes.shape != seen.strokes.shape:
        if last is not None and last.clutter.shape == clutter.shape:
            clutter = np.maximum(clutter, last.clutter - (last.clutter > 0))
            lasting = np.maximum(lasting, last.lasting - (last.lasting > 0))
        return LastRead(
            whole_at_ms=at_ms, quiet_at_ms=at_ms, map=seen, boxes=tuple(boxes), clutter=clutter, lasting=lasting
        )
    strokes, known, still = last.map.strokes.copy(), last.clutter.copy(), last.lasting.copy()
    for region in look.regions:
        part = _scaled(region, seen)
        strokes[part.top : part.bottom, part.left : part.right] = seen.strokes[
            part.top : part.bottom, part.left : part.right
        ]
        rows = slice(part.top // _CELL_PX, part.bottom // _CELL_PX + 1)
        columns = slice(part.left // _CELL_PX, part.right // _CELL_PX + 1)
        known[rows, columns] = np.maximum(known[rows, columns], clutter[rows, columns])
        still[rows, columns] = np.maximum(still[rows, columns], lasting[rows, columns])
    return LastRead(
        whole_at_ms=last.whole_at_ms,
        quiet_at_ms=at_ms if look.with_quiet else last.quiet_at_ms,
        map=StrokeMap(strokes=strokes, scale=seen.scale, lasting=seen.lasting),
        boxes=tuple(boxes),
        clutter=known,
        lasting=still,
    )


def plan_reading(
    last: LastRead | None,
    seen: StrokeMap,
    at_ms: int,
    *,
    quiet: Sequence[Box] = (),
    doubted: Sequence[Box] = (),
    size: tuple[int, int],
) -> ReadPlan | None:
    """What of this frame (`size`: its width and height) should be read, or None: its text is what was read last.

    About every four seconds a frame is read as a whole, so that what the strokes miss is late, not lost: a digit that
    gives way to one much like it (8 to 6) correlates at 0.92 and waits for that. Change within `quiet` (viewers'
    comments that scroll) makes only these be read, every two seconds. `doubted` are lines to be
    read again in any case.
    """
    if last is None or last.map.strokes.shape != seen.strokes.shape:
        return ReadPlan(reason=ReadReason.FIRST)
    due = at_ms - last.whole_at_ms >= HEARTBEAT_MS or at_ms < last.whole_at_ms
    calm = [_scaled(box, seen) for box in quiet]
    boxes = [_scaled(box, seen) for box in last.boxes]
    changed = [
        box
        for box in boxes
        if not any(within(box, part) for part in calm)
        and not all(_stands(piece, last.map, seen) for piece in _pieces(box))
    ]
    changed += [_scaled(box, seen) for box in doubted]
    known = [*boxes, *calm]
    came = _came(_stroked_cells(seen.strokes, known) & (last.clutter == 0))
    came += _came(_stroked_cells(seen.lasting, known) & (last.lasting == 0))
    with_quiet = bool(calm) and at_ms - last.quiet_at_ms >= QUIET_HEARTBEAT_MS
    if not (changed or came or due or with_quiet):
        return None
    reason = ReadReason.CHANGED if changed else ReadReason.APPEARED if came else ReadReason.HEARTBEAT
    if due:
        return ReadPlan(reason=reason)
    regions = join_boxes([*(_grown(box, seen) for box in (*changed, *came)), *(calm if with_quiet else ())])
    if len(regions) > _MOST_REGIONS or sum(r.area for r in regions) > _WHOLE_SHARE * seen.strokes.size:
        return ReadPlan(reason=reason)
    full = tuple(_full_size(region, seen, size) for region in regions)
    return ReadPlan(reason=reason, regions=full, with_quiet=with_quiet)


def _grown(box: Box, on: StrokeMap) -> Box:
    height, width = on.strokes.shape
    return Box(
        left=max(0, box.left - _MARGIN_ACROSS_PX),
        top=max(0, box.top - _MARGIN_DOWN_PX),
        right=min(width, box.right + _MARGIN_ACROSS_PX),
        bottom=min(height, box.bottom + _MARGIN_DOWN_PX),
    )


def _full_size(box: Box, on: StrokeMap, size: tuple[int, int]) -> Box:
    width, height = size
    return Box(
        left=int(box.left / on.scale),
        top=int(box.top / on.scale),
        right=min(width, round(box.right / on.scale)),
        bottom=min(height, round(box.bottom / on.scale)),
    )


def _scaled(box: Box, on: StrokeMap) -> Box:
    height, width = on.strokes.shape
    return Box(
        left=max(0, int(box.left * on.scale)),
        top=max(0, int(box.top * on.scale)),
        right=min(width, round(box.right * on.scale) + 1),
        bottom=min(height, round(box.bottom * on.scale) + 1),
    )


def _pieces(box: Box) -> Iterator[Box]:
    """The line cut into parts of about a character, so that a change in one of them shows."""
    if box.height > box.width:
        for top, bottom in pairwise(_edges(box.top, box.bottom, box.width)):
            yield Box(left=box.left, top=top, right=box.right, bottom=bottom)
    else:
        for left, right in pairwise(_edges(box.left, box.right, box.height)):
            yield Box(left=left, top=box.top, right=right, bottom=box.bottom)


def _edges(start: int, stop: int, step: int) -> list[int]:
    count = max(1, round((stop - start) / max(1, step)))
    return [start + (stop - start) * index // count for index in range(count + 1)]


def _stands(piece: Box, before: StrokeMap, now: StrokeMap) -> bool:
    """Whether the same strokes stand there still, moved by a few pixels at most."""
    patch = before.strokes[piece.top : piece.bottom, piece.left : piece.right]
    if patch.size == 0 or int(patch.max()) < _STROKE_CONTRAST:
        return True
    field = now.strokes[
        max(0, piece.top - _SHIFT_PX) : piece.bottom + _SHIFT_PX,
        max(0, piece.left - _SHIFT_PX) : piece.right + _SHIFT_PX,
    ]
    likeness = float(cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED).max())
    return likeness >= _SAME_CORRELATION


def _came(came: NDArray[np.bool_]) -> list[Box]:
    """Where the cells with new strokes make a row or column as long as a word."""
    if not came.any():
        return []
    marks = came.astype(np.uint8)
    rows = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones((1, _RUN_CELLS), np.uint8), borderValue=0)
    columns = cv2.morphologyEx(marks, cv2.MORPH_OPEN, np.ones((_RUN_CELLS, 1), np.uint8), borderValue=0)
    runs = cv2.dilate(np.maximum(rows, columns), np.ones((3, 3), np.uint8))
    count, _, parts, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    return [
        Box(
            left=int(left) * _CELL_PX,
            top=int(top) * _CELL_PX,
            right=int(left + wide) * _CELL_PX,
            bottom=int(top + high) * _CELL_PX,
        )
        for left, top, wide, high, _ in parts[1:count]
    ]


def _stroked_cells(strokes: NDArray[np.uint8], known: Sequence[Box]) -> NDArray[np.bool_]:
    """The cells with strokes in them outside the lines known."""
    _, marks = cv2.threshold(strokes, _STROKE_CONTRAST - 1, 255, cv2.THRESH_BINARY)
    for box in known:
        marks[
            max(0, box.top - _MARGIN_PX) : box.bottom + _MARGIN_PX,
            max(0, box.left - _MARGIN_PX) : box.right + _MARGIN_PX,
        ] = 0
    rows, columns = marks.shape[0] // _CELL_PX, marks.shape[1] // _CELL_PX
    if not (rows and columns):
        return np.zeros((rows, columns), np.bool_)
    # One pixel more or less in a cell is twice what the mean of bytes is rounded by.
    share = cv2.resize(marks[: rows * _CELL_PX, : columns * _CELL_PX], (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= 255 * _CELL_SHARE)

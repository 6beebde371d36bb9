"""Tells whether a frame's text differs from the frame last read, so that reading can be skipped.

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

from vision.types import Box

HEARTBEAT_MS = 3_000

_WORK_WIDTH_PX = 640
_STROKE_PX = 9
_STROKE_CONTRAST = 40
_CELL_PX = 12
_CELL_SHARE = 0.14
_RUN_CELLS = 3
_SHIFT_PX = 4
_SAME_CORRELATION = 0.85
_MARGIN_PX = 6
_CLUTTER_READS = 10


class ReadReason(StrEnum):
    """Why a frame is read."""

    FIRST = "first"
    HEARTBEAT = "heartbeat"
    CHANGED = "changed"
    APPEARED = "appeared"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrokeMap:
    """Where a frame has strokes: uint8, 640 wide; `scale` takes full-size pixels to the map's."""

    strokes: NDArray[np.uint8]
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRead:
    """The frame last read: when, its strokes, and where its lines stood, in full-size pixels.

    `clutter` counts down, for each cell of the map, the reads for which strokes there are known to be no text:
    a face that blinks or a pattern that moves is looked at once, not each time.
    """

    at_ms: int
    map: StrokeMap
    boxes: tuple[Box, ...]
    clutter: NDArray[np.uint8]


def stroke_map(image: NDArray[np.uint8]) -> StrokeMap:
    """The strokes of a BGR frame, bright on dark and dark on bright alike."""
    scale = min(1.0, _WORK_WIDTH_PX / image.shape[1])
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE_PX, _STROKE_PX))
    bright = cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel)
    dark = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel)
    strokes = np.asarray(cv2.max(bright, dark), dtype=np.uint8)
    return StrokeMap(strokes=strokes, scale=scale)


def note_read(last: LastRead | None, seen: StrokeMap, at_ms: int, boxes: Sequence[Box]) -> LastRead:
    """What to remember of a frame that was read just now, with the boxes of the lines found in it."""
    now = _stroked_cells(seen, [_scaled(box, seen) for box in boxes]) * np.uint8(_CLUTTER_READS)
    if last is not None and last.clutter.shape == now.shape:
        now = np.maximum(now, last.clutter - (last.clutter > 0))
    return LastRead(at_ms=at_ms, map=seen, boxes=tuple(boxes), clutter=now)


def reason_to_read(last: LastRead | None, seen: StrokeMap, at_ms: int) -> ReadReason | None:
    """Why this frame should be read, or None: its text is that of the frame last read.

    Every three seconds a frame is read whatever it shows, so that what the strokes miss is late, not lost: a digit
    that gives way to one much like it (8 to 6) correlates at 0.92 and waits for that.
    """
    if last is None or last.map.strokes.shape != seen.strokes.shape:
        return ReadReason.FIRST
    if at_ms - last.at_ms >= HEARTBEAT_MS or at_ms < last.at_ms:
        return ReadReason.HEARTBEAT
    boxes = [_scaled(box, seen) for box in last.boxes]
    if not all(_stands(piece, last.map, seen) for box in boxes for piece in _pieces(box)):
        return ReadReason.CHANGED
    if _text_appeared(boxes, last.clutter, seen):
        return ReadReason.APPEARED
    return None


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
    length = max(1, round((box.right - box.left) / max(1, box.bottom - box.top)))
    edges = np.linspace(box.left, box.right, length + 1).astype(int)
    for left, right in pairwise(edges):
        yield Box(left=int(left), top=box.top, right=int(right), bottom=box.bottom)


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


def _text_appeared(known: Sequence[Box], clutter: NDArray[np.uint8], now: StrokeMap) -> bool:
    """Whether, outside the lines known, strokes have come where there were none, in a row as long as a short word."""
    came = _stroked_cells(now, known) & (clutter == 0)
    run = came[:, : came.shape[1] - _RUN_CELLS + 1].copy()
    for step in range(1, _RUN_CELLS):
        run &= came[:, step : came.shape[1] - _RUN_CELLS + 1 + step]
    return bool(run.any())


def _stroked_cells(on: StrokeMap, known: Sequence[Box]) -> NDArray[np.bool_]:
    marks = on.strokes >= _STROKE_CONTRAST
    for box in known:
        marks[
            max(0, box.top - _MARGIN_PX) : box.bottom + _MARGIN_PX,
            max(0, box.left - _MARGIN_PX) : box.right + _MARGIN_PX,
        ] = False
    rows, columns = marks.shape[0] // _CELL_PX, marks.shape[1] // _CELL_PX
    cells = marks[: rows * _CELL_PX, : columns * _CELL_PX].reshape(rows, _CELL_PX, columns, _CELL_PX)
    share: NDArray[np.float64] = cells.mean(axis=(1, 3))
    return share >= _CELL_SHARE

"""Reads bar codes and QR codes in a frame: EAN, UPC and QR only; the reader checks their check digits.

A whole frame is read as it is; parts that look like a code too small for that are read again enlarged.
"""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from vision.types import Box

Image = NDArray[np.uint8]

_FORMATS = zxingcpp.BarcodeFormats(
    [zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.EAN8, zxingcpp.BarcodeFormat.QRCode]
)
_TILE_PX = 12
_BUSY = 26.0
_ONE_WAY = 0.62
_LEAST_SIDE_PX, _MOST_SIDE_PX = 36, 420
_MOST_PARTS = 4
_ENLARGED = (2, 3)
_MOST_CHARACTERS = 2_000
_THUMB = (24, 24)
# Between two frames of an overlay that stands lie fractions of a grey level, between a hand and a code tens.
_UNCHANGED = 1.0


class CodeKind(StrEnum):
    """What a code looks like; an EAN holds digits, a QR code any text."""

    EAN = "ean"
    QR = "qr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code as read, and where it stood."""

    kind: CodeKind
    text: str
    box: Box


def read_codes(image: Image) -> tuple[Code, ...]:
    """The codes in the picture, each once; small ones are looked for enlarged only where it gave none as it is."""
    return CodeReader().read(image)


class CodeReader:
    """Reads the frames of one stream, and enlarges no part again that has not changed since it held no code."""

    def __init__(self) -> None:
        self._without: dict[Box, Image] = {}

    def read(self, image: Image) -> tuple[Code, ...]:
        """As `read_codes`."""
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        found = _read(grey, 0, 0, 1)
        if not found:
            without: dict[Box, Image] = {}
            for box in code_like(grey):
                part = grey[box.top : box.bottom, box.left : box.right]
                thumb = np.asarray(cv2.resize(part, _THUMB, interpolation=cv2.INTER_AREA), np.uint8)
                codes = [] if self._is_known(box, thumb) else _read_enlarged(part, box)
                if not codes:
                    without[box] = thumb
                found += codes
            self._without = without
        return tuple({(code.kind, code.text): code for code in found}.values())

    def _is_known(self, box: Box, thumb: Image) -> bool:
        before = self._without.get(box)
        return before is not None and float(cv2.absdiff(thumb, before).mean()) < _UNCHANGED


def _read_enlarged(part: Image, box: Box) -> list[Code]:
    for times in _ENLARGED:
        larger = cv2.resize(part, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
        codes = _read(np.asarray(larger, np.uint8), box.left, box.top, times)
        if codes:
            return codes
    return []


def _read(grey: Image, left: int, top: int, times: int) -> list[Code]:
    found: list[Code] = []
    for read in zxingcpp.read_barcodes(grey, formats=_FORMATS):
        text = read.text[:_MOST_CHARACTERS]
        place = read.position
        corners = [(c.x, c.y) for c in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)]
        across, down = [x for x, _ in corners], [y for _, y in corners]
        box = Box(
            left=left + min(across) // times,
            top=top + min(down) // times,
            right=left + max(across) // times + 1,
            bottom=top + max(down) // times + 1,
        )
        kind = CodeKind.QR if read.symbology == zxingcpp.BarcodeFormat.QRCode else CodeKind.EAN
        found.append(Code(kind=kind, text=text, box=box))
    return found


def code_like(grey: Image) -> tuple[Box, ...]:
    """Up to four parts of the frame as busy as codes are, the busiest first, with room around them."""
    high, wide = grey.shape
    rows, columns = high // _TILE_PX, wide // _TILE_PX
    if rows < 3 or columns < 3:
        return ()
    even = grey[: rows * _TILE_PX, : columns * _TILE_PX]
    across = _tile_means(np.asarray(cv2.absdiff(even[:, 1:], even[:, :-1]), np.uint8), rows, columns)
    down = _tile_means(np.asarray(cv2.absdiff(even[1:], even[:-1]), np.uint8), rows, columns)
    bars = np.maximum(across, down) / np.maximum(1.0, across + down) > _ONE_WAY
    busy = (across + down > 2 * _BUSY) | ((np.maximum(across, down) > _BUSY) & bars)
    joined = cv2.morphologyEx(busy.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    parts: list[tuple[float, Box]] = []
    for index in range(1, count):
        x, y, w, h, tiles = (int(value) for value in stats[index])
        if not _LEAST_SIDE_PX <= max(w, h) * _TILE_PX <= _MOST_SIDE_PX or tiles < 0.4 * w * h:
            continue
        energy = float((across + down)[y : y + h, x : x + w].mean())
        box = Box(
            left=max(0, (x - 1) * _TILE_PX),
            top=max(0, (y - 1) * _TILE_PX),
            right=min(wide, (x + w + 1) * _TILE_PX),
            bottom=min(high, (y + h + 1) * _TILE_PX),
        )
        parts.append((energy, box))
    parts.sort(key=lambda part: -part[0])
    return tuple(box for _, box in parts[:_MOST_PARTS])


def _tile_means(values: Image, rows: int, columns: int) -> NDArray[np.float32]:
    """The mean of each tile. The last of the differences is repeated, as whole tiles go seven times as fast."""
    short, narrow = rows * _TILE_PX - values.shape[0], columns * _TILE_PX - values.shape[1]
    whole = cv2.copyMakeBorder(values, 0, short, 0, narrow, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)

"""The PP-OCRv6 tiny pair as `faster-paddle` carries it: uncompressed inside its compiled module, cut out by hash.

What the product ships was made from these two (`lighten.py`, `round_reader.py`); tests compare with them. All are
PaddleOCR's, Apache-2.0. The package is not imported.
"""

import hashlib
import json
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vision.errors import ReaderUnavailableError
from vision.ocr.weights import Weights, files_of, missing

PACKAGE = "faster-paddle"
_ONNX_START = re.compile(rb"\x08[\x07-\x0c]\x12\x00\x1a\x00:")
_LETTERS_START = b'["!", "\\"", "#"'
_LETTERS_BYTES = 400_000
_LETTERS_SHA256 = "90d82973d17d9840dfca4b6e3014eb77f6e444d33d8f7ad2fc028658ceac92e0"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    name: str
    byte_count: int
    sha256: str


_DETECTOR = _Known(
    name="PP-OCRv6-tiny-det",
    byte_count=1_829_618,
    sha256="1130258b70c53bfd52c69cb330f4bb327387f6ae866715426696bda682c6d8bd",
)
_RECOGNISER = _Known(
    name="PP-OCRv6-tiny-rec",
    byte_count=4_462_498,
    sha256="63e9e23c26f77daf61ade813ad3b3b25283a4ddd229adfe227ff9ad48b68da75",
)


def detector_weights() -> Weights:
    """PP-OCRv6 tiny detection; ReaderUnavailableError says which package to install."""
    return _from_module(_DETECTOR)


def recogniser_weights() -> Weights:
    """PP-OCRv6 tiny recognition with its 6,904 letters."""
    return _from_module(_RECOGNISER, with_letters=True)


def _from_module(known: _Known, *, with_letters: bool = False) -> Weights:
    for path in files_of(PACKAGE, ".so", ".pyd", ".dylib"):
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as module:
            for content in _models_in(module, known.byte_count):
                if hashlib.sha256(content).hexdigest() == known.sha256:
                    letters = _letters_in(module) if with_letters else None
                    return Weights(
                        name=known.name, package=PACKAGE, sha256=known.sha256, content=content, letters=letters
                    )
    raise missing(known.name, PACKAGE)


def _models_in(module: mmap.mmap, byte_count: int) -> Iterator[bytes]:
    for start in _ONNX_START.finditer(module):
        yield module[start.start() : start.start() + byte_count]


def _letters_in(module: mmap.mmap) -> tuple[str, ...]:
    start = -1
    while (start := module.find(_LETTERS_START, start + 1)) >= 0:
        text = module[start : start + _LETTERS_BYTES].decode("utf-8", errors="replace")
        letters = json.JSONDecoder().raw_decode(text)[0]
        if hashlib.sha256("".join(letters).encode()).hexdigest() == _LETTERS_SHA256:
            return tuple(letters)
    raise ReaderUnavailableError(f"the letters of {_RECOGNISER.name} are not in {PACKAGE}")

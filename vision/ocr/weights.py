"""Finds the PP-OCRv6 weights that installed packages carry; nothing is downloaded, and each is what its hash says.

The tiny pair lies uncompressed inside the compiled module of `faster-paddle`, which offers no detection without
recognition, no GPU and no tilted boxes; so the models are taken from it and run here. The accurate recogniser is a
file of `rapidocr`. Neither package is imported. The detector that `training/ocr/lighten.py` made, reckoned another way,
lies in `models`. All are PaddleOCR's, Apache-2.0.
"""

import hashlib
import json
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

from vision.errors import ReaderUnavailableError

_ONNX_START = re.compile(rb"\x08[\x07-\x0c]\x12\x00\x1a\x00:")
_LETTERS_START = b'["!", "\\"", "#"'
_LETTERS_BYTES = 400_000
_LETTERS_SHA256 = "90d82973d17d9840dfca4b6e3014eb77f6e444d33d8f7ad2fc028658ceac92e0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One model as ONNX; `letters` is what its outputs after the blank stand for, None where the model itself says."""

    name: str
    package: str
    sha256: str
    content: bytes
    letters: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    package: str
    byte_count: int
    sha256: str


_TINY = "faster-paddle"
_SMALL = "rapidocr"
_DETECTOR = _Known(
    package=_TINY,
    byte_count=1_829_618,
    sha256="1130258b70c53bfd52c69cb330f4bb327387f6ae866715426696bda682c6d8bd",
)
_FAST = _Known(
    package=_TINY,
    byte_count=4_462_498,
    sha256="63e9e23c26f77daf61ade813ad3b3b25283a4ddd229adfe227ff9ad48b68da75",
)
_ACCURATE = _Known(
    package=_SMALL,
    byte_count=21_234_383,
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
)
_ACCURATE_FILE = "PP-OCRv6_rec_small.onnx"
MODELS = Path(__file__).parent / "models"
LIGHT_DETECTOR = "PP-OCRv6_det_tiny_light.onnx"
_LIGHT_SHA256 = "0dd8da7206bbf0f2e289c8aba3469cdc716eb40c66746a21d38793b156494241"


def detector_weights() -> Weights:
    """PP-OCRv6 tiny detection; ReaderUnavailableError says which package to install."""
    return _from_module("PP-OCRv6-tiny-det", _DETECTOR)


def fast_weights() -> Weights:
    """PP-OCRv6 tiny recognition, 6,904 letters."""
    return _from_module("PP-OCRv6-tiny-rec", _FAST, with_letters=True)


def accurate_weights() -> Weights:
    """PP-OCRv6 small recognition, 18,708 letters, which stand in the model."""
    for path in _files_of(_SMALL, _ACCURATE_FILE):
        content = _whole(path, _ACCURATE.sha256)
        if content is not None:
            return Weights(name="PP-OCRv6-small-rec", package=_SMALL, sha256=_ACCURATE.sha256, content=content)
    raise _missing("PP-OCRv6-small-rec", _SMALL)


def light_detector_weights() -> Weights:
    """The detector, reckoned another way; it finds the same. ReaderUnavailableError where the file is damaged."""
    content = _whole(MODELS / LIGHT_DETECTOR, _LIGHT_SHA256)
    if content is None:
        raise ReaderUnavailableError(f"{MODELS / LIGHT_DETECTOR} is missing or not what it was: install zhenyan anew")
    return Weights(name="PP-OCRv6-tiny-det-light", package="zhenyan", sha256=_LIGHT_SHA256, content=content)


def _whole(path: Path, sha256: str) -> bytes | None:
    """What the file holds; None where it is missing or not what its hash says."""
    content = path.read_bytes() if path.is_file() else b""
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _from_module(name: str, known: _Known, *, with_letters: bool = False) -> Weights:
    for path in _files_of(known.package, ".so", ".pyd", ".dylib"):
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as module:
            for content in _models_in(module, known.byte_count):
                if hashlib.sha256(content).hexdigest() == known.sha256:
                    letters = _letters_in(module) if with_letters else None
                    return Weights(
                        name=name, package=known.package, sha256=known.sha256, content=content, letters=letters
                    )
    raise _missing(name, known.package)


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
    raise _missing("the letters of PP-OCRv6-tiny-rec", _TINY)


def _files_of(package: str, *endings: str) -> list[Path]:
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        return []
    return [Path(str(entry.locate())) for entry in listed if entry.name.endswith(endings)]


def _missing(name: str, package: str) -> ReaderUnavailableError:
    try:
        there = f"{package} {version(package)} is installed and does not carry it"
    except PackageNotFoundError:
        there = f"{package} is not installed"
    return ReaderUnavailableError(f"{name} was not found: {there}; install the version that constraints.txt names")

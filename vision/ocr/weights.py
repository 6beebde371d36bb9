"""Finds the PP-OCRv6 weights; nothing is downloaded, and each is what its hash says.

The detector and the fast recogniser lie in `models`: PP-OCRv6 tiny, which `training/ocr` made smaller. The accurate
recogniser is a file of `rapidocr`, which is not imported. All are PaddleOCR's, Apache-2.0.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

from vision.errors import ReaderUnavailableError

OURS = "zhenyan"
MODELS = Path(__file__).parent / "models"
LIGHT_DETECTOR = "PP-OCRv6_det_tiny_light.onnx"
FAST_READER = "PP-OCRv6_rec_tiny_rounded.onnx"
_SHA256 = {
    LIGHT_DETECTOR: "0dd8da7206bbf0f2e289c8aba3469cdc716eb40c66746a21d38793b156494241",
    FAST_READER: "3d5bc2111d8d26577ef1773fb864ee573cae82858d1202b76ef1cc9ae692b5fc",
}
_RAPIDOCR = "rapidocr"
_ACCURATE_FILE = "PP-OCRv6_rec_small.onnx"
_ACCURATE_SHA256 = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One model as ONNX; `letters` is what its outputs after the blank stand for, None where the model itself says."""

    name: str
    package: str
    sha256: str
    content: bytes
    letters: tuple[str, ...] | None = None


def light_detector_weights() -> Weights:
    """PP-OCRv6 tiny detection, reckoned another way; it finds the same. ReaderUnavailableError: it is damaged."""
    return _ours("PP-OCRv6-tiny-det-light", LIGHT_DETECTOR)


def fast_weights() -> Weights:
    """PP-OCRv6 tiny recognition, 6,904 letters, which stand in the model. ReaderUnavailableError: it is damaged."""
    return _ours("PP-OCRv6-tiny-rec-rounded", FAST_READER)


def accurate_weights() -> Weights:
    """PP-OCRv6 small recognition, 18,708 letters, which stand in the model; ReaderUnavailableError says what to
    install."""
    for path in files_of(_RAPIDOCR, _ACCURATE_FILE):
        content = _whole(path, _ACCURATE_SHA256)
        if content is not None:
            return Weights(name="PP-OCRv6-small-rec", package=_RAPIDOCR, sha256=_ACCURATE_SHA256, content=content)
    raise missing("PP-OCRv6-small-rec", _RAPIDOCR)


def files_of(package: str, *endings: str) -> list[Path]:
    """The package's files whose names end so; none where it is not installed."""
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        return []
    return [Path(str(entry.locate())) for entry in listed if entry.name.endswith(endings)]


def missing(name: str, package: str) -> ReaderUnavailableError:
    """The error that says which package to install for this model."""
    try:
        there = f"{package} {version(package)} is installed and does not carry it"
    except PackageNotFoundError:
        there = f"{package} is not installed"
    return ReaderUnavailableError(f"{name} was not found: {there}; install the version that constraints.txt names")


def _ours(name: str, file: str) -> Weights:
    content = _whole(MODELS / file, _SHA256[file])
    if content is None:
        raise ReaderUnavailableError(f"{MODELS / file} is missing or not what it was: install zhenyan anew")
    return Weights(name=name, package=OURS, sha256=_SHA256[file], content=content)


def _whole(path: Path, sha256: str) -> bytes | None:
    """What the file holds; None where it is missing or not what its hash says."""
    content = path.read_bytes() if path.is_file() else b""
    return content if hashlib.sha256(content).hexdigest() == sha256 else None

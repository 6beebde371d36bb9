"""The weights beside those of speech: what reads text on screen, and what reads the meaning of sentences."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import configs
from asr.models import ModelInfo
from claims.errors import SemanticError, SemanticMissing
from claims.semantic_classifier import ClassifierFile
from claims.semantic_e5 import PACKAGED, WEIGHTS_SHA256, weights_file
from vision.errors import ReaderUnavailableError
from vision.weights import (
    MODELS,
    Weights,
    accurate_weights,
    detector_weights,
    fast_weights,
    light_detector_weights,
    quantised_weights,
)

READER, OURS = "text on screen", "zhenyan"
_READERS: tuple[tuple[str, str, Callable[[], Weights]], ...] = (
    ("PP-OCRv6-tiny-det", "faster-paddle", detector_weights),
    ("PP-OCRv6-tiny-rec", "faster-paddle", fast_weights),
    ("PP-OCRv6-small-rec", "rapidocr", accurate_weights),
    ("PP-OCRv6-tiny-det-light", OURS, light_detector_weights),
    ("PP-OCRv6-small-rec-int8", OURS, quantised_weights),
)


def list_other() -> tuple[ModelInfo, ...]:
    """Readers, the sentence encoder and our classifier over it; each hash is computed from what lies there now."""
    return (*(_reader(*row) for row in _READERS), _encoder(), _classifier(configs.SEMANTIC_DIR))


def _reader(name: str, package: str, open_weights: Callable[[], Weights]) -> ModelInfo:
    try:
        weights = open_weights()
    except ReaderUnavailableError as missing:
        return _info(name, READER, None, "Apache-2.0", package, note=str(missing))
    folder = MODELS if package == OURS else _folder_of(package)
    size = len(weights.content)
    return _info(name, READER, folder, "Apache-2.0", package, sha256=weights.sha256, byte_count=size, note="verified")


def _folder_of(package: str) -> Path | None:
    spec = find_spec(package.replace("-", "_"))
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _encoder() -> ModelInfo:
    name, kind = "multilingual-e5-small", "sentence encoder"
    try:
        path = weights_file()
    except SemanticMissing as missing:
        return _info(name, kind, None, "MIT", PACKAGED, note=str(missing))
    return _info(
        name, kind, path, "MIT", PACKAGED, sha256=WEIGHTS_SHA256, note="four bits; semantic: auto reads with it"
    )


def _classifier(folder: Path) -> ModelInfo:
    name, kind = "claim-classifier", "classes of sentences"
    path = folder / "weights.npz"
    try:
        file = ClassifierFile.model_validate_json((folder / "classifier.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SemanticError(f"semantic: {folder} holds no trained classifier: install zhenyan anew") from error
    note = "trained by the project; its record is in classifier.json"
    return _info(name, kind, path, "Apache-2.0", OURS, sha256=file.weights_sha256, note=note)


def _info(
    name: str,
    kind: str,
    path: Path | None,
    licence: str,
    package: str,
    *,
    sha256: str | None = None,
    byte_count: int | None = None,
    note: str,
) -> ModelInfo:
    if byte_count is None:
        byte_count = path.stat().st_size if path is not None and path.is_file() else 0
    return ModelInfo(
        name=name,
        kind=kind,
        found=path is not None,
        path=path,
        byte_count=byte_count,
        sha256=sha256,
        licence=licence,
        source=f"package {package}",
        note=note,
    )

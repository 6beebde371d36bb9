"""Where the packaged language model lies once it is converted: made at first use by one process, checked, then shared.

Each set of files has a list of them with their hashes, written last. Files whose size and time of change are those of
the list are taken for what they were; others are read and hashed, and made anew where they are something else.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_data_path
from pydantic import ValidationError

from claims.errors import SemanticError, SemanticMissing
from claims.types import Frozen

# Another number whenever conversion gives something else from the same weights.
CONVERSION = 4
BASE, MAKING = "base", ".making-"
_READER = "reader-"
_MOST_READERS = 8
_WAIT_S = 1_800
_READ_BYTES = 1 << 22
# What conversion writes at most, the joined packaged file with it, and what a reader's own files take.
_BASE_BYTES, _READER_BYTES = 700_000_000, 60_000_000
_NEEDED = ("gguf", "onnx")
_log = logging.getLogger(__name__)


class _File(Frozen):
    name: str
    sha256: str
    size: int
    mtime_ns: int


class _Listed(Frozen):
    """`NAME.json`: which files belong together, and by which conversion they were made."""

    conversion: int
    files: tuple[_File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """The language model as its packages hold it: the parts of its file in order, the whole's hash, and its name."""

    name: str
    parts: tuple[Path, ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A converted file that is there, with the hash that it was written with."""

    path: Path
    byte_count: int
    sha256: str


def user_models_folder() -> Path:
    """Where a user's models lie who has no data folder."""
    return user_data_path("zhenyan") / "models"


def model_folder(models: Path | None, name: str) -> Path:
    """Where the converted model of this name lies; `models` None: in the user's folder."""
    return (models if models is not None else user_models_folder()).absolute() / name


def reader_name(layers: bytes, way: str) -> str:
    """The name of what is converted for a reader with these trained layers."""
    return f"{_READER}{hashlib.sha256(layers).hexdigest()[:16]}-{way}"


def reader_files(name: str) -> tuple[str, str]:
    """A reader's graph, and the weights beside it."""
    return f"{name}.onnx", f"{name}.bin"


def converted_base(model: PackagedModel, models: Path | None) -> Path:
    """The folder in which what all readers share lies whole; converted now where it does not."""
    folder = model_folder(models, model.name)
    if not _is_whole(folder, BASE):
        _convert(model, folder, BASE, "", b"")
    return folder


def converted_reader(model: PackagedModel, models: Path | None, layers: bytes, way: str) -> Path:
    """The ONNX model of a reader with these layers, beside what all share; converted now where it is not there.

    Of several processes that ask at once one converts, and the others wait. SemanticMissing names a package that
    conversion needs, SemanticError says why nothing could be written, or that the packaged weights are damaged.
    """
    folder, name = model_folder(models, model.name), reader_name(layers, way)
    if not (_is_whole(folder, BASE) and _is_whole(folder, name)):
        _convert(model, folder, name, way, layers)
    return folder / reader_files(name)[0]


def stored_files(folder: Path) -> list[StoredFile]:
    """The converted files that lie there, by the lists of what belongs together; nothing of an older conversion."""
    found = []
    for path in sorted(folder.glob("*.json")):
        listed = _listed(folder, path.stem)
        for file in listed.files if listed else ():
            if (folder / file.name).is_file():
                found.append(StoredFile(path=folder / file.name, byte_count=file.size, sha256=file.sha256))
    return found


def hash_of(*paths: Path) -> str:
    """The SHA-256 of a file as it lies there now, or of several one behind the other."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
    return digest.hexdigest()


def finish(folder: Path, name: str, made: Sequence[Path]) -> None:
    """Moves files that are made into the folder, and writes the list of them last; each whole or not at all."""
    files = []
    for path in made:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        place, sha256 = folder / path.name, hash_of(path)
        path.replace(place)
        about = place.stat()
        files.append(_File(name=path.name, sha256=sha256, size=about.st_size, mtime_ns=about.st_mtime_ns))
    listed = made[0].parent / f"{name}.json"
    listed.write_text(_Listed(conversion=CONVERSION, files=tuple(files)).model_dump_json(indent=1), encoding="utf-8")
    listed.replace(folder / listed.name)


def _listed(folder: Path, name: str) -> _Listed | None:
    listed = _read_list(folder / f"{name}.json")
    return listed if listed is not None and listed.conversion == CONVERSION else None


def _read_list(path: Path) -> _Listed | None:
    try:
        return _Listed.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        _log.warning("%s can't be read: %s", path, " ".join(str(error).split())[:200])
        return None


def _is_whole(folder: Path, name: str) -> bool:
    listed = _listed(folder, name)
    return listed is not None and all(_is_right(folder / file.name, file) for file in listed.files)


def _is_right(path: Path, file: _File) -> bool:
    try:
        about = path.stat()
        if (about.st_size, about.st_mtime_ns) == (file.size, file.mtime_ns):
            return True
        if about.st_size == file.size and hash_of(path) == file.sha256:
            return True
    except OSError as error:
        _log.warning("%s can't be read and is converted anew: %s", path, error)
        return False
    _log.warning("%s is not what it was when it was converted, and is converted anew", path)
    return False


def _convert(model: PackagedModel, folder: Path, name: str, way: str, layers: bytes) -> None:
    missing = next((package for package in _NEEDED if find_spec(package) is None), None)
    if missing is not None:
        raise SemanticMissing(
            f"semantic: {model.name} is converted with {missing}, which is not installed; install zhenyan[worker], "
            "or set semantic: off"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=_WAIT_S):
            parts = () if _is_whole(folder, BASE) else model.parts
            if not parts and _is_whole(folder, name):
                return
            _tidy(folder)
            _demand_room(folder, _READER_BYTES + (_BASE_BYTES if parts else 0))
            _log.info("%s is converted into %s, once; this takes about half a minute", model.name, folder)
            _run(model, folder, name, way, layers, parts)
    except Timeout as error:
        raise SemanticError(
            f"semantic: another process has been converting {model.name} in {folder} for {_WAIT_S // 60} minutes; "
            "end it and start again, or set semantic: off"
        ) from error
    except OSError as error:
        raise _not_written(model.name, folder, str(error)) from error


def _demand_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"it needs {needed // 1_000_000} MB, and {free // 1_000_000} MB are free")


def _tidy(folder: Path) -> None:
    """Removes what killed processes left, what another conversion made, and readers that were made longest ago."""
    for left in folder.glob(f"{MAKING}*"):
        shutil.rmtree(left, ignore_errors=True)
    for path in sorted(folder.glob("*.json")):
        if (listed := _read_list(path)) is not None and listed.conversion != CONVERSION:
            for file in listed.files:
                (folder / file.name).unlink(missing_ok=True)
            path.unlink()
    lists = sorted(folder.glob(f"{_READER}*.json"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in lists[_MOST_READERS - 1 :]:
        for path in (old, *(folder / name for name in reader_files(old.stem))):
            path.unlink(missing_ok=True)


def _run(model: PackagedModel, folder: Path, name: str, way: str, layers: bytes, parts: Sequence[Path]) -> None:
    """Converts in a process of its own, which gives its memory back when it ends."""
    here = {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "claims.classifier.conversion", folder, name, way, model.sha256, *parts],
        input=layers,
        capture_output=True,
        check=False,
        env=os.environ | here,
        # Not in the folder itself: onnx refuses to write a file that has its namesake where the process runs.
        cwd=folder.anchor,
    )
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1] if lines else f"its process ended with status {done.returncode}"
        raise SemanticError(why) if why.startswith("semantic: ") else _not_written(model.name, folder, why)


def _not_written(name: str, folder: Path, why: str) -> SemanticError:
    return SemanticError(
        f"semantic: {name} can't be converted in {folder}: {why}; make room or set models_dir to a folder that can be "
        "written to, or set semantic: off"
    )

"""What a process would do again each time, kept in the user's cache: prepared weights, and which files are verified."""

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Weights = Mapping[str, NDArray[np.generic]]
_MOST_KEPT = 4
_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where the user's caches lie, by the XDG Base Directory Specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "zhenyan"


def prepared(key: str, make: Callable[[], Weights]) -> Weights:
    """The weights that were made under this key before, or else those that `make` gives, which are kept.

    `key` names by content all that they follow from. Where nothing can be kept, they are made anew each time.
    """
    path = cache_folder() / f"reader-{key}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        _log.debug("weights %s are made for the first time", key)
    except (OSError, ValueError, BadZipFile) as error:
        _log.warning("%s can't be read and is made anew: %s", path, error)
    weights = make()
    try:
        _keep(path, weights)
    except OSError as error:
        _log.info("weights are not kept in %s: %s", path.parent, error)
    return weights


def verify(files: Sequence[Path], sha256: str, hash_now: Callable[[], str]) -> str | None:
    """None where the files have this hash together, else the one that they have.

    `hash_now` gives it; files that had it before, and whose size and time of change are the same since, are not read.
    """
    path = cache_folder() / f"verified-{sha256[:16]}.json"
    stamp = json.dumps([sha256, *([str(f.resolve()), (at := f.stat()).st_size, at.st_mtime_ns] for f in files)])
    try:
        if path.read_text(encoding="utf-8") == stamp:
            return None
    except (OSError, UnicodeDecodeError) as error:
        _log.debug("%s is not known to be verified: %s", files[0].name if files else "nothing", error)
    found = hash_now()
    if found != sha256:
        return found
    try:
        _write(path, lambda file: file.write(stamp.encode()))
    except OSError as error:
        _log.info("that files were verified is not kept in %s: %s", path.parent, error)
    return None


def _keep(path: Path, weights: Weights) -> None:
    """Writes them, and lets those go that were made longest ago."""
    _write(path, lambda file: np.savez(file, **weights))  # type: ignore[arg-type]
    kept = sorted(path.parent.glob("reader-*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in kept[_MOST_KEPT:]:
        old.unlink(missing_ok=True)


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)

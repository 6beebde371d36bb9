"""What the graph of Gemma's first layers is made of: sizes, and its matrices in eight bits.

A matrix has a scale for each output over a stretch of inputs, and is multiplied as whole numbers. Its weights are
*signed* where the processor multiplies bytes by signed bytes exactly (VNNI, AMX, Arm), else *unsigned*, moved up by
half of what a byte holds: there the sums of signed ones overflow. Both give the same whole numbers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Weights = dict[str, NDArray[np.generic]]
SIGNED, UNSIGNED = "signed", "unsigned"
LAYERS, WIDTH, HEAD, BLOCK = 9, 640, 256, 32
PIECES, MOST_TOKENS = 262_144, 128
# How much of the unevenness of inputs is moved into the weights.
_LEVEL, _LEAST = 0.65, 1e-5
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
# Into how many stretches of inputs a matrix is cut, each with scales of its own.
STRETCHES = {"qkv": 2, "out": 2, "gate_up": 2, "down": 8}
# What stands for zero among the weights, and where it lies by the way they are packed.
MIDDLE_WEIGHT = "middle_weight"
MIDDLES: Mapping[str, NDArray[np.int8 | np.uint8]] = {SIGNED: np.array(0, np.int8), UNSIGNED: np.array(128, np.uint8)}
# The table of pieces in eight bits, in the graph: its steps, and a scale for each block.
STEPS, SCALES = "embedding.steps", "embedding.scales"
# The base of the turns of both kinds of layer.
_BASE = {"near": 1e4, "wide": 1e6}
_MODELS = Path(__file__).parents[1] / "models"
# The graph of the layers, still without weights.
GRAPH = _MODELS / "gemma_layers.onnx"
PROBE = _MODELS / "byte_products.onnx"
# The shapes of the probe, and what all its products are: the largest bytes there are, summed up.
PROBE_ROWS, PROBE_INPUTS, PROBE_OUTPUTS = 8, 64, 32
LARGEST_BYTE, LARGEST_SIGNED = 255, 127


class Tensors(Protocol):
    """The packaged model's weights as numbers."""

    def tensor(self, name: str) -> Floats:
        """The tensor of this name in the model's file, rows (outputs) first."""
        ...


def turns() -> dict[str, tuple[Floats, Floats]]:
    """Cosine and sine of each position's turn, shape (tokens, head) each, for both kinds of layer."""
    found = {}
    for kind, base in _BASE.items():
        angle = np.arange(MOST_TOKENS)[:, None] / base ** (np.arange(0, HEAD, 2) / HEAD)
        both = np.concatenate([angle, angle], axis=1)
        found[kind] = (np.cos(both).astype(np.float32), np.sin(both).astype(np.float32))
    return found


def positions() -> Weights:
    """What the graph is given of positions, for the most tokens that it reads: their turns, and the mask."""
    found: Weights = {"mask.most": np.triu(np.full((MOST_TOKENS, MOST_TOKENS), -1e9, dtype=np.float32), 1)}
    for kind, (cos, sin) in turns().items():
        found |= {f"cos_{kind}.most": cos, f"sin_{kind}.most": sin}
    return found


def layer_weights(model: Tensors, added: Mapping[str, Floats], largest: Mapping[str, Floats], way: str) -> Weights:
    """Every weight of the layers that the graph asks for: norms, and matrices packed in this way.

    `added`: by `layer.part`, what is added to a part of a matrix before it is packed. `largest`: by `layer.matrix`, the
    largest inputs that were seen of it, one for each; where they are told, matrices are levelled by them.
    """
    weights: Weights = {MIDDLE_WEIGHT: MIDDLES[way]}
    for number in range(LAYERS):
        layer = {name: model.tensor(f"blk.{number}.{stored}.weight") for name, stored in NORMS.items()}
        for name, parts in MATRICES.items():
            read = (model.tensor(f"blk.{number}.{part}.weight") + _more(added, number, part) for part in parts)
            layer[name] = np.concatenate(list(read))
        seen = {name: largest[f"{number}.{name}"] for name in MATRICES if f"{number}.{name}" in largest}
        if len(seen) == len(MATRICES):
            layer = levelled(layer, seen)
        weights |= {f"l{number}.{name}": layer[name] for name in NORMS}
        for name in MATRICES:
            weights |= _packed(f"l{number}.{name}", layer[name], STRETCHES[name], way)
    return weights


def _more(added: Mapping[str, Floats], number: int, part: str) -> Floats:
    return added.get(f"{number}.{part}", np.zeros(1, dtype=np.float32))


def _packed(name: str, whole: Floats, stretches: int, way: str) -> Weights:
    steps, scales = in_eight_bits(whole, whole.shape[1] // stretches)
    middle = MIDDLES[way]
    packed = (steps.astype(np.int16) + int(middle)).astype(middle.dtype)
    found: Weights = {}
    for at, stretch in enumerate(np.split(packed, stretches, axis=1)):
        found[f"{name}.{at}"] = np.ascontiguousarray(stretch.T)
        found[f"{name}.{at}.scale"] = np.ascontiguousarray(scales[:, at])
    return found


def in_eight_bits(matrix: Floats, block: int) -> tuple[NDArray[np.int8], Floats]:
    """A matrix (out, in) in steps about zero, and the scale of each `block` of inputs, shape (out, in / block)."""
    from onnxruntime.quantization.quant_utils import TensorProto, compute_scale_zp_blocked, quantize_nparray

    zero, scales = compute_scale_zp_blocked(matrix, TensorProto.INT8, axis=1, block_size=block, symmetric=True)
    wide, middle = np.repeat(scales, block, axis=1), np.repeat(zero, block, axis=1)
    return quantize_nparray(TensorProto.INT8, matrix, wide, middle), np.asarray(scales, dtype=np.float32)


def levelled(layer: Mapping[str, Floats], seen: Mapping[str, Floats]) -> dict[str, Floats]:
    """A layer that says the same, with the largest inputs of its matrices made smaller, and their weights larger.

    Few inputs are a hundred times as large as the rest, and eight bits that hold these hold little of the others. What
    an input is divided by is taken off where it comes from: a norm, or the rows of the matrix before (SmoothQuant, Xiao
    et al., 2023).
    """
    made = dict(layer)
    for name, norm in (("qkv", "before_attention"), ("gate_up", "before_inner")):
        by = _steps(made[name], seen[name])
        made[name], made[norm] = made[name] * by, made[norm] / by
    by = _steps(made["down"], seen["down"])
    made["down"] = made["down"] * by
    made["gate_up"] = np.concatenate([made["gate_up"][: len(by)], made["gate_up"][len(by) :] / by[:, None]])
    # All heads read the same values.
    heads = len(seen["out"]) // HEAD
    weights = np.abs(made["out"]).max(axis=0).reshape(heads, HEAD).max(axis=0)
    by = _steps(weights[None, :], seen["out"].reshape(heads, HEAD).max(axis=0))
    made["out"] = made["out"] * np.tile(by, heads)
    made["qkv"] = np.concatenate([made["qkv"][:-HEAD], made["qkv"][-HEAD:] / by[:, None]])
    return made


def _steps(matrix: Floats, seen: Floats) -> Floats:
    weights = np.abs(matrix).max(axis=0)
    by = np.maximum(seen, _LEAST) ** _LEVEL / np.maximum(weights, _LEAST) ** (1 - _LEVEL)
    return np.asarray(by, dtype=np.float32)

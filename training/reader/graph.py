"""Writes the graph of Gemma 3's first layers for ONNX Runtime, without weights: conversion puts them in.

    python -m training.reader.graph [--to claims/models]

Beside it a product of the largest bytes, by which a process sees whether its processor multiplies signed weights
(`claims/classifier/layer_weights.py`). Needs onnx.
"""

import argparse
import math
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from claims.classifier.layer_weights import (
    BLOCK,
    GRAPH,
    HEAD,
    LAYERS,
    MIDDLE_WEIGHT,
    MOST_TOKENS,
    PIECES,
    PROBE,
    PROBE_INPUTS,
    PROBE_OUTPUTS,
    PROBE_ROWS,
    SCALES,
    STEPS,
    STRETCHES,
    WIDTH,
)

ROOT = Path(__file__).resolve().parents[2]

INNER, HEADS = 2048, 4
# How the node ends that takes in what a matrix is multiplied with.
APART = ".apart"
TURNS = [f"{part}_{kind}" for kind in ("near", "wide") for part in ("cos", "sin")]
EPSILON = 1e-6
MATRICES = {
    "qkv": (WIDTH, (HEADS + 2) * HEAD),
    "out": (HEADS * HEAD, WIDTH),
    "gate_up": (WIDTH, 2 * INNER),
    "down": (INNER, WIDTH),
}


class Graph:
    """Nodes and initializers as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.inits: list[onnx.TensorProto] = []

    def add(self, op: str, *inputs: str, name: str, outputs: int = 1, domain: str = "", **attributes: object) -> str:
        """Adds a node; the names of its outputs, joined with a space."""
        outs = [name] if outputs == 1 else [f"{name}.{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), outs, name=name, domain=domain, **attributes))
        return " ".join(outs)

    def whole(self, name: str, values: list[int]) -> str:
        """A small constant of whole numbers."""
        self.inits.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def given(self, name: str, kind: int, shape: list[int]) -> str:
        """A weight that conversion puts in."""
        tensor = onnx.TensorProto(name=name, data_type=kind, dims=shape, data_location=TensorProto.EXTERNAL)
        length = math.prod(shape) * helper.tensor_dtype_to_np_dtype(kind).itemsize
        for key, value in (("location", "given"), ("offset", "0"), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)
        self.inits.append(tensor)
        return name

    def norm(self, x: str, weight: str, size: int, name: str) -> str:
        """Root mean square norm over the last axis."""
        scale = self.given(weight, TensorProto.FLOAT, [size])
        return self.add("SimplifiedLayerNormalization", x, scale, name=name, axis=-1, epsilon=EPSILON)

    def matrix(self, x: str, layer: str, kind: str) -> str:
        """The product with a matrix of bytes: the sum of the products of each stretch of inputs, in bytes too."""
        k, n = MATRICES[kind]
        name, count = f"{layer}.{kind}", STRETCHES[kind]
        stretches, sizes = self._in_bytes(x, name, kind, count)
        total = ""
        for at, (stretch, size) in enumerate(zip(stretches, sizes, strict=True)):
            weight = self.given(f"{name}.{at}", TensorProto.INT8, [k // count, n])
            scale = self.given(f"{name}.{at}.scale", TensorProto.FLOAT, [n])
            part = f"{name}.part{at}"
            product = self.add(
                "MatMulInteger", stretch, weight, "middle_byte", MIDDLE_WEIGHT, name=f"{part}.whole_product"
            )
            product = self.add("Cast", product, name=f"{part}.product", to=TensorProto.FLOAT)
            product = self.add("Mul", product, size, name=f"{part}.of_token")
            product = self.add("Mul", product, scale, name=f"{part}.of_output")
            total = self.add("Add", total, product, name=f"{name}.sum{at}") if total else product
        return total

    def _in_bytes(self, x: str, name: str, kind: str, count: int) -> tuple[list[str], list[str]]:
        """Every stretch of the inputs in bytes, and the scales of its tokens."""
        apart = self.add("Reshape", x, f"{kind}_stretches", name=name + APART)
        size = self.add("ReduceMax", self.add("Abs", apart, name=f"{name}.sizes"), "last", name=f"{name}.most")
        size = self.add("Max", self.add("Div", size, "most", name=f"{name}.step"), "least", name=f"{name}.scales")
        whole = self.add("Round", self.add("Div", apart, size, name=f"{name}.steps"), name=f"{name}.whole")
        whole = self.add("Add", whole, "middle", name=f"{name}.moved")
        whole = self.add("Cast", whole, name=f"{name}.bytes", to=TensorProto.UINT8)
        whole = self.add("Reshape", whole, f"{kind}_inputs", name=f"{name}.joined")
        size = self.add("Reshape", size, f"{kind}_scales", name=f"{name}.scales.joined")
        cut = [
            self.add("Split", one, name=f"{one}.cut", outputs=count, axis=-1, num_outputs=count).split()
            for one in (whole, size)
        ]
        return cut[0], cut[1]

    def embedded(self, pieces: str) -> str:
        """The pieces' rows of the table, eight bits with a scale for each block, as the model scales them."""
        steps = self.given(STEPS, TensorProto.INT8, [PIECES, WIDTH])
        scales = self.given(SCALES, TensorProto.FLOAT16, [PIECES, WIDTH // BLOCK])
        rows = self.add("Gather", steps, pieces, name="embedding.rows")
        scale = self.add("Gather", scales, pieces, name="embedding.row_scales")
        scale = self.add("Cast", scale, name="embedding.row_scales.single", to=TensorProto.FLOAT)
        whole = self.add("DequantizeLinear", rows, scale, name="embedding.whole", axis=1, block_size=BLOCK)
        return self.add("Mul", whole, "root_of_width", name="embedding.scaled")

    def positions(self, pieces: str) -> None:
        """The turns of as many positions as there are pieces, and the mask by which none sees those behind it."""
        count = self.add("Shape", pieces, name="count")
        for name in TURNS:
            whole = self.given(f"{name}.most", TensorProto.FLOAT, [MOST_TOKENS, HEAD])
            self.add("Slice", whole, "none", count, "first_axis", name=name)
        mask = self.given("mask.most", TensorProto.FLOAT, [MOST_TOKENS, MOST_TOKENS])
        both = self.add("Concat", count, count, name="count_twice", axis=0)
        self.add("Slice", mask, "none_twice", both, "both_axes", name="mask")

    def turned(self, x: str, kind: str, name: str) -> str:
        """Rotary positions: the halves of each head turned against each other."""
        left, right = self.add("Split", x, name=f"{name}.halves", outputs=2, axis=-1, num_outputs=2).split()
        minus = self.add("Neg", right, name=f"{name}.minus")
        crossed = self.add("Concat", minus, left, name=f"{name}.crossed", axis=-1)
        straight = self.add("Mul", x, f"cos_{kind}", name=f"{name}.straight")
        across = self.add("Mul", crossed, f"sin_{kind}", name=f"{name}.across")
        return self.add("Add", straight, across, name=f"{name}.turned")


def add_layer(graph: Graph, x: str, number: int) -> str:
    """One layer over `x` (tokens, width)."""
    layer, kind = f"l{number}", "wide" if number % 6 == 5 else "near"
    h = graph.norm(x, f"{layer}.before_attention", WIDTH, f"{layer}.h")
    qkv = graph.matrix(h, layer, "qkv")
    q, k, v = graph.add("Split", qkv, "qkv_sizes", name=f"{layer}.split", outputs=3, axis=-1).split()
    q = graph.add("Reshape", q, "heads_apart", name=f"{layer}.q.heads")
    q = graph.norm(q, f"{layer}.query", HEAD, f"{layer}.q.norm")
    q = graph.add("Transpose", q, name=f"{layer}.q.first", perm=[1, 0, 2])
    q = graph.turned(q, kind, f"{layer}.q")
    k = graph.turned(graph.norm(k, f"{layer}.key", HEAD, f"{layer}.k.norm"), kind, f"{layer}.k")
    k = graph.add("Transpose", k, name=f"{layer}.k.columns", perm=[1, 0])
    likeness = graph.add("MatMul", q, k, name=f"{layer}.likeness")
    likeness = graph.add("Mul", likeness, "scale", name=f"{layer}.likeness.scaled")
    likeness = graph.add("Add", likeness, "mask", name=f"{layer}.likeness.masked")
    share = graph.add("Softmax", likeness, name=f"{layer}.share", axis=-1)
    read = graph.add("MatMul", share, v, name=f"{layer}.read")
    read = graph.add("Transpose", read, name=f"{layer}.read.last", perm=[1, 0, 2])
    read = graph.add("Reshape", read, "heads_together", name=f"{layer}.read.joined")
    out = graph.norm(graph.matrix(read, layer, "out"), f"{layer}.after_attention", WIDTH, f"{layer}.out.norm")
    x = graph.add("Add", x, out, name=f"{layer}.attended")
    h = graph.norm(x, f"{layer}.before_inner", WIDTH, f"{layer}.inner")
    both = graph.matrix(h, layer, "gate_up")
    gate, up = graph.add("Split", both, name=f"{layer}.gate_up.split", outputs=2, axis=-1, num_outputs=2).split()
    gate = graph.add("Gelu", gate, name=f"{layer}.gelu", approximate="tanh")
    h = graph.add("Mul", gate, up, name=f"{layer}.inner.product")
    h = graph.norm(graph.matrix(h, layer, "down"), f"{layer}.after_inner", WIDTH, f"{layer}.down.norm")
    return graph.add("Add", x, h, name=f"{layer}.end")


def build(layers: int) -> onnx.ModelProto:
    """The graph: `pieces` (tokens) in, `hidden` (tokens, width) out."""
    graph = Graph()
    graph.whole("last", [-1])
    for name, value in (("most", 127.0), ("least", 1e-9), ("middle", 128.0)):
        graph.inits.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    graph.inits.append(helper.make_tensor("middle_byte", TensorProto.UINT8, [], [128]))
    graph.given(MIDDLE_WEIGHT, TensorProto.INT8, [])
    for kind, (inputs, _) in MATRICES.items():
        count = STRETCHES[kind]
        graph.whole(f"{kind}_stretches", [-1, count, inputs // count])
        graph.whole(f"{kind}_inputs", [-1, inputs])
        graph.whole(f"{kind}_scales", [-1, count])
    graph.whole("qkv_sizes", [HEADS * HEAD, HEAD, HEAD])
    graph.whole("heads_apart", [-1, HEADS, HEAD])
    graph.whole("heads_together", [-1, HEADS * HEAD])
    for name, values in (("none", [0]), ("first_axis", [0]), ("none_twice", [0, 0]), ("both_axes", [0, 1])):
        graph.whole(name, values)
    for name, value in (("scale", HEAD**-0.5), ("root_of_width", WIDTH**0.5)):
        graph.inits.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
    graph.positions("pieces")
    x = graph.embedded("pieces")
    for number in range(layers):
        x = add_layer(graph, x, number)
    graph.add("Identity", x, name="hidden")
    made = helper.make_graph(
        graph.nodes,
        "gemma_layers",
        [helper.make_tensor_value_info("pieces", TensorProto.INT64, ["tokens"])],
        [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["tokens", WIDTH])],
        graph.inits,
    )
    return _model(made)


def build_probe() -> onnx.ModelProto:
    """A product of bytes whose sums are the largest that there can be."""
    weight = helper.make_tensor(
        "weight", TensorProto.INT8, [PROBE_INPUTS, PROBE_OUTPUTS], [127] * PROBE_INPUTS * PROBE_OUTPUTS
    )
    made = helper.make_graph(
        [helper.make_node("MatMulInteger", ["bytes", "weight"], ["products"], name="products")],
        "byte_products",
        [helper.make_tensor_value_info("bytes", TensorProto.UINT8, [PROBE_ROWS, PROBE_INPUTS])],
        [helper.make_tensor_value_info("products", TensorProto.INT32, [PROBE_ROWS, PROBE_OUTPUTS])],
        [weight],
    )
    return _model(made)


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="zhenyan")


def main() -> None:
    """Writes the graphs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=PROBE.parent)
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    for name, model in ((GRAPH.name, build(LAYERS)), (PROBE.name, build_probe())):
        (options.to / name).write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()

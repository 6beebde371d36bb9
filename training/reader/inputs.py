"""How large each input of the reader's matrices gets on talk: by that they are levelled before they are packed."""

import io
from collections.abc import Sequence

import numpy as np
from onnx import TensorProto, helper
from onnxruntime import InferenceSession, OrtValue, SessionOptions

from claims.classifier.gemma import PackagedGemma, read_layers
from claims.classifier.layer_weights import BLOCKS, LAYERS
from training.reader.graph import build

_LISTENED = 256


def with_largest(layers: bytes, texts: Sequence[str]) -> bytes:
    """`layers.npz` with the largest inputs of every matrix beside what is added to it.

    Some of the texts are read, evenly picked. The mark at the beginning is left out: its inputs are like no other's.
    """
    graph = build(LAYERS, BLOCKS)
    inputs = {node.name.removesuffix(".product")[1:]: node.input[0] for node in graph.graph.node if node.domain}
    graph.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", None]) for name in inputs.values()
    )
    reader = PackagedGemma(layers=layers)
    options = SessionOptions()
    weights = reader.weights(BLOCKS)
    values = [OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    session = InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    largest: dict[str, np.ndarray] = {}
    for text in texts[:: max(1, len(texts) // _LISTENED)]:
        for name, seen in zip(inputs, session.run(list(inputs.values()), reader.given(text)), strict=True):
            most = np.abs(seen[1:]).max(axis=0, initial=0.0)
            largest[name] = np.maximum(largest.get(name, most), most)
    stored = read_layers(layers) | {f"{name}.largest": most for name, most in largest.items()}
    packed = io.BytesIO()
    arrays = {name: array.astype(np.float16) for name, array in sorted(stored.items())}
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()

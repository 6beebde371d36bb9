"""How large each input of the reader's matrices gets on talk: by that they are levelled before they are packed."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnxruntime import InferenceSession, SessionOptions

from claims.classifier.arrays import packed
from claims.classifier.base_model import open_tokenizer, pieces_of
from claims.classifier.converted import converted_reader
from claims.classifier.gemma import best_way, packaged_model
from claims.classifier.trained_layers import LARGEST, read_layers
from training.reader.graph import APART

_LISTENED = 256


def with_largest(layers: bytes, texts: Sequence[str]) -> bytes:
    """`layers.npz` with the largest inputs of every matrix beside what is added to it.

    Some of the texts are read, evenly picked, with matrices that are not levelled. The mark at the beginning is left
    out: its inputs are like no other's.
    """
    stored = {name: array for name, array in read_layers(layers).items() if not name.endswith(LARGEST)}
    place = converted_reader(packaged_model(), None, packed(stored), best_way())
    graph = onnx.load(place, load_external_data=False)
    nodes = [node for node in graph.graph.node if node.name.endswith(APART)]
    inputs = {node.name.removesuffix(APART)[1:]: node.input[0] for node in nodes}
    graph.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", None]) for name in inputs.values()
    )
    tokenizer = open_tokenizer(place.parent)
    options = SessionOptions()
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(place.parent))
    session = InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    largest: dict[str, np.ndarray] = {}
    for text in texts[:: max(1, len(texts) // _LISTENED)]:
        pieces = np.asarray(pieces_of(tokenizer, text), dtype=np.int64)
        for name, seen in zip(inputs, session.run(list(inputs.values()), {"pieces": pieces}), strict=True):
            most = np.abs(seen[1:]).max(axis=0, initial=0.0)
            largest[name] = np.maximum(largest.get(name, most), most)
    return packed(stored | {f"{name}{LARGEST}": most for name, most in largest.items()})

"""Random weights of the shapes that sherpa-onnx loads: they prove the loading and the contract, not the hearing."""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FEATURE_SIZE = 560
SYMBOLS = ("<blk>", "<s>", "</s>", "<unk>", "▁", "真", "言", "家", "人", "们", "好", "，", "a", "b")
SHARED_METADATA = {
    "lfr_window_size": "7",
    "lfr_window_shift": "6",
    "vocab_size": str(len(SYMBOLS)),
    "neg_mean": ",".join(["-8.0"] * FEATURE_SIZE),
    "inv_stddev": ",".join(["0.2"] * FEATURE_SIZE),
}


def write_sensevoice(folder: Path, *, metadata: bool = True) -> None:
    """A linear layer behind SenseVoice's inputs, with its four frames of language, mood, event and style first."""
    nodes = [
        helper.make_node("MatMul", ["x", "weights"], ["frames"]),
        helper.make_node("Pad", ["frames", "four_before"], ["logits"]),
    ]
    before = numpy_helper.from_array(np.array([0, 4, 0, 0, 0, 0], np.int64), "four_before")
    names = ("x_length", "language", "text_norm")
    inputs = [_floats("x", "N", "T", FEATURE_SIZE), *(_integers(name) for name in names)]
    extra = {"normalize_samples": "0", "with_itn": "14", "without_itn": "15"}
    extra |= {
        f"lang_{name}": str(at) for name, at in (("auto", 0), ("zh", 3), ("en", 4), ("yue", 7), ("ja", 11), ("ko", 12))
    }
    graph = helper.make_graph(
        nodes, "sensevoice", inputs, [_floats("logits", "N", "U", len(SYMBOLS))], [_weights(), before]
    )
    _write(folder, graph, {"model_type": "sense_voice_ctc"} | extra | SHARED_METADATA if metadata else {})


def write_paraformer(folder: Path) -> None:
    """A linear layer that reads a character out of every frame."""
    nodes = [
        helper.make_node("MatMul", ["speech", "weights"], ["logits"]),
        helper.make_node("Identity", ["speech_lengths"], ["token_num"]),
    ]
    inputs = [_floats("speech", "N", "T", FEATURE_SIZE), _integers("speech_lengths")]
    outputs = [_floats("logits", "N", "U", len(SYMBOLS)), _integers("token_num")]
    graph = helper.make_graph(nodes, "paraformer", inputs, outputs, [_weights()])
    _write(folder, graph, {"model_type": "paraformer"} | SHARED_METADATA)


def _write(folder: Path, graph: onnx.GraphProto, metadata: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")
    lines = (f"{symbol} {index}\n" for index, symbol in enumerate(SYMBOLS))
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")


def _weights() -> onnx.TensorProto:
    weights: NDArray[np.float32] = (
        np.random.default_rng(11).normal(0, 1, (FEATURE_SIZE, len(SYMBOLS))).astype(np.float32)
    )
    return numpy_helper.from_array(weights, "weights")


def _floats(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _integers(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT32, ["N"])

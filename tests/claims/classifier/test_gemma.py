"""The language model under the classifier: cut, opened and read as it should be, and refused where it is not."""

from heapq import heapify, heappop
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from gguf import GGUFReader, TokenType
from gguf.quants import dequantize
from hypothesis import given
from hypothesis import strategies as st
from onnxruntime import InferenceSession
from sentencepiece import SentencePieceProcessor

import configs
from claims.classifier import gemma
from claims.classifier.base_model import BEGIN, BaseModel, pieces_of
from claims.classifier.conversion import tokenizer_of
from claims.classifier.converted import converted_base
from claims.classifier.gemma import PackagedGemma, best_way, packaged_model, pooled
from claims.classifier.layer_weights import (
    BLOCK,
    GRAPH,
    LAYERS,
    MATRICES,
    MIDDLE_WEIGHT,
    MIDDLES,
    MOST_TOKENS,
    NORMS,
    SIGNED,
    STRETCHES,
    UNSIGNED,
    WIDTH,
    in_eight_bits,
    layer_weights,
    levelled,
)
from claims.classifier.trained_layers import added_from, largest_from, read_layers
from claims.errors import SemanticError, SemanticMissing

TRAINED = configs.SEMANTIC_DIR / "gemma" / "layers.npz"
SAID = ["吃了它你就不用打针了", "kang癌 🩸⬆️ 100%  ABC 三号链接", "这双鞋是四十二码的,别拍错", "Ａ　ｂ 全角"]
TEXTS = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40)


@pytest.fixture(scope="module")
def model() -> BaseModel:
    return BaseModel(converted_base(packaged_model(), None))


@pytest.fixture(scope="module")
def vocabulary(model: BaseModel) -> dict[str, int]:
    return {model.tokenizer.id_to_piece(number): number for number in range(model.tokenizer.get_piece_size())}


@pytest.fixture(scope="module")
def encoder() -> PackagedGemma:
    return PackagedGemma()


def _cut(model: BaseModel, text: str) -> list[str]:
    return [model.tokenizer.id_to_piece(number) for number in pieces_of(model.tokenizer, text)[1:]]


def _told(cut: list[str]) -> str:
    said = b"".join(
        bytes([int(piece[3:5], 16)]) if piece.startswith("<0x") and len(piece) == 6 else piece.encode() for piece in cut
    )
    return said.decode().replace("▁", " ")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("这款蜂蜜能降血糖,糖尿病人", ["这款", "蜂蜜", "能", "降", "血糖", ",", "糖尿", "病人"]),
        ("我妈吃了它以后,医生说", ["我", "妈", "吃了", "它", "以后", ",", "医生", "说"]),
        ("三 号\n链接", ["三", "▁号", "\n", "链接"]),
    ],
)
def test_text_is_cut_as_the_model_was_trained(text: str, cut: list[str], model: BaseModel) -> None:
    assert _cut(model, text) == cut


@given(TEXTS)
def test_nothing_of_a_text_is_lost(model: BaseModel, text: str) -> None:
    assert _told(_cut(model, text)) == text.replace("▁", " ")


def _one_by_one(text: str, scores: dict[str, float]) -> list[str]:
    """SentencePiece's own rule, slowly: of all neighbours that make a piece the likeliest join, the first of equals."""
    parts = list(text.replace(" ", "▁"))
    while True:
        joins = [
            (-scores[left + right], at) for at, (left, right) in enumerate(pairwise(parts)) if left + right in scores
        ]
        if not joins:
            return parts
        heapify(joins)
        _, at = heappop(joins)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def _tokenizer(pieces: dict[str, float], types: list[TokenType]) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_proto=tokenizer_of(list(pieces), list(pieces.values()), types))


LETTERS = {"a": -9.0, "b": -9.0, "c": -9.0, "▁": -9.0, "<unk>": -99.0}


@given(
    st.dictionaries(st.text("abc▁", min_size=2, max_size=4), st.integers(0, 50).map(float), max_size=12),
    st.text("abc ", max_size=12),
)
def test_a_tokenizer_joins_as_its_scores_say(scores: dict[str, float], text: str) -> None:
    # Every piece has a score of its own, as in a vocabulary that was trained.
    own = {piece: score + number / 100 for number, (piece, score) in enumerate(scores.items())}
    pieces = {**LETTERS, **own}
    cut = _tokenizer(pieces, [TokenType.NORMAL] * len(pieces)).encode(text, out_type=str)
    assert "".join(cut) == text.replace(" ", "▁")
    assert cut == _one_by_one(text, pieces)


def test_pieces_that_a_user_defined_are_joined_as_all_are() -> None:
    pieces = {**LETTERS, "ab": -1.0, "bc": -5.0}
    user = [TokenType.USER_DEFINED if piece == "bc" else TokenType.NORMAL for piece in pieces]
    assert _tokenizer(pieces, user).encode("abc", out_type=str) == ["ab", "c"]


def test_what_no_text_file_can_hold_is_read_as_unknown(model: BaseModel) -> None:
    assert pieces_of(model.tokenizer, "三\udc80号") == pieces_of(model.tokenizer, "三\ufffd\ufffd\ufffd号")
    assert pieces_of(model.tokenizer, "") == [BEGIN]


def test_a_long_text_is_read_from_its_end(model: BaseModel) -> None:
    long = "".join(f"第{n}位家人问物流" for n in range(60))
    numbers = pieces_of(model.tokenizer, long)
    assert len(numbers) == MOST_TOKENS
    assert numbers[0] == BEGIN
    assert long.endswith(_told(_cut(model, long)))


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.classifier.packages.find_spec", lambda name: None)
    with pytest.raises(SemanticMissing, match=r"gguf_part1 is not installed; install zhenyan\[worker\]"):
        PackagedGemma()


@pytest.mark.service
def test_what_was_converted_is_what_the_packaged_file_holds(
    model: BaseModel, vocabulary: dict[str, int], tmp_path: Path
) -> None:
    whole = tmp_path / "whole.gguf"
    whole.write_bytes(b"".join(part.read_bytes() for part in packaged_model().parts))
    stored = GGUFReader(whole)
    tensors = {tensor.name: tensor for tensor in stored.tensors}
    numbers = [vocabulary[piece] for piece in ("<pad>", "蜂蜜", "血糖", "▁", "<0xFF>")]
    table = tensors["token_embd.weight"]
    assert np.array_equal(model.rows(numbers), dequantize(table.data[numbers], table.tensor_type))
    for number, part in ((0, "attn_k"), (LAYERS - 1, "ffn_down"), (3, "attn_output"), (5, "attn_norm")):
        name = f"blk.{number}.{part}.weight"
        assert np.array_equal(model.tensor(name), dequantize(tensors[name].data, tensors[name].tensor_type))
    assert vocabulary == {piece: n for n, piece in enumerate(stored.fields["tokenizer.ggml.tokens"].contents())}


@pytest.mark.parametrize("scale", [1e-4, 0.05, 3.0])
@pytest.mark.parametrize("block", [BLOCK, 64, 128])
def test_eight_bits_lose_no_more_than_half_a_step(scale: float, block: int) -> None:
    values = np.random.default_rng(2).normal(0.0, scale, (16, 128)).astype(np.float32)
    steps, scales = in_eight_bits(values, block)
    assert scales.shape == (16, 128 // block)
    assert steps.min() >= -127
    wide = np.repeat(scales, block, axis=1)
    assert (np.abs(steps * wide - values) <= wide * 0.501).all()
    assert not in_eight_bits(np.zeros((2, 128), np.float32), block)[0].any()


class Drawn:
    """The sizes of the packaged model's layers, with numbers of chance."""

    def __init__(self) -> None:
        self._dice = np.random.default_rng(5)
        self._sizes = {"attn_q": (1024, 640), "attn_k": (256, 640), "attn_v": (256, 640), "attn_output": (640, 1024)}
        self._sizes |= {"ffn_gate": (2048, 640), "ffn_up": (2048, 640), "ffn_down": (640, 2048)}

    def tensor(self, name: str) -> np.ndarray:
        part = name.split(".")[2]
        size = self._sizes.get(part, (256 if part in {"attn_q_norm", "attn_k_norm"} else WIDTH,))
        return self._dice.normal(0.0, 0.05, size).astype(np.float32)


@pytest.mark.parametrize("way", [SIGNED, UNSIGNED])
def test_matrices_are_packed_as_the_graph_multiplies_them(way: str) -> None:
    weights = layer_weights(Drawn(), {}, {}, way)
    plain = Drawn()
    for stored in NORMS.values():
        plain.tensor(f"blk.0.{stored}.weight")
    qkv = np.concatenate([plain.tensor(f"blk.0.{part}.weight") for part in MATRICES["qkv"]])
    parts = [(weights[f"l0.qkv.{n}"], weights[f"l0.qkv.{n}.scale"]) for n in range(STRETCHES["qkv"])]
    middle = weights[MIDDLE_WEIGHT].astype(np.float32)
    again = np.concatenate([((steps - middle) * scale).T for steps, scale in parts], axis=1)
    assert np.abs(again - qkv).max() < np.abs(qkv).max() / 250


def test_a_levelled_layer_says_the_same(model: BaseModel) -> None:
    dice = np.random.default_rng(4)
    layer = {name: model.tensor(f"blk.0.{stored}.weight") for name, stored in NORMS.items()}
    for name, parts in MATRICES.items():
        layer[name] = np.concatenate([model.tensor(f"blk.0.{part}.weight") for part in parts])
    seen = {name: np.exp(dice.normal(0, 2, layer[name].shape[1])).astype(np.float32) for name in MATRICES}
    made = levelled(layer, seen)
    x = dice.normal(0, 1, (3, WIDTH)).astype(np.float32)
    for norm, matrix in (("before_attention", "qkv"), ("before_inner", "gate_up")):
        whole = (x * layer[norm]) @ layer[matrix].T
        again = (x * made[norm]) @ made[matrix].T
        kept = slice(0, len(whole[0]) - 256) if matrix == "qkv" else slice(0, 2048)
        assert np.allclose(whole[:, kept], again[:, kept], rtol=1e-3, atol=1e-3)
    inner = (x * layer["before_inner"]) @ layer["gate_up"][2048:].T
    levelled_inner = (x * made["before_inner"]) @ made["gate_up"][2048:].T
    assert np.allclose(inner @ layer["down"].T, levelled_inner @ made["down"].T, rtol=1e-2, atol=1e-2)
    values = (x * layer["before_attention"]) @ layer["qkv"][-256:].T
    levelled_values = (x * made["before_attention"]) @ made["qkv"][-256:].T
    read, levelled_read = np.tile(values, 4), np.tile(levelled_values, 4)
    assert np.allclose(read @ layer["out"].T, levelled_read @ made["out"].T, rtol=1e-2, atol=1e-2)


@pytest.mark.skipif(best_way() == UNSIGNED, reason="this processor can't sum up products of signed bytes")
def test_both_ways_to_pack_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    read = {}
    for way in (SIGNED, UNSIGNED):
        monkeypatch.setattr(gemma, "best_way", lambda way=way: way)
        read[way] = PackagedGemma(layers=TRAINED.read_bytes()).encode(SAID)
    assert np.array_equal(read[SIGNED], read[UNSIGNED])


def test_unsigned_weights_are_multiplied_exactly_on_every_processor() -> None:
    """By the graph's own product, of the largest bytes and of bytes of chance."""
    dice = np.random.default_rng(7)
    inputs, outputs = 256, 48
    weights = dice.integers(0, 256, (inputs, outputs), dtype=np.uint8)
    weights[:, 0], weights[:, 1] = 255, 0
    said = dice.integers(0, 256, (9, inputs), dtype=np.uint8)
    said[0], said[1] = 255, 0
    multiply = product_of(onnx.load(GRAPH, load_external_data=False), weights)
    found = multiply.run(None, {"said": said})[0]
    wanted = (said.astype(np.int64) - 128) @ (weights.astype(np.int64) - int(MIDDLES[UNSIGNED]))
    assert np.array_equal(found, wanted)


def product_of(graph: onnx.ModelProto, weights: np.ndarray) -> InferenceSession:
    """A product as the graph has it, with these weights."""
    node = next(node for node in graph.graph.node if node.op_type == "MatMulInteger")
    weight, middle, middle_weight = (node.input[n] for n in (1, 2, 3))
    node.input[0] = "said"
    kept = [one for one in graph.graph.initializer if one.name == middle]
    kept += [
        onnx.numpy_helper.from_array(weights, weight),
        onnx.numpy_helper.from_array(MIDDLES[UNSIGNED], middle_weight),
    ]
    made = onnx.helper.make_graph(
        [node],
        "product",
        [onnx.helper.make_tensor_value_info("said", onnx.TensorProto.UINT8, [None, len(weights)])],
        [onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.INT32, [None, weights.shape[1]])],
        kept,
    )
    model = onnx.helper.make_model(made, opset_imports=graph.opset_import, ir_version=graph.ir_version)
    return InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_the_trained_layers_tell_their_largest_inputs() -> None:
    assert len(largest_from(read_layers(TRAINED.read_bytes()))) == LAYERS * len(MATRICES)


def test_the_way_is_one_that_there_is(model: BaseModel) -> None:
    assert best_way() in {SIGNED, UNSIGNED}
    weights = layer_weights(model, {}, {}, best_way())
    assert {name.partition(".")[0] for name in weights} == {*(f"l{n}" for n in range(LAYERS)), MIDDLE_WEIGHT}


def test_a_text_is_read_alike_however_often_and_beside_whatever(encoder: PackagedGemma) -> None:
    together = encoder.encode(SAID)
    assert together.shape == (len(SAID), 2 * WIDTH)
    for text, direction in zip(SAID, together, strict=True):
        assert np.array_equal(encoder.encode([text])[0], direction)
    assert encoder.encode([]).shape == (0, 2 * WIDTH)


def test_the_longest_text_is_read_by_its_end(encoder: PackagedGemma) -> None:
    long = ",".join([f"第{n}位家人刚才问的是物流" for n in range(60)])
    read, other = encoder.encode([long, long + "吃了它你就不用打针了"])
    assert np.isfinite(read).all()
    assert not np.allclose(read, other)


def test_an_empty_text_has_a_direction(encoder: PackagedGemma) -> None:
    assert np.isfinite(encoder.encode([""])).all()


def test_a_direction_is_the_mean_and_the_last_of_unit_size() -> None:
    hidden = np.array([[9.0, 9.0], [3.0, 4.0], [0.0, 2.0]], dtype=np.float32)
    size = np.sqrt(12.5)
    expected = np.array([(3 / size + 0) / 2, (4 / size + np.sqrt(2)) / 2, 0.0, np.sqrt(2)]) / 4
    assert np.allclose(pooled(hidden), expected, atol=1e-5)


def test_what_was_trained_changes_what_is_read(encoder: PackagedGemma) -> None:
    layers = (configs.SEMANTIC_DIR / "gemma" / "layers.npz").read_bytes()
    trained = PackagedGemma(layers=layers)
    assert trained.key != encoder.key
    assert not np.allclose(trained.encode(SAID), encoder.encode(SAID), atol=0.01)
    numbers = {int(name.partition(".")[0]) for name in added_from(read_layers(layers))}
    assert numbers
    assert max(numbers) < LAYERS


@pytest.mark.parametrize("damaged", [b"nothing of numpy", b"PK\x03\x04 broken"])
def test_layers_that_are_damaged_are_refused(damaged: bytes) -> None:
    with pytest.raises(SemanticError, match=r"trained layers can't be read.*train them anew"):
        PackagedGemma(layers=damaged)

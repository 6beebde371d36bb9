"""The language model under the classifier: cut, opened and read as it should be, and refused where it is not."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import configs
from claims.classifier import gemma
from claims.classifier.gemma import (
    SHA256,
    WIDTH,
    PackagedGemma,
    added_from,
    best_way,
    largest_from,
    model_files,
    pooled,
    read_layers,
)
from claims.classifier.gguf import ModelFile, Parts, Pieces
from claims.classifier.layer_weights import (
    BLOCKS,
    LAYERS,
    MATRICES,
    NORMS,
    ROWS,
    in_blocks,
    in_rows,
    layer_weights,
    levelled,
)
from claims.errors import SemanticError, SemanticMissing

SAID = ["吃了它你就不用打针了", "kang癌 🩸⬆️ 100%  ABC 三号链接", "这双鞋是四十二码的,别拍错", "Ａ　ｂ 全角"]


@pytest.fixture(scope="module")
def model() -> ModelFile:
    return ModelFile(model_files(), SHA256)


@pytest.fixture(scope="module")
def pieces(model: ModelFile) -> Pieces:
    return Pieces(model)


@pytest.fixture(scope="module")
def vocabulary(model: ModelFile) -> list[bytes]:
    texts = model.values["tokenizer.ggml.tokens"]
    assert isinstance(texts, list)
    return texts


@pytest.fixture(scope="module")
def encoder() -> PackagedGemma:
    return PackagedGemma()


def _told(numbers: list[int], vocabulary: list[bytes]) -> str:
    said = b"".join(
        bytes([int(piece[3:5], 16)]) if piece.startswith(b"<0x") and len(piece) == 6 else piece
        for piece in (vocabulary[n] for n in numbers)
    )
    return said.decode().replace("▁", " ")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("这款蜂蜜能降血糖,糖尿病人", ["这款", "蜂蜜", "能", "降", "血糖", ",", "糖尿", "病人"]),
        ("我妈吃了它以后,医生说", ["我", "妈", "吃了", "它", "以后", ",", "医生", "说"]),
    ],
)
def test_text_is_cut_as_the_model_was_trained(
    text: str, cut: list[str], pieces: Pieces, vocabulary: list[bytes]
) -> None:
    assert [vocabulary[n].decode() for n in pieces.numbers(text)] == cut


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
def test_nothing_of_a_text_is_lost(pieces: Pieces, vocabulary: list[bytes], text: str) -> None:
    assert _told(pieces.numbers(text), vocabulary) == text.replace("▁", " ")


def test_parts_are_read_over_their_ends(tmp_path: Path) -> None:
    whole = bytes(range(200))
    files = []
    for number, (start, end) in enumerate(pairwise([0, 7, 8, 120, 200])):
        files.append(tmp_path / f"part{number}")
        files[-1].write_bytes(whole[start:end])
    parts = Parts(files)
    assert len(parts) == len(whole)
    for start, count in ((0, 200), (5, 4), (7, 1), (6, 190), (199, 1), (3, 0)):
        assert parts.read(start, count) == whole[start : start + count]
    with pytest.raises(SemanticError, match="ends at byte 200, before 201"):
        parts.read(150, 51)


def test_a_part_that_was_changed_is_refused(tmp_path: Path) -> None:
    files = model_files()
    changed = tmp_path / files[-1].name
    content = files[-1].read_bytes()
    changed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(SemanticError, match=f"have sha256 [0-9a-f]{{64}}, not {SHA256}"):
        ModelFile([*files[:-1], changed], SHA256)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    with pytest.raises(SemanticError, match="other is no GGUF file"):
        ModelFile([other], Parts([other]).sha256())


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.classifier.packages.find_spec", lambda name: None)
    with pytest.raises(SemanticMissing, match=r"gguf_part1 is not installed; install zhenyan\[worker\]"):
        PackagedGemma()


def test_rows_are_those_of_the_whole_matrix(model: ModelFile) -> None:
    whole = model.tensor("blk.0.attn_k.weight")
    assert whole.shape == (256, WIDTH)
    assert np.array_equal(model.rows("blk.0.attn_k.weight", [3, 0, 255, 3]), whole[[3, 0, 255, 3]])


@pytest.mark.parametrize("scale", [1e-4, 0.05, 3.0])
def test_eight_bits_lose_no_more_than_half_a_step(scale: float) -> None:
    values = np.random.default_rng(2).normal(0.0, scale, (16, 128)).astype(np.float32)
    packed, scales = in_blocks(values)
    again = (packed.astype(np.float32) - 128) * scales.reshape(16, 4, 1)
    assert (np.abs(again.reshape(16, 128) - values) <= np.repeat(scales.reshape(16, 4), 32, axis=1) * 0.501).all()
    assert in_blocks(np.zeros((2, 64), np.float32))[0].tolist() == np.full((2, 2, 32), 128).tolist()


def test_rows_lose_no_more_than_half_a_step() -> None:
    values = np.random.default_rng(3).normal(0.0, 0.05, (16, 64)).astype(np.float32)
    packed, scales = in_rows(values)
    assert packed.shape == (64, 16)
    assert (np.abs(packed.T.astype(np.float32) * scales[:, None] - values) <= scales[:, None] * 0.501).all()


def test_a_levelled_layer_says_the_same(model: ModelFile) -> None:
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


def test_both_ways_to_pack_read_nearly_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = (configs.SEMANTIC_DIR / "gemma" / "layers.npz").read_bytes()
    assert len(largest_from(read_layers(layers))) == LAYERS * len(MATRICES)
    read = {}
    for way in (ROWS, BLOCKS):
        monkeypatch.setattr(gemma, "best_way", lambda way=way: way)
        read[way] = PackagedGemma(layers=layers).encode(SAID)
    sizes = [np.linalg.norm(read[way], axis=1) for way in (ROWS, BLOCKS)]
    assert ((read[ROWS] * read[BLOCKS]).sum(axis=1) / (sizes[0] * sizes[1]) > 0.98).all()


def test_the_way_is_one_that_this_processor_multiplies(model: ModelFile) -> None:
    assert best_way() in {ROWS, BLOCKS}
    weights = layer_weights(model, {}, {}, best_way())
    assert {name.partition(".")[0] for name in weights} == {f"l{n}" for n in range(LAYERS)}


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

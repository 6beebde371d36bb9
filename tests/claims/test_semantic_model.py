"""Any BERT by name or folder as the encoder: a tiny one, made here."""

from pathlib import Path

import numpy as np
import pytest

import configs
from claims.errors import SemanticError, SemanticMissing
from claims.semantic import LAWFUL
from claims.semantic_classifier import CLASS_PLACES, ClassifierFile
from claims.semantic_files import open_classifier, open_encoder, save_classifier
from claims.semantic_grams import FAMILIES, PLACES, character_row

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
SIZE = 16


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"喝了它你就不用打针这双鞋是四十二码的"]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(words)), encoding="utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=64,
        hidden_size=SIZE,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def test_directions_are_unit_rows_in_the_order_of_the_texts(tiny_bert: Path) -> None:
    encoder = open_encoder(str(tiny_bert), device="cpu", threads=1)
    texts = ["喝了它", "这双鞋是四十二码的", "喝了它"]
    rows = encoder.encode(texts)
    assert rows.shape == (3, SIZE)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert np.allclose(rows[0], rows[2], atol=1e-5)
    assert not np.allclose(rows[0], rows[1], atol=1e-3)
    assert np.allclose(rows[1], encoder.encode(texts[1:2])[0], atol=1e-5)
    assert encoder.encode([]).shape == (0, SIZE)
    assert encoder.batch_size > 1


def test_more_texts_than_a_batch_are_all_read(tiny_bert: Path) -> None:
    encoder = open_encoder(str(tiny_bert), device="cpu", threads=1)
    assert encoder.encode(["喝了它"] * (encoder.batch_size + 3)).shape == (encoder.batch_size + 3, SIZE)


def _gate(stretch: str) -> np.ndarray:
    """A gate that these two characters alone open."""
    gate = np.zeros(SIZE + len(FAMILIES) * PLACES, np.float32)
    gate[SIZE + character_row(stretch).places] = 40.0
    return gate


def test_a_classifier_over_a_named_encoder_is_opened_and_proposes(tiny_bert: Path, tmp_path: Path) -> None:
    save_classifier(
        tmp_path,
        ClassifierFile(
            encoder=str(tiny_bert),
            classes=("-", "DISEASE_FOOD"),
            flag_from=0.6,
            note_from=0.55,
            lawful_below=0.01,
            known=("不用打针",),
            known_classes=("DISEASE_FOOD",),
            weights_sha256="",
            record={},
        ),
        {
            "centre": np.zeros(SIZE, np.float32),
            "rarity": np.ones((len(FAMILIES), PLACES), np.float32),
            "gate": _gate("打针"),
            "gate_bias": np.full(1, -6.0, np.float32),
            "weights": np.zeros((SIZE + CLASS_PLACES, 1), np.float32),
            "bias": np.zeros(1, np.float32),
            "known": np.full((1, SIZE), SIZE**-0.5, np.float32),
        },
    )
    classifier = open_classifier(tmp_path, device="cpu")
    (proposal,) = classifier.propose(["你就不用打针"], frozenset({"DISEASE_FOOD"}))
    assert proposal.flags
    assert proposal.known[0].text == "不用打针"
    (lawful,) = classifier.propose(["这双鞋是的"], frozenset({"DISEASE_FOOD"}))
    assert lawful.class_id == LAWFUL


def test_the_same_training_writes_the_same_bytes(tmp_path: Path) -> None:
    folder = configs.SEMANTIC_DIR / "gemma"
    trained = open_classifier(folder)
    with np.load(folder / "weights.npz") as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    save_classifier(tmp_path, trained.file, arrays, (folder / "layers.npz").read_bytes())
    for name in ("weights.npz", "layers.npz", "classifier.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SemanticError, match="can't be loaded") as refusal:
        open_encoder(str(tmp_path / "nowhere"), device="cpu", threads=1)
    assert "nowhere" in str(refusal.value)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "claims.semantic_model", None)
    monkeypatch.delattr("claims.semantic_model", raising=False)
    with pytest.raises(SemanticMissing, match=r"zhenyan\[embed\]"):
        open_encoder("some/encoder", device="cpu", threads=1)

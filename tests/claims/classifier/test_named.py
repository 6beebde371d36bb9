"""Any BERT by name or folder as the encoder: a tiny one, made here."""

from pathlib import Path

import numpy as np
import pytest

import configs
from claims.classifier.files import open_classifier, open_encoder, save_classifier
from claims.classifier.reader import ClassifierFile
from claims.errors import SemanticError, SemanticMissing
from tests.claims.support import CALIBRATION

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


def test_a_reader_over_a_named_encoder_is_opened_and_reads(tiny_bert: Path, tmp_path: Path) -> None:
    encoder = open_encoder(str(tiny_bert), device="cpu", threads=1)
    ill, shoe = encoder.encode(["你就不用打针", "这双鞋是的"])
    save_classifier(
        tmp_path,
        ClassifierFile(
            encoder=str(tiny_bert),
            classes=("DISEASE_FOOD", "ALCOHOL"),
            goods={},
            calibrations={"*": CALIBRATION},
            known=("你就不用打针",),
            known_classes=("DISEASE_FOOD",),
            weights_sha256="",
            record={},
        ),
        {
            "gate": (40 * (ill - shoe)).astype(np.float32),
            "gate_bias": np.zeros(1, np.float32),
            "classes": np.stack([ill, -ill], axis=1).astype(np.float32),
            "class_bias": np.zeros(2, np.float32),
            "known": ill[None].astype(np.float32),
        },
    )
    reader = open_classifier(tmp_path, device="cpu")
    said, other = reader.read("你就不用打针", "food"), reader.read("这双鞋是的", "textile")
    assert said.breach > other.breach
    assert said.classes[0][0] == "DISEASE_FOOD"
    assert sum(share for _, share in said.classes) == pytest.approx(1.0, abs=1e-3)
    (known,) = reader.like("你就不用打针", "food", "DISEASE_FOOD")
    assert (known.text, known.similarity) == ("你就不用打针", pytest.approx(1.0, abs=2e-3))
    assert reader.like("你就不用打针", "food", "ALCOHOL") == ()


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
    monkeypatch.setitem(__import__("sys").modules, "claims.classifier.named", None)
    monkeypatch.delattr("claims.classifier.named", raising=False)
    with pytest.raises(SemanticMissing, match=r"zhenyan\[embed\]"):
        open_encoder("some/encoder", device="cpu", threads=1)

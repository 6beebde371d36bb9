"""The language model as it is trained is the one that the engine reads, and its layers learn what they are shown."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from claims.classifier.gemma import PackagedGemma
from claims.classifier.reader import ClassifierFile
from claims.classifier.trained_layers import largest_from, read_layers
from claims.policy.policy import Policy
from cli.policy.labelled_talk import Said
from training.reader import fit, graph, inputs, tuning
from training.reader.average import averaged

ROOT = Path(__file__).resolve().parents[2]
SAID = ["吃了它你就不用打针了", "kang癌 🩸⬆️ 100%  ABC 三号链接", "这双鞋是四十二码的,别拍错", "Ａ　ｂ 全角"]


def test_the_graphs_are_those_that_the_script_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["reader_graph.py", "--to", str(tmp_path)])
    graph.main()
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(written) == ["byte_products.onnx", "gemma_layers.onnx"]
    for name, content in written.items():
        assert (ROOT / "claims" / "models" / name).read_bytes() == content


def test_the_largest_inputs_are_told_with_what_was_trained() -> None:
    """Of layers that are levelled already too: what is seen is as large as when they were trained."""
    folder = ROOT / "configs" / "semantic" / "gemma"
    layers = (folder / "layers.npz").read_bytes()
    said = ClassifierFile.model_validate_json((folder / "classifier.json").read_bytes()).known[:128]
    trained, again = read_layers(layers), read_layers(inputs.with_largest(layers, said))
    assert again.keys() == trained.keys()
    known, seen = largest_from(trained), largest_from(again)
    shares = {name: float(np.median(seen[name] / np.maximum(most, 1e-6))) for name, most in known.items()}
    assert 0.6 < min(shares.values()) < max(shares.values()) < 1.05, shares


def test_the_engine_reads_what_torch_trains() -> None:
    samples = [tuning.Sample(text=text, breach=1.0, class_places=(0,)) for text in SAID]
    work = tuning._Tuning(samples, 2, 0)
    packaged = PackagedGemma().encode(SAID)
    dice = torch.Generator().manual_seed(1)
    with torch.no_grad():
        before = work._directions(samples).numpy()
        for layer in work._top:
            for matrix in layer.matrices.values():
                matrix.narrow[1] += torch.randn(matrix.narrow[1].shape, generator=dice) * 0.1
        changed = work._directions(samples).numpy()
    read = PackagedGemma(layers=work.tuned().layers).encode(SAID)
    for of_torch, of_engine in ((before, packaged), (changed, read)):
        assert _alike(of_torch, of_engine).min() > 0.99
    assert _alike(packaged, read).max() < 0.98


def test_it_goes_on_where_it_was_left() -> None:
    samples = [tuning.Sample(text=text, breach=1.0, class_places=(0,)) for text in SAID]
    work = tuning._Tuning(samples, 2, 0)
    dice = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for part in (*work._top.parameters(), *work._gate.parameters(), *work._classes.parameters()):
            part += torch.randn(part.shape, generator=dice) * 0.05
        left = work.tuned()
        again = tuning._Tuning(samples, 2, 3, start=left)
        assert _alike(work._directions(samples).numpy(), again._directions(samples).numpy()).min() > 0.999
    for name in ("gate", "classes", "class_bias"):
        assert np.allclose(getattr(again.tuned(), name), getattr(left, name))
    assert again.tuned().gate_bias == pytest.approx(left.gate_bias)


@pytest.mark.service
def test_layers_learn_what_they_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "PASSES", 8)
    monkeypatch.setattr(tuning, "WARM", 0.3)
    monkeypatch.setattr(tuning, "BATCH", 16)
    goods, ills = ["蜂蜜", "核桃", "红枣", "小米", "山药", "藕粉"], ["血糖", "血压", "失眠", "胃痛", "关节", "咳嗽"]
    samples = [
        tuning.Sample(text=f"{g}吃上半个月{i}就好了", breach=1.0, class_places=(n % 2,))
        for n, (g, i) in enumerate((g, i) for g in goods for i in ills)
    ]
    samples += [tuning.Sample(text=f"有{i}的先去看医生,{g}只是吃的", breach=0.0) for g in goods for i in ills]
    tuned = tuning.tune(samples, 2, 0, tmp_path)
    said = PackagedGemma(layers=tuned.layers).encode(["桂圆吃上半个月头晕就好了", "有头晕的先去看医生"])
    breach, lawful = said @ tuned.gate + tuned.gate_bias
    assert breach > 0 > lawful
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    assert tuning.tune(samples, 2, 0, tmp_path).layers == tuned.layers
    assert kept.stat().st_mtime_ns == written


def said(text: str, label: Any, *classes: str) -> Said:
    return Said(window="w", number=0, text=text, label=label, classes=classes, category="food/tea")


def test_samples_tell_goods_labels_and_classes(policy: Policy) -> None:
    talk = [
        said("这茶治好了,我妈的病。", "breach", "DISEASE_FOOD", "ORIGIN"),
        said("三号链接!", "lawful"),
        said("三号?", "unsure"),
    ]
    samples = fit.samples_of(talk, (), ["DISEASE_FOOD"], {"food": "食品:"}, fit.Folding(policy))
    assert [s.text.removeprefix("食品:") for s in samples] == ["这茶治好了,我妈的病", "三号链接", "三号"]
    assert [(s.breach, s.class_places) for s in samples] == [(1.0, (0,)), (0.0, ()), (fit.UNSURE, ())]


def test_own_talk_is_shown_also_as_it_might_have_been_heard(policy: Policy) -> None:
    own = [said(f"家人们这款枣花蜜是{n}号链接,今天拍下送勺子", "lawful") for n in "一二三四五六七八九十"]
    samples = fit.samples_of((), own, ["DISEASE_FOOD"], {}, fit.Folding(policy))
    assert len(samples) == round((1 + fit.MISHEARD_SHARE) * len(own))
    assert {s.text for s in samples} - {s.text for s in samples[: len(own)]}


def _alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def test_two_readers_are_averaged_part_by_part() -> None:
    one = {"gate": np.array([1.0, 3.0]), "0.qkv.largest": np.array([5.0])}
    other = {"gate": np.array([3.0, -1.0]), "0.qkv.largest": np.array([7.0])}
    found = averaged(one, other, 0.25)
    assert found["gate"].tolist() == [1.5, 2.0]
    # By the largest inputs matrices are levelled: the average may see those of both.
    assert found["0.qkv.largest"].tolist() == [7.0]


@pytest.mark.parametrize("other", [{"gate": np.zeros(3)}, {"bias": np.zeros(2)}])
def test_readers_of_other_shapes_are_not_averaged(other: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="same parts"):
        averaged({"gate": np.zeros(2)}, other, 0.5)

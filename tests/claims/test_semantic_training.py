"""The language model as it is trained is the one that the engine reads, and its layers learn what they are shown."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from claims.paraphrase import proposed_classes
from claims.policy import Policy
from claims.semantic_classifier import NONE
from claims.semantic_gemma import PackagedGemma

ROOT = Path(__file__).resolve().parents[2]
SAID = ["吃了它你就不用打针了", "kang癌 🩸⬆️ 100%  ABC 三号链接", "这双鞋是四十二码的,别拍错", "Ａ　ｂ 全角"]


@pytest.fixture(scope="module")
def scripts() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "scripts"))
    yield
    sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def tuning(scripts: None) -> ModuleType:
    return import_module("semantic_tuning")


def test_the_graph_is_the_one_that_the_script_writes(scripts: None) -> None:
    graph = import_module("semantic_graph")
    written = graph.build(graph.LAYERS).SerializeToString(deterministic=True)
    assert (ROOT / "claims" / "models" / "gemma_layers.onnx").read_bytes() == written


def test_the_engine_reads_what_torch_trains(tuning: ModuleType) -> None:
    samples = [tuning.Sample(text=text, breach=True, class_place=0) for text in SAID]
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


@pytest.mark.service
def test_layers_learn_what_they_are_shown(tuning: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "PASSES", 8)
    monkeypatch.setattr(tuning, "WARM", 0.3)
    monkeypatch.setattr(tuning, "BATCH", 16)
    goods, ills = ["蜂蜜", "核桃", "红枣", "小米", "山药", "藕粉"], ["血糖", "血压", "失眠", "胃痛", "关节", "咳嗽"]
    samples = [
        tuning.Sample(text=f"{g}吃上半个月{i}就好了", breach=True, class_place=n % 2)
        for n, (g, i) in enumerate((g, i) for g in goods for i in ills)
    ]
    samples += [
        tuning.Sample(text=f"有{i}的先去看医生,{g}只是吃的", breach=False, class_place=None)
        for g in goods
        for i in ills
    ]
    tuned = tuning.tune(samples, (), 2, 0, tmp_path)
    said = PackagedGemma(layers=tuned.layers).encode(["桂圆吃上半个月头晕就好了", "有头晕的先去看医生"])
    breach, lawful = said @ tuned.gate + tuned.gate_bias
    assert breach > 0 > lawful
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    assert tuning.tune(samples, (), 2, 0, tmp_path).layers == tuned.layers
    assert kept.stat().st_mtime_ns == written


def test_what_only_a_record_decides_has_its_class_and_is_no_breach(scripts: None, policy: Policy) -> None:
    samples, case = import_module("semantic_fit")._samples, import_module("semantic_cases").Case

    def shown(*classes: str) -> list[tuple[tuple[str, ...], str, bool]]:
        one = case(source="open", texts=("这罐是云南的",), classes=classes, category="food/")
        return list(samples([one], ["DISEASE_FOOD", "ORIGIN"], proposed_classes(policy)))

    assert shown("ORIGIN") == [(("这罐是云南的",), "ORIGIN", False)]
    assert shown("DISEASE_FOOD") == [(("这罐是云南的",), "DISEASE_FOOD", True)]
    assert shown("DISEASE_FOOD", "ORIGIN") == [(("这罐是云南的",), "DISEASE_FOOD", True)]
    assert shown() == [(("这罐是云南的",), NONE, False)]


def _alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)

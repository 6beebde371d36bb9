"""Packaged weights are converted once, whoever asks first; what is broken is made anew, and what can't be is named."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import configs
from claims.classifier import converted
from claims.classifier.base_model import BASE_FILES, TOKENIZER
from claims.classifier.converted import (
    BASE,
    MAKING,
    PackagedModel,
    converted_base,
    converted_reader,
    finish,
    hash_of,
    model_folder,
    reader_files,
    reader_name,
    stored_files,
)
from claims.classifier.gemma import GEMMA, best_way, packaged_model
from claims.classifier.opening import prepare_reader
from claims.classifier.trained_layers import LAYERS
from claims.errors import SemanticError, SemanticMissing

ROOT = Path(__file__).parents[3]
TRAINED = configs.SEMANTIC_DIR / "gemma" / LAYERS
OPENS = """
import logging, sys
from pathlib import Path
from claims.classifier.gemma import PackagedGemma
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
layers, models = map(Path, sys.argv[1:])
print(PackagedGemma(layers=layers.read_bytes(), models=models).encode(["这款蜂蜜能降血糖"])[0].sum())
"""


def _opening(models: Path, limit: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
    """A process of its own that opens the shipped reader, and prints what is logged and what it reads."""
    return subprocess.Popen(
        [sys.executable, "-c", OPENS, TRAINED, models],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=limit,
    )


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder of models in which the language model is converted for the shipped reader."""
    made = converted_reader(packaged_model(), None, TRAINED.read_bytes(), best_way())
    folder = model_folder(tmp_path / "models", GEMMA)
    folder.mkdir(parents=True)
    for path in made.parent.glob("*"):
        if path.stem in {BASE, made.stem, *(Path(name).stem for name in BASE_FILES)}:
            os.link(path, folder / path.name)
    return tmp_path / "models"


def _break(path: Path) -> None:
    """Another byte in the middle of a file of its own: the one that it was linked to stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.slow
def test_of_several_processes_that_start_at_once_one_converts(tmp_path: Path) -> None:
    models = tmp_path / "models"
    processes = [_opening(models) for _ in range(3)]
    said = [process.communicate(timeout=540) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    outputs = [out.splitlines() for out, _ in said]
    assert sum("is converted into" in line for lines in outputs for line in lines) == 1
    assert len({lines[-1] for lines in outputs}) == 1
    folder, reader = model_folder(models, GEMMA), reader_name(TRAINED.read_bytes(), best_way())
    names = {".lock", f"{BASE}.json", *BASE_FILES, f"{reader}.json", *reader_files(reader)}
    assert {path.name for path in folder.iterdir()} == names
    assert all(hash_of(file.path) == file.sha256 for file in stored_files(folder))


def test_what_is_there_is_opened_without_a_word_or_a_change(there: Path) -> None:
    before = _state(there / GEMMA)
    process = _opening(there)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, len(out.splitlines())) == (0, 1), err
    assert _state(there / GEMMA) == before


def test_a_copy_whose_times_differ_is_known_by_its_hash(there: Path) -> None:
    for path in list((there / GEMMA).iterdir()):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    before = _state(there / GEMMA)
    assert converted_base(packaged_model(), there) == there / GEMMA
    assert _state(there / GEMMA) == before


def test_a_broken_reader_is_converted_anew(there: Path, caplog: pytest.LogCaptureFixture) -> None:
    name = reader_name(TRAINED.read_bytes(), best_way())
    weights = there / GEMMA / reader_files(name)[1]
    right = hash_of(weights)
    _break(weights)
    assert hash_of(weights) != right
    base = _state(there / GEMMA)[TOKENIZER]
    converted_reader(packaged_model(), there, TRAINED.read_bytes(), best_way())
    assert f"{weights} is not what it was when it was converted" in caplog.text
    assert hash_of(weights) == right
    assert _state(there / GEMMA)[TOKENIZER] == base


@pytest.mark.service
@pytest.mark.slow
def test_a_broken_tokenizer_is_converted_anew(there: Path) -> None:
    right = hash_of(there / GEMMA / TOKENIZER)
    _break(there / GEMMA / TOKENIZER)
    converted_base(packaged_model(), there)
    assert hash_of(there / GEMMA / TOKENIZER) == right


def test_a_list_that_can_not_be_read_is_none(there: Path, caplog: pytest.LogCaptureFixture) -> None:
    name = reader_name(TRAINED.read_bytes(), best_way())
    for content in (b"not JSON", json.dumps({"conversion": 1}).encode()):
        listed = there / GEMMA / f"{name}.json"
        listed.unlink()
        listed.write_bytes(content)
        assert not any(file.path.stem == name for file in stored_files(there / GEMMA))
        assert f"{listed} can't be read" in caplog.text
        caplog.clear()


def test_files_of_another_conversion_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    making = tmp_path / "making"
    making.mkdir()
    (making / "one.bin").write_bytes(b"weights")
    finish(tmp_path, "one", [making / "one.bin"])
    assert [file.path for file in stored_files(tmp_path)] == [tmp_path / "one.bin"]
    monkeypatch.setattr(converted, "CONVERSION", converted.CONVERSION + 1)
    assert stored_files(tmp_path) == []


def test_files_of_another_conversion_go_before_new_ones_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, making = tmp_path / GEMMA, tmp_path / "making"
    folder.mkdir()
    making.mkdir()
    (making / "tokenizer.json").write_text("{}")
    monkeypatch.setattr(converted, "CONVERSION", converted.CONVERSION - 1)
    finish(folder, "base", [making / "tokenizer.json"])
    monkeypatch.undo()
    monkeypatch.setattr(converted, "_run", lambda *_: None)
    (folder / "of a user.txt").write_text("kept")
    converted_base(packaged_model(), tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "of a user.txt"]


def test_a_package_whose_part_was_changed_is_refused(tmp_path: Path) -> None:
    model = packaged_model()
    changed = tmp_path / model.parts[-1].name
    shutil.copy(model.parts[-1], changed)
    _break(changed)
    damaged = PackagedModel(name=GEMMA, parts=(*model.parts[:-1], changed), sha256=model.sha256)
    with pytest.raises(SemanticError, match=rf"sha256 [0-9a-f]{{64}}, not {model.sha256}; install the packages"):
        converted_base(damaged, tmp_path / "models")
    assert [path.name for path in (tmp_path / "models" / GEMMA).iterdir()] == [".lock"]


def test_a_full_disk_is_named_and_nothing_half_is_left(tmp_path: Path) -> None:
    def no_file_over_a_megabyte() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    process = _opening(tmp_path / "models", no_file_over_a_megabyte)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    said = err.splitlines()[-1]
    assert re.search(r"gemma3-270m can't be converted in .*File too large; make room or set models_dir", said)
    assert [path.name for path in (tmp_path / "models" / GEMMA).iterdir()] == [".lock"]


def test_too_little_room_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converted, "_BASE_BYTES", 10**18)
    with pytest.raises(SemanticError, match=r"it needs 1\d{12} MB, and \d+ MB are free; make room"):
        converted_base(packaged_model(), tmp_path)
    assert [path.name for path in (tmp_path / GEMMA).iterdir()] == [".lock"]


def test_a_folder_that_can_not_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file in the folder's place")
    with pytest.raises(SemanticError, match=rf"converted in {tmp_path}/models/{GEMMA}: .*set models_dir to a folder"):
        converted_base(packaged_model(), tmp_path / "models")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_only_read_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SemanticError, match="Permission denied; make room or set models_dir"):
            converted_base(packaged_model(), tmp_path / "models")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("package", ["gguf", "onnx"])
def test_what_conversion_needs_and_is_not_installed_is_named(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = converted.find_spec
    monkeypatch.setattr(converted, "find_spec", lambda name: None if name == package else find(name))
    with pytest.raises(SemanticMissing, match=rf"converted with {package}, which is not installed; install zhenyan"):
        converted_base(packaged_model(), tmp_path)
    prepare_reader("gemma", configs.SEMANTIC_DIR, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_and_the_oldest_readers_go(there: Path) -> None:
    folder = there / GEMMA
    (folder / f"{MAKING}left").mkdir()
    (folder / f"{MAKING}left" / "model.gguf").write_bytes(b"half")
    for number in range(9):
        for file in (*reader_files(f"reader-{number}"), f"reader-{number}.json"):
            (folder / file).write_bytes(b"")
            os.utime(folder / file, (number, number))
    converted_reader(packaged_model(), there, b"", best_way())
    left = {path.stem for path in folder.glob("reader-*.json")}
    kept = {reader_name(layers, best_way()) for layers in (b"", TRAINED.read_bytes())}
    assert left == {*kept, *(f"reader-{number}" for number in range(3, 9))}
    assert not list(folder.glob(f"{MAKING}*"))
    assert not (folder / reader_files("reader-0")[1]).exists()


def test_the_users_folder_follows_the_base_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert model_folder(None, GEMMA) == tmp_path / "zhenyan" / "models" / GEMMA

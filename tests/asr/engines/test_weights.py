"""Weights are joined once, checked, healed, and clearly missing when they are."""

import os
from pathlib import Path

import pytest

from asr.engines.weights import BASE_FILES, MODEL_FILE, STAMP_FILE, PinnedFile, _join, find_whisper, list_models, verify
from asr.errors import WeightsDamagedError, WeightsMissingError


def test_joining_leaves_right_files_a_stamp_and_nothing_else(tmp_path: Path) -> None:
    weights = find_whisper("base", tmp_path)
    assert sorted(path.name for path in weights.folder.iterdir()) == sorted(
        [*(pinned.name for pinned in BASE_FILES), STAMP_FILE]
    )
    assert weights.sha256.startswith("d01c3014")
    assert {info.name: info.note for info in list_models(tmp_path)}["base"] == "joined and verified"


def test_the_second_start_reads_the_stamp_and_joins_nothing(tmp_path: Path) -> None:
    model = find_whisper("base", tmp_path).folder / MODEL_FILE
    before = model.stat()
    assert find_whisper("base", tmp_path).folder / MODEL_FILE == model
    assert (model.stat().st_mtime_ns, model.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_damaged_files_are_joined_anew(tmp_path: Path) -> None:
    folder = find_whisper("base", tmp_path).folder
    with (folder / MODEL_FILE).open("r+b") as model:
        model.seek(1_000_000)
        model.write(b"damage")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "vocabulary.txt").unlink()
    os.utime(folder / MODEL_FILE, (1, 1))
    find_whisper("base", tmp_path)
    assert (folder / "vocabulary.txt").is_file()
    (folder / STAMP_FILE).unlink()
    assert {info.name: info.note for info in list_models(tmp_path)}["base"] == "joined and verified"


def test_a_broken_stamp_is_not_believed(tmp_path: Path) -> None:
    folder = find_whisper("base", tmp_path).folder
    (folder / STAMP_FILE).write_text("[1", encoding="utf-8")
    assert find_whisper("base", tmp_path).sha256 == BASE_FILES[0].sha256


def test_parts_that_join_to_another_file_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    pinned = PinnedFile(
        name="config.json", parts=((BASE_FILES[0].parts[0][0], "config.json"),), byte_count=2_309, sha256="0" * 64
    )
    with pytest.raises(WeightsDamagedError, match=r"config\.json"):
        _join(tmp_path / "config.json", pinned)
    assert list(tmp_path.iterdir()) == []


def test_a_local_folder_is_taken_with_its_hash_and_not_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / MODEL_FILE).write_bytes(b"abc")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    weights = find_whisper(str(folder), tmp_path / "cache")
    assert (weights.name, weights.folder) == ("whisper-my-model", folder)
    assert weights.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sorted(path.name for path in folder.iterdir()) == [MODEL_FILE, "tokenizer.json"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("no-such-model", "large-v3-turbo", id="unknown name lists the known"),
        pytest.param("./nowhere", "no such folder", id="relative folder"),
        pytest.param("large-v3-turbo", "not on this machine", id="known, not here, download not allowed"),
        pytest.param("", "no model.bin", id="empty name is the working folder without weights"),
    ],
)
def test_a_model_that_cannot_be_had_is_named_with_what_to_do(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(WeightsMissingError, match="base") as caught:
        find_whisper(name, tmp_path, may_download=False)
    assert says in str(caught.value)


def test_a_file_that_changed_since_its_hash_was_remembered_is_found_out(tmp_path: Path) -> None:
    model = find_whisper("base", tmp_path).folder / MODEL_FILE
    known = {info.name: info for info in list_models(tmp_path)}
    assert verify(known["base"], tmp_path) == BASE_FILES[0].sha256
    assert verify(known["silero-vad"], tmp_path) == known["silero-vad"].sha256
    times = model.stat()
    with model.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")
    os.utime(model, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(WeightsDamagedError, match=r"model\.bin"):
        verify(known["base"], tmp_path)


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match=r"holds no model\.bin"):
        find_whisper(str(tmp_path), tmp_path / "cache")


def test_every_known_model_is_listed_with_its_licence(tmp_path: Path) -> None:
    known = {info.name: info for info in list_models(tmp_path)}
    assert known["silero-vad"].found
    assert known["base"].found
    assert known["base"].path is None
    assert not known["large-v3-turbo"].found
    assert all(info.licence == "MIT" for info in known.values())


def test_a_model_fetched_before_is_found(tmp_path: Path) -> None:
    snapshot = tmp_path / "hub" / "models--mobiuslabsgmbh--faster-whisper-large-v3-turbo" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / MODEL_FILE).write_bytes(b"abc")
    (snapshot / "tokenizer.json").write_text("{}", encoding="utf-8")
    known = {info.name: info for info in list_models(tmp_path)}
    assert known["large-v3-turbo"].path == snapshot
    assert not known["large-v3"].found

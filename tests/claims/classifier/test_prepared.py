"""Weights are made once, kept whole, and made anew where what is kept can't be read."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from claims.classifier.prepared import cache_folder, prepared, verify


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "zhenyan"


class Made:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.times += 1
        return {"l0.qkv": np.arange(6, dtype=np.uint8).reshape(2, 3), "l0.qkv.scale": np.ones(2, np.float32)}


def test_they_are_made_once_and_come_back_as_they_were(cache: Path) -> None:
    made = Made()
    first, again = prepared("k", made), prepared("k", made)
    assert made.times == 1
    assert {name: (array.dtype, array.tolist()) for name, array in first.items()} == {
        name: (array.dtype, array.tolist()) for name, array in again.items()
    }
    assert [path.name for path in cache.iterdir()] == ["reader-k.npz"]
    prepared("other", made)
    assert made.times == 2


def test_what_is_broken_is_made_anew_and_mended(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = Made()
    prepared("k", made)
    (cache / "reader-k.npz").write_bytes(b"PK\x03\x04 broken")
    assert list(prepared("k", made)) == ["l0.qkv", "l0.qkv.scale"]
    assert "can't be read" in caplog.text
    prepared("k", made)
    assert made.times == 2


def test_where_nothing_can_be_kept_they_are_made_each_time(tmp_path: Path) -> None:
    (tmp_path / "zhenyan").write_text("a file in the folder's place")
    made = Made()
    prepared("k", made)
    prepared("k", made)
    assert made.times == 2


def test_only_the_latest_are_kept(cache: Path) -> None:
    for number in range(6):
        prepared(f"k{number}", Made())
        os.utime(cache / f"reader-k{number}.npz", (number, number))
    prepared("last", Made())
    assert {path.name for path in cache.iterdir()} == {f"reader-{k}.npz" for k in ("k3", "k4", "k5", "last")}


def test_a_cache_that_is_not_named_wholly_lies_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "zhenyan"


class Hashed:
    """The hash of files, counted."""

    def __init__(self, *files: Path) -> None:
        self.files, self.times = files, 0

    def __call__(self) -> str:
        self.times += 1
        return hashlib.sha256(b"".join(f.read_bytes() for f in self.files)).hexdigest()


def test_files_are_verified_once_and_anew_when_one_has_changed(tmp_path: Path, cache: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"first")
    two.write_bytes(b"second")
    hashed = Hashed(one, two)
    right = hashed()
    assert verify([one, two], right, hashed) is None
    assert verify([one, two], right, hashed) is None
    assert hashed.times == 2
    two.write_bytes(b"secund")
    assert verify([one, two], right, hashed) == hashed()
    two.write_bytes(b"second")
    assert verify([one, two], right, hashed) is None
    assert hashed.times == 5


def test_files_that_were_never_right_stay_wrong(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"other")
    hashed = Hashed(file)
    for _ in range(2):
        assert verify([file], "0" * 64, hashed) == hashlib.sha256(b"other").hexdigest()
    assert not list(cache.glob("verified-*"))


def test_where_nothing_can_be_kept_files_are_verified_each_time(tmp_path: Path) -> None:
    (tmp_path / "zhenyan").write_text("a file in the folder's place")
    file = tmp_path / "file"
    file.write_bytes(b"first")
    hashed = Hashed(file)
    right = hashed()
    assert verify([file], right, hashed) is None
    assert verify([file], right, hashed) is None
    assert hashed.times == 3

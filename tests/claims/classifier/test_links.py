"""The reader of links as a file: opened late, refused where something is wrong, near and far told by its tables."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import sleep

import numpy as np
import pytest

import configs
from claims.classifier.links import FILE, LAYERS, WEIGHTS, LinkReader, LinksFile, open_links, save_links
from claims.classifier.opening import LINKS_FOLDER, open_reader
from claims.classifier.reader import Encoder
from claims.classifier.reading import InTurn, pair_of
from claims.errors import SemanticError

SIZE = 8
EMPTY = LinksFile(
    encoder="letters", weights_sha256="", layers_sha256="", nearness_sha256={}, held_out=("P",), record={}
)


class Letters:
    """Points where the letters of a text do; counts what it is asked."""

    batch_size, key = 1, None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        rows = np.zeros((len(texts), SIZE), dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in text:
                rows[row, ord(letter) % SIZE] += 1
        return rows


def saved(folder: Path) -> None:
    tables = {"said": np.eye(SIZE, dtype=np.float32), "registered": np.eye(SIZE, dtype=np.float32)}
    about = {"mean": np.zeros(SIZE, dtype=np.float32), "scale": np.array([10.0], dtype=np.float32)}
    gate = {"gate": np.arange(SIZE, dtype=np.float32), "gate_bias": np.array([1.0], dtype=np.float32)}
    save_links(folder, EMPTY, gate, b"layers", {"letters": {**tables, **about}})


def opened(folder: Path, encoder: Letters) -> LinkReader:
    def open_encoder(layers: bytes) -> Encoder:
        assert layers == b"layers"
        return encoder

    return open_links(folder, open_encoder, "letters", lambda text: encoder.encode([text])[0])


def test_the_encoder_is_opened_at_the_first_question_and_asked_once_for_the_same_words(tmp_path: Path) -> None:
    saved(tmp_path)
    letters = Letters()
    reader = opened(tmp_path, letters)
    assert letters.asked == []
    assert reader.differs(["a", "b", "a"]) == reader.differs(["a", "b", "a"])
    assert letters.asked == ["a", "b"]


def test_log_odds_are_what_the_gate_says(tmp_path: Path) -> None:
    saved(tmp_path)
    (log_odds,) = opened(tmp_path, Letters()).differs([chr(SIZE * 9 + 3)])
    assert log_odds == pytest.approx(1.0 + 3.0)


def test_what_points_the_same_way_is_nearest(tmp_path: Path) -> None:
    saved(tmp_path)
    near = opened(tmp_path, Letters()).nearness("aab", ["aab", "ab", "cd"])
    assert near[0] > near[1] > near[2]
    assert near[0] == pytest.approx(10.0, abs=0.01)


def test_for_a_reader_without_tables_nothing_is_near(tmp_path: Path) -> None:
    saved(tmp_path)
    letters = Letters()
    other = open_links(tmp_path, lambda layers: letters, "another", lambda text: letters.encode([text])[0])
    assert other.nearness("aab", ["aab"]) == []


@pytest.mark.parametrize("name", [FILE, WEIGHTS, LAYERS, "letters.npz"])
def test_what_is_not_there_or_not_the_one_that_was_written_is_refused(tmp_path: Path, name: str) -> None:
    saved(tmp_path)
    (tmp_path / name).write_bytes(b"other")
    with pytest.raises(SemanticError, match="links"):
        opened(tmp_path, Letters())
    (tmp_path / name).unlink()
    with pytest.raises(SemanticError, match="links"):
        opened(tmp_path, Letters())


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    save_links(tmp_path, EMPTY, {"gate": np.zeros(SIZE, dtype=np.float32)}, b"layers", {})
    with pytest.raises(SemanticError, match=r"must hold gate, gate_bias"):
        opened(tmp_path, Letters())


def test_the_shipped_reader_reads_links_and_e5_none() -> None:
    gemma, own, e5 = (open_reader(name, configs.SEMANTIC_DIR, device="cpu") for name in ("gemma", "own", "e5"))
    assert gemma is not None
    assert own is not None
    assert e5 is not None
    assert e5.links is None
    assert isinstance(gemma.links, LinkReader)
    assert own.links is not None
    assert own.links.nearness("滴水不进", ["防水性能:不防水"]) != []
    assert gemma.links.file.held_out
    said = "鞋带都不用系,脚一伸就进去了"
    against, beside = (pair_of("登山鞋", entry, "", said) for entry in ("闭合方式:系带", "颜色:黑色"))
    one, other = gemma.links.differs([against, beside])
    assert one > other
    near = gemma.links.nearness(said, ["闭合方式:系带", "颜色:黑色", "产地:中国"])
    assert near[0] == max(near)


def test_it_lies_where_readers_are_shipped() -> None:
    assert (configs.SEMANTIC_DIR / LINKS_FOLDER / FILE).is_file()


class Overlapping:
    """Reads and tells links slowly; knows whether it was ever asked while it still answered."""

    name, batch_size, calibration, like, key = "slow", 1, None, None, "slow"

    def __init__(self) -> None:
        self.links = self
        self.busy = self.overlapped = False

    def _asked(self) -> None:
        self.overlapped |= self.busy
        self.busy = True
        sleep(0.02)
        self.busy = False

    def read(self, text: str, goods: str) -> None:
        self._asked()

    def differs(self, pairs: Sequence[str]) -> list[float]:
        self._asked()
        return [0.0 for _ in pairs]

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        self._asked()
        return [0.0 for _ in registered]


def test_reader_and_links_are_asked_one_after_the_other_from_whatever_thread() -> None:
    slow = Overlapping()
    reader = InTurn(slow)  # type: ignore[arg-type]
    assert reader.links is not None
    questions = [partial(reader.read, "a", "food"), partial(reader.links.differs, ["a"])]
    questions.append(partial(reader.links.nearness, "a", ["b"]))
    with ThreadPoolExecutor(6) as threads:
        for asked in [threads.submit(question) for question in questions * 4]:
            asked.result()
    assert not slow.overlapped

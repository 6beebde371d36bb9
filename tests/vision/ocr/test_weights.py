import hashlib
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.sights import folded
from tests.vision.support import frames_of, room_of, shown
from training.ocr import packaged
from training.ocr.packaged import detector_weights, recogniser_weights
from training.ocr.round_reader import rounded, shipped
from vision.errors import ReaderUnavailableError
from vision.ocr import weights
from vision.ocr.onnx import OnnxModel
from vision.ocr.paddle import PaddleReader
from vision.ocr.weights import (
    FAST_READER,
    LIGHT_DETECTOR,
    Weights,
    accurate_weights,
    fast_weights,
    light_detector_weights,
)
from vision.ocr.words import words_of


def test_every_model_is_what_its_hash_says() -> None:
    for found in (fast_weights(), accurate_weights(), light_detector_weights(), detector_weights()):
        assert hashlib.sha256(found.content).hexdigest() == found.sha256
    letters = OnnxModel(fast_weights(), device="cpu").letters
    assert (len(letters), letters) == (6904, recogniser_weights().letters)
    assert {"价", "净", "￥", "9", "%"} <= set(letters)


def test_the_recogniser_is_what_its_script_makes_of_the_packaged_one() -> None:
    assert shipped(recogniser_weights()).SerializeToString() == fast_weights().content


def test_a_rounded_weight_is_the_nearest_that_the_kept_bits_can_tell() -> None:
    known = np.array([0.0, 1.0, -1.0, 1 + 2**-12, 1 + 2**-13, 1 + 3 * 2**-13, 1 + 2**-13 + 2**-23, -0.1], np.float32)
    kept = rounded(known)
    assert kept[:4].tolist() == known[:4].tolist()
    assert kept[4:7].tolist() == [1.0, 1 + 2**-11, 1 + 2**-12]
    assert kept[7] != known[7]
    many = np.random.default_rng(5).standard_normal(10_000).astype(np.float32)
    assert np.abs(rounded(many) / many - 1).max() <= 2**-13
    assert not (rounded(many).view(np.uint32) & 0x7FF).any()


@pytest.mark.parametrize("content", [b"", b"\x08\x0a\x12\x00\x1a\x00:" + bytes(3000)], ids=["empty", "another-model"])
def test_a_package_without_the_model_is_named(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "faster_paddle.so"
    module.write_bytes(content or b"\0")
    monkeypatch.setattr(packaged, "files_of", lambda *_: [module])
    with pytest.raises(ReaderUnavailableError, match=r"faster-paddle .* does not carry it; install"):
        detector_weights()


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_RAPIDOCR", "no-such-package-of-models")
    with pytest.raises(ReaderUnavailableError, match="no-such-package-of-models is not installed"):
        accurate_weights()


LINES = ("全网最低价", "到手价￥99.90", "净含量：500毫升", "第二件半价", "SPF50+ PA++++", "100%新疆长绒棉")
ROOM = room_of(
    *(
        shown(words, x=340 + 600 * (place % 2), y=90 + 130 * (place // 2) + 40 * (place % 2), size_px=26 + 6 * place)
        for place, words in enumerate(LINES)
    ),
    ground="plain",
)


def test_the_detector_reckoned_another_way_gives_the_same_map() -> None:
    [frame] = frames_of(ROOM, [0])
    picture = np.ascontiguousarray(frame.image[:704, ::2].transpose(2, 0, 1)[None, :, ::2] / 128 - 1, np.float32)
    packaged, light = (
        OnnxModel(found, device="cpu").run(picture) for found in (detector_weights(), light_detector_weights())
    )
    assert packaged.shape == light.shape == (1, 1, 352, 640)
    assert packaged.max() > 0.9
    np.testing.assert_allclose(light, packaged, atol=1e-4)


def test_the_packaged_readers_read_what_is_drawn() -> None:
    [frame] = frames_of(ROOM, [0])
    [lines] = PaddleReader(device="cpu").read([frame.image])
    assert {folded(words) for words in LINES} <= {folded(line.text) for line in lines}


@pytest.mark.parametrize(
    ("open_weights", "file"), [(light_detector_weights, LIGHT_DETECTOR), (fast_weights, FAST_READER)]
)
def test_a_damaged_file_of_ours_is_named(
    open_weights: Callable[[], Weights], file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = open_weights().content
    monkeypatch.setattr(weights, "MODELS", tmp_path)
    with pytest.raises(ReaderUnavailableError, match=f"{file} is missing"):
        open_weights()
    (tmp_path / file).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ReaderUnavailableError, match=f"{file} is missing or not what it was"):
        open_weights()


def test_the_reader_starts_and_reads_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the reader opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    [frame] = frames_of(room_of(shown("保质期24个月", look="card"), ground="plain"), [0])
    [[line]] = PaddleReader(device="cpu").read([frame.image])
    assert words_of(line.text) == "保质期24个月"


def test_cuda_is_refused_where_there_is_none() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        assert PaddleReader(device="cuda").read([np.zeros((64, 64, 3), np.uint8)]) == [()]
    else:
        with pytest.raises(ReaderUnavailableError, match="onnxruntime-gpu"):
            PaddleReader(device="cuda")


def test_pictures_that_go_through_in_pieces_give_what_each_gives_alone() -> None:
    model = OnnxModel(light_detector_weights(), device="cpu")
    pictures = np.random.default_rng(7).standard_normal((3, 3, 544, 960), dtype=np.float32)
    together = model.run(pictures)
    alone = np.concatenate([model.run(one[None]) for one in pictures])
    assert together.shape == (3, 1, 544, 960)
    assert np.array_equal(together, alone)

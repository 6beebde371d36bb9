import hashlib
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.vision.support import frames_of, room_of, shown
from vision import weights
from vision.errors import ReaderUnavailableError
from vision.paddle import PaddleReader
from vision.weights import accurate_weights, detector_weights, fast_weights
from vision.words import words_of


def test_every_model_is_what_its_hash_says() -> None:
    for found in (detector_weights(), fast_weights(), accurate_weights()):
        assert hashlib.sha256(found.content).hexdigest() == found.sha256
    letters = fast_weights().letters
    assert letters is not None
    assert len(letters) == 6904
    assert {"价", "净", "￥", "9", "%"} <= set(letters)


@pytest.mark.parametrize("content", [b"", b"\x08\x0a\x12\x00\x1a\x00:" + bytes(3000)], ids=["empty", "another-model"])
def test_a_package_without_the_model_is_named(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "faster_paddle.so"
    module.write_bytes(content or b"\0")
    monkeypatch.setattr(weights, "_files_of", lambda *_: [module])
    with pytest.raises(ReaderUnavailableError, match=r"faster-paddle .* does not carry it; install"):
        detector_weights()


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_SMALL", "no-such-package-of-models")
    with pytest.raises(ReaderUnavailableError, match="no-such-package-of-models is not installed"):
        accurate_weights()


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

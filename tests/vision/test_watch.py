import socket
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from cli.broadcast.fonts import chinese_font
from cli.broadcast.labels import read_pack_labels
from cli.broadcast.script import BroadcastScript, lay_out, read_script
from ingest.types import Frame
from vision.errors import FrameRefusedError, ReaderUnavailableError
from vision.rapid import RapidReader
from vision.track import words_of
from vision.types import FrameText
from vision.watch import StreamWatcher

DEMO = Path(__file__).parents[2] / "configs" / "demo"
READ_WITHIN_MS = 3_000


@pytest.fixture(scope="module")
def reader() -> RapidReader:
    return RapidReader(device="cpu")


@pytest.fixture(scope="module")
def script() -> BroadcastScript:
    return read_script(DEMO / "demo.json")


def key_frames(path: Path) -> list[Frame]:
    with av.open(str(path)) as media:
        video = media.streams.video[0]
        video.codec_context.skip_frame = "NONKEY"
        return [
            Frame(stream_id="demo", at_ms=round(picture.time * 1000), image=picture.to_ndarray(format="bgr24"))
            for picture in media.decode(video)
        ]


@pytest.fixture(scope="module")
def watched(reader: RapidReader) -> tuple[StreamWatcher, list[tuple[int, FrameText]]]:
    watcher = StreamWatcher("demo", reader)
    told = [(frame.at_ms, text) for frame in key_frames(DEMO / "broadcast.mp4") for text in watcher.watch([frame])]
    return watcher, told + [(text.end_ms, text) for text in watcher.finish()]


def test_every_overlay_of_the_demo_is_read_while_it_stands(
    watched: tuple[StreamWatcher, list[tuple[int, FrameText]]], script: BroadcastScript
) -> None:
    told = [(at_ms, words_of(text.text), text) for at_ms, text in watched[1]]
    for overlay, span in zip(script.screen, lay_out(script).overlays, strict=True):
        for entry in overlay.text:
            when = [at_ms for at_ms, words, text in told if words == words_of(entry) and span.holds(text.start_ms)]
            assert when, f"{entry} was not read"
            assert when[0] <= span.start_ms + READ_WITHIN_MS, f"{entry} was told at {when[0]}, from {span.start_ms}"


def test_nothing_is_read_that_the_demo_does_not_show(
    watched: tuple[StreamWatcher, list[tuple[int, FrameText]]], script: BroadcastScript
) -> None:
    shown = {words_of(entry) for overlay in script.screen for entry in overlay.text}
    shown |= {words_of(script.title), words_of(f"主播{script.host.name}"), "live", "•live"}
    for label in read_pack_labels(DEMO / "passports.yaml").values():
        shown |= {words_of(label.name), words_of(label.brand), words_of(label.net_content)}
    assert {words_of(text.text) for _, text in watched[1]} <= shown


def test_most_frames_need_no_reading(watched: tuple[StreamWatcher, list[tuple[int, FrameText]]]) -> None:
    watcher = watched[0]
    assert watcher.frame_count == 149
    assert watcher.read_count <= watcher.frame_count * 0.45


def test_lines_come_with_their_place(reader: RapidReader) -> None:
    picture = Image.new("RGB", (720, 1280), (40, 60, 90))
    ImageDraw.Draw(picture).text((100, 900), "买一送一 仅剩20件", (255, 255, 255), chinese_font(48))
    [[line]] = reader.read([np.asarray(picture)[:, :, ::-1].copy()])
    assert words_of(line.text) == "买一送一仅剩20件"
    assert line.score > 0.9
    assert abs(line.box.left - 100) < 20
    assert 880 < line.box.top < line.box.bottom < 990


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.full((720, 1280, 3), 128, np.uint8), id="blank"),
        pytest.param(np.zeros((16, 16, 3), np.uint8), id="tiny"),
        pytest.param(np.zeros((30, 2000, 3), np.uint8), id="strip"),
    ],
)
def test_pictures_without_text_have_no_lines(reader: RapidReader, image: np.ndarray) -> None:
    assert reader.read([image]) == [()]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        pytest.param(np.zeros((8192, 16384, 3), np.uint8), "16384x8192", id="huge"),
        pytest.param(np.zeros((720, 1280), np.uint8), r"\(720, 1280\)", id="grey"),
        pytest.param(np.zeros((720, 1280, 3), np.float32), "float32", id="not-bytes"),
    ],
)
def test_what_is_no_frame_is_refused(reader: RapidReader, image: np.ndarray, message: str) -> None:
    with pytest.raises(FrameRefusedError, match=message):
        reader.read([image])


def test_reader_starts_and_reads_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the reader opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    picture = Image.new("RGB", (400, 120), (255, 255, 255))
    ImageDraw.Draw(picture).text((40, 30), "保质期24个月", (0, 0, 0), chinese_font(48))
    [[line]] = RapidReader(device="cpu").read([np.asarray(picture)])
    assert words_of(line.text) == "保质期24个月"


def test_cuda_is_refused_where_there_is_none() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine's onnxruntime has CUDA")
    with pytest.raises(ReaderUnavailableError, match="onnxruntime-gpu"):
        RapidReader(device="cuda")

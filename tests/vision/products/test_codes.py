import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from bench.rooms import Room, compose
from vision.products.codes import Code, CodeKind, CodeReader, _read_enlarged, read_codes
from vision.types import Box

EAN, QR = zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.QRCode
NUMBER, LINK = "9520000000011", "https://id.example.cn/01/09520000000011"


def room_with(*codes: tuple[str, zxingcpp.BarcodeFormat, float, tuple[int, int]]) -> NDArray[np.uint8]:
    """A cluttered 720p frame with codes (text, format, pixels a module, place), through strong JPEG."""
    room = Room(name="codes", width=1280, height=720, duration_ms=1000, texts=(), ground="clutter", seed=3)
    picture = compose(room, 0)
    for text, kind, module_px, (x, y) in codes:
        drawn = np.array(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind), scale=6))
        small = cv2.resize(drawn, None, fx=module_px / 6, fy=module_px / 6, interpolation=cv2.INTER_AREA)
        framed = np.pad(small, 10, constant_values=250)
        picture[y : y + framed.shape[0], x : x + framed.shape[1]] = framed[:, :, None]
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 45])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


def told(codes: tuple[Code, ...]) -> set[tuple[CodeKind, str]]:
    return {(code.kind, code.text) for code in codes}


@pytest.mark.parametrize("module_px", [1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize(("text", "kind", "meant"), [(NUMBER, EAN, CodeKind.EAN), (LINK, QR, CodeKind.QR)])
def test_a_code_is_read_and_placed(module_px: float, text: str, kind: zxingcpp.BarcodeFormat, meant: CodeKind) -> None:
    (code,) = read_codes(room_with((text, kind, module_px, (500, 300))))
    assert (code.kind, code.text) == (meant, text)
    assert 500 <= code.box.left < code.box.right <= 500 + 120 * module_px + 20
    assert code.box.top >= 295


def test_two_codes_are_two_and_the_same_twice_is_one() -> None:
    frame = room_with((NUMBER, EAN, 3, (200, 200)), (LINK, QR, 4, (700, 300)), (NUMBER, EAN, 3, (200, 500)))
    assert told(read_codes(frame)) == {(CodeKind.EAN, NUMBER), (CodeKind.QR, LINK)}


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(room_with(), id="a cluttered room"),
        pytest.param(np.zeros((720, 1280, 3), np.uint8), id="black"),
        pytest.param(np.random.default_rng(1).integers(0, 255, (720, 1280, 3)).astype(np.uint8), id="noise"),
        pytest.param(np.zeros((8, 8, 3), np.uint8), id="tiny"),
    ],
)
def test_what_holds_no_code(frame: NDArray[np.uint8]) -> None:
    assert read_codes(frame) == ()


def test_other_kinds_of_codes_are_left_alone() -> None:
    assert read_codes(room_with(("ABC-123", zxingcpp.BarcodeFormat.Code128, 3, (400, 300)))) == ()


@pytest.mark.parametrize(("text", "kind"), [(NUMBER, EAN), (LINK, QR)])
def test_a_small_code_is_read_in_every_frame_of_a_stream_that_shows_it(text: str, kind: zxingcpp.BarcodeFormat) -> None:
    reader, empty = CodeReader(), room_with()
    shown = room_with((text, kind, 1.5, (500, 300)))
    told_of = [[code.text for code in reader.read(frame)] for frame in (empty, shown, shown, empty, shown, empty)]
    assert told_of == [[], [text], [text], [], [text], []]


def test_a_part_without_a_code_is_enlarged_again_only_once_it_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    enlarged: list[Box] = []

    def enlarge(part: NDArray[np.uint8], box: Box) -> list[Code]:
        enlarged.append(box)
        return _read_enlarged(part, box)

    monkeypatch.setattr("vision.products.codes._read_enlarged", enlarge)
    reader, frame = CodeReader(), room_with(("ABC-123", zxingcpp.BarcodeFormat.Code128, 3, (400, 300)))
    assert reader.read(frame) == ()
    at_first = list(enlarged)
    assert at_first
    assert reader.read(frame.copy()) == ()
    assert enlarged == at_first

    box = at_first[0]
    frame[box.top : box.bottom, box.left : box.right] = 255 - frame[box.top : box.bottom, box.left : box.right]
    assert reader.read(frame) == ()
    (again,) = enlarged[len(at_first) :]
    assert abs(again.left - box.left) <= 24
    assert abs(again.top - box.top) <= 24

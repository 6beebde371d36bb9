from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from bench.product_rooms import make_room, pack_picture, paint
from ingest.types import Frame
from vision.products.matching import PictureFinder
from vision.products.reference import load_references, prepare
from vision.products.timeline import EvidenceKind, ProductTimeline
from vision.products.watcher import ProductWatcher

NAMES = {"P-1": "乌龙茶", "P-2": "护手霜", "P-3": "坚果"}


@cache
def pack_of(product: str) -> NDArray[np.uint8]:
    """The picture of its pack, drawn when a test asks for it."""
    return pack_picture(NAMES[product], 500 + int(product[-1]))


@pytest.fixture(scope="module")
def finder() -> PictureFinder:
    return PictureFinder([prepare(product, pack_of(product)) for product in NAMES])


def shown(
    product: str, *, scale: float = 0.7, angle: float = 0.0, covered: float = 0.0, light: float = 1.0, seed: int = 5
) -> NDArray[np.uint8]:
    """A cluttered frame with the pack in it, through strong JPEG."""
    frame = paint(make_room(seed, products=3, shelf=False, name_share=0), 0)
    pack = np.clip(pack_of(product) * light, 0, 255).astype(np.uint8)
    high, wide = pack.shape[:2]
    pack[round(high * (1 - covered)) :] = (150, 180, 225)
    view = cv2.getRotationMatrix2D((wide / 2, high / 2), angle, scale)
    view[:, 2] += (600 - wide / 2, 380 - high / 2)
    mask = cv2.warpAffine(np.full((high, wide), 255, np.uint8), view, (1280, 720))
    layer = cv2.warpAffine(pack, view, (1280, 720), flags=cv2.INTER_AREA)
    frame[mask > 127] = layer[mask > 127]
    _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 45])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"scale": 1.2}, id="near"),
        pytest.param({"scale": 0.4}, id="far"),
        pytest.param({"angle": 35}, id="turned"),
        pytest.param({"angle": 180}, id="upside down"),
        pytest.param({"covered": 0.4}, id="two fifths covered"),
        pytest.param({"light": 0.6}, id="in the dark"),
    ],
)
@pytest.mark.parametrize("product", list(NAMES))
def test_a_pack_in_a_hand_is_found(finder: PictureFinder, product: str, how: dict[str, float]) -> None:
    (seen,) = finder.find(shown(product, **how))
    assert seen.product_id == product
    assert seen.clarity > 0.4
    assert seen.box.left < 600 < seen.box.right
    assert seen.box.top < 380 < seen.box.bottom


def test_a_small_pack_needs_the_closer_look(finder: PictureFinder) -> None:
    frame = shown("P-1", scale=0.27)
    assert {seen.product_id for seen in finder.find(frame, fine=True)} == {"P-1"}


@pytest.mark.parametrize("seed", range(20, 26))
def test_a_room_without_the_products_shows_none(finder: PictureFinder, seed: int) -> None:
    frame = paint(make_room(seed, products=4, shelf=True, name_share=0), 9_000)
    assert finder.find(frame) == finder.find(frame, fine=True) == ()


def test_of_two_flavours_the_colour_decides() -> None:
    green = pack_of("P-1")
    red = np.ascontiguousarray(green[:, :, [1, 2, 0]])
    both = PictureFinder([prepare("green", green), prepare("red", red)])
    (seen,) = both.find(shown("P-1"))
    assert seen.product_id == "green"


def test_words_of_the_label_on_a_card_are_no_pack(finder: PictureFinder) -> None:
    frame = paint(make_room(5, products=3, shelf=False, name_share=0), 0)
    words = cv2.resize(pack_of("P-2")[100:166], None, fx=1.4, fy=1.4)
    frame[300 : 300 + words.shape[0], 500 : 500 + words.shape[1]] = words
    assert finder.find(frame) == ()


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(np.zeros((720, 1280, 3), np.uint8), id="black"),
        pytest.param(np.zeros((10, 10, 3), np.uint8), id="tiny"),
        pytest.param(np.random.default_rng(0).integers(0, 255, (720, 1280, 3)).astype(np.uint8), id="noise"),
    ],
)
def test_odd_frames_show_nothing(finder: PictureFinder, frame: NDArray[np.uint8]) -> None:
    assert finder.find(frame) == finder.find(frame, fine=True) == ()


def test_pictures_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "good.png"), pack_of("P-1"))
    cv2.imwrite(str(tmp_path / "plain.png"), np.full((200, 200, 3), 240, np.uint8))
    (tmp_path / "words.png").write_text("no picture", encoding="utf-8")
    (tmp_path / "empty.png").touch()
    names = ("good.png", "plain.png", "words.png", "empty.png", "missing.png")
    pictures = [*(str(tmp_path / name) for name in names), "https://example.cn/front.png"]
    found = load_references({"P-1": pictures})
    assert [reference.product_id for reference in found.usable] == ["P-1"]
    for name, why in zip(
        (*names[1:], "front.png"),
        ("too little detail", "no picture", "is empty", "cannot be read", "files only"),
        strict=True,
    ):
        assert any(name in said and why in said for said in found.left_out)


def watched(seed: int, *, shelf: bool) -> tuple[ProductWatcher, float]:
    """The watcher of a room without a word, and for which share of the time after a pack was shown it was right."""
    room = make_room(seed, products=3, shelf=shelf, name_share=0)
    pictures = PictureFinder([prepare(product, picture) for product, picture in room.pictures.items()])
    watcher, timeline = ProductWatcher(pictures, lambda text: None), ProductTimeline()
    right = total = 0
    for at_ms in range(0, 60_000, 1000):
        frame = Frame(stream_id="s", at_ms=at_ms, image=paint(room, at_ms))
        for evidence in watcher.watch([frame]):
            timeline.note(evidence)
        handled = next((h for h in room.handled if h.picture_ms[0] + 2500 <= at_ms < h.end_ms), None)
        if handled is not None:
            total += 1
            right += timeline.at(at_ms).product_id == handled.product_id
    return watcher, right / total


@pytest.mark.parametrize("shelf", [False, True])
def test_what_is_handled_is_on_sale_and_not_what_stands_on_the_shelf(shelf: bool) -> None:
    watcher, right = watched(31, shelf=shelf)
    assert right > 0.95
    assert watcher.counts.looks - watcher.counts.searches <= 0.5 * (watcher.counts.frames - watcher.counts.searches) + 1
    assert watcher.counts.checks > 0


def held(seed: int, at_ms: int, product: str) -> Frame:
    return Frame(stream_id="s", at_ms=at_ms, image=shown(product, seed=seed))


def test_what_takes_the_place_of_another_is_seen_in_the_next_frame() -> None:
    watcher = ProductWatcher(PictureFinder([prepare(p, pack_of(p)) for p in NAMES]), lambda text: None)
    evidence = watcher.watch([held(5, 0, "P-1"), held(5, 1000, "P-2"), held(5, 2000, "P-2")])
    assert [(one.product_id, one.start_ms, one.end_ms) for one in evidence] == [("P-1", 0, 0), ("P-2", 500, 1000)]


def test_what_comes_after_a_gap_is_on_sale_from_when_it_was_seen() -> None:
    watcher = ProductWatcher(PictureFinder([prepare(p, pack_of(p)) for p in NAMES]), lambda text: None)
    evidence = watcher.watch([held(5, 0, "P-1"), held(5, 60_000, "P-2")])
    assert [(one.product_id, one.start_ms) for one in evidence] == [("P-1", 0), ("P-2", 60_000)]


def test_words_that_packs_share_do_not_make_one_the_other(finder: PictureFinder) -> None:
    frame = shown("P-1")
    band = pack_of("P-1")[20:96]
    for product in ("P-2", "P-3"):
        other = pack_of(product).copy()
        other[20:96] = band
        found = PictureFinder([prepare(product, other)]).find(frame)
        assert all(seen.product_id != product for seen in found)


def test_a_still_picture_is_not_looked_at_again_and_again() -> None:
    watcher = ProductWatcher(PictureFinder([prepare("P-1", pack_of("P-1"))]), lambda text: None)
    image = shown("P-1")
    evidence = watcher.watch([Frame(stream_id="s", at_ms=at_ms, image=image) for at_ms in range(0, 12_000, 1000)])
    assert {one.product_id for one in evidence} == {"P-1"}
    assert watcher.counts.looks == 2


def test_a_code_is_evidence_for_its_product_and_unknown_codes_are_counted() -> None:
    drawn = np.array(
        zxingcpp.write_barcode_to_image(zxingcpp.create_barcode("9520000000011", zxingcpp.BarcodeFormat.EAN13), scale=3)
    )
    image = np.full((720, 1280, 3), 200, np.uint8)
    image[200 : 200 + drawn.shape[0], 300 : 300 + drawn.shape[1]] = drawn[:, :, None]
    frame = Frame(stream_id="s", at_ms=500, image=image)
    watcher = ProductWatcher(PictureFinder([]), {"9520000000011": "P-1"}.get)
    (evidence,) = watcher.watch([frame])
    assert (evidence.kind, evidence.product_id, evidence.start_ms) == (EvidenceKind.CODE, "P-1", 500)
    stranger = ProductWatcher(PictureFinder([]), lambda text: None)
    assert stranger.watch([frame]) == []
    assert stranger.counts.unknown_codes == 1

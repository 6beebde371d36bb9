import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.rooms import Look, compose
from tests.vision.support import room_of, shown
from vision.ocr.motion_blur import RoomSmear, Smear, sharpened, smear_of


def strip(look: Look = "caption", *, smear_px: tuple[int, int] = (1, 1)) -> NDArray[np.uint8]:
    """A line cut out of a textured frame, smeared over so many pixels across and down."""
    frame = compose(room_of(shown("七天无理由退货", look=look)), 1000)
    return np.asarray(cv2.blur(frame, smear_px)[530:590, 470:810], dtype=np.uint8)


@pytest.mark.parametrize("look", ["caption", "outlined", "card", "sticker"])
@pytest.mark.parametrize(
    ("smear_px", "smear"),
    [
        pytest.param((1, 1), Smear.NONE, id="clear"),
        pytest.param((3, 3), Smear.NONE, id="soft"),
        pytest.param((9, 1), Smear.ACROSS, id="across"),
        pytest.param((1, 15), Smear.DOWN, id="down"),
    ],
)
def test_smear_is_told_from_softness(look: Look, smear_px: tuple[int, int], smear: Smear) -> None:
    assert smear_of(strip(look, smear_px=smear_px)) is smear


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((40, 200, 3), np.uint8), id="black"),
        pytest.param(np.zeros((3, 200, 3), np.uint8), id="thin"),
        pytest.param(np.zeros((0, 0, 3), np.uint8), id="nothing"),
    ],
)
def test_what_shows_nothing_is_not_smeared(picture: NDArray[np.uint8]) -> None:
    assert smear_of(picture) is Smear.NONE


def test_sharpening_brings_edges_back_and_leaves_the_clear_alone() -> None:
    smeared, clear = strip(smear_px=(7, 1)), strip()
    better = sharpened(smeared, smear_of(smeared))
    assert better.shape == smeared.shape
    assert cv2.absdiff(better, clear).mean() < cv2.absdiff(smeared, clear).mean()
    assert sharpened(clear, smear_of(clear)) is clear


def test_a_room_is_smeared_while_most_of_its_lines_are() -> None:
    room = RoomSmear()
    assert room.note([strip(smear_px=(9, 1))])
    assert room.now is Smear.ACROSS
    assert not room.note([strip(smear_px=(9, 1))])
    assert room.note([strip()] * 5)
    assert room.now is Smear.NONE

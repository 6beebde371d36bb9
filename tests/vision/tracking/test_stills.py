"""Pictures for people: what is marked and cut is where the words stand."""

import numpy as np
import pytest

from vision.errors import FrameRefusedError
from vision.tracking.stills import crop_jpeg, frame_jpeg, jpeg_of, picture_of
from vision.types import Box

PLACE = Box(left=1100, top=640, right=1240, bottom=690)


def _frame() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = np.full((720, 1280, 3), 90, np.uint8)
    image[PLACE.top : PLACE.bottom, PLACE.left : PLACE.right] = (240, 240, 240)
    return image


def test_a_still_is_marked_around_the_words_and_nowhere_else() -> None:
    image = _frame()
    marked = picture_of(frame_jpeg(image, [PLACE]))
    assert marked.shape == image.shape
    redness = marked[:, :, 2].astype(int) - marked[:, :, 0]
    rows, columns = np.nonzero(redness > 90)
    reach = (int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max()))
    edges = (PLACE.left, PLACE.top, PLACE.right, PLACE.bottom)
    assert all(abs(found - edge) <= 6 for found, edge in zip(reach, edges, strict=True))
    assert not (redness[PLACE.top + 6 : PLACE.bottom - 6, PLACE.left + 6 : PLACE.right - 6] > 90).any()


def test_words_are_cut_out_with_a_little_around_them() -> None:
    cut = picture_of(crop_jpeg(_frame(), PLACE))
    assert PLACE.height < cut.shape[0] < 2 * PLACE.height
    assert cut[cut.shape[0] // 2, cut.shape[1] // 2].min() > 220
    assert cut[1, 1].max() < 120


def test_what_is_cut_at_the_edge_stays_in_the_picture() -> None:
    cut = picture_of(crop_jpeg(_frame(), Box(left=1200, top=700, right=1280, bottom=720)))
    assert cut.shape == (31, 91, 3)


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8\xff\xe0", b"MP4?"], ids=["nothing", "broken", "no-picture"])
def test_what_is_no_picture_is_refused(jpeg: bytes) -> None:
    with pytest.raises(FrameRefusedError, match="no picture"):
        picture_of(jpeg)


def test_a_place_outside_the_frame_is_refused() -> None:
    with pytest.raises(FrameRefusedError, match="outside the frame"):
        crop_jpeg(_frame(), Box(left=2000, top=0, right=2100, bottom=40))
    with pytest.raises(FrameRefusedError):
        jpeg_of(np.zeros((0, 0, 3), np.uint8))

"""Strips: what detection leaves around a row's letters is not read as part of them."""

import numpy as np
import pytest

from vision.ocr.crops import close_to_letters, in_main_contrast, without_margin


def test_an_edge_in_the_margin_goes_and_the_letters_stay() -> None:
    strip = np.full((60, 200, 3), 120, np.uint8)
    strip[1:3] = 0
    strip[12:48, 20:180] = 255
    plain = without_margin(strip)
    assert plain.min() == 120
    assert int((plain == 255).sum()) == int((strip == 255).sum())


@pytest.mark.parametrize("shape", [(200, 40, 3), (4, 30, 3), (0, 0, 3)], ids=["column", "flat", "empty"])
def test_what_is_no_row_or_has_no_margin_stays_as_it_is(shape: tuple[int, ...]) -> None:
    strip = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    assert np.array_equal(without_margin(strip), strip)


def test_letters_stand_out_from_their_outline_whatever_the_colours() -> None:
    strip = np.full((40, 160, 3), (200, 40, 30), np.uint8)
    strip[8:32, 20:140] = (40, 20, 200)
    strip[14:26, 30:130] = (40, 230, 255)
    grey = in_main_contrast(strip).astype(int)
    assert grey.shape == strip.shape
    assert abs(int(grey[20, 80, 0]) - int(grey[10, 80, 0])) > 80


def test_a_row_of_one_colour_has_no_contrast() -> None:
    assert in_main_contrast(np.full((20, 60, 3), 77, np.uint8)).max() == 0


def test_a_row_is_cut_closer_above_and_below_alike() -> None:
    strip = np.repeat(np.arange(50, dtype=np.uint8), 300).reshape(50, 100, 3)
    close = close_to_letters(strip)
    assert (int(close[0, 0, 0]), int(close[-1, 0, 0])) == (6, 43)

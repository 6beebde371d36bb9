"""The scorer compares what was said, not how it was written."""

import pytest

from bench.cer import character_error_rate, edits, fold, spoken_number


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "零"), (10, "十"), (15, "十五"), (105, "一百零五"), (112, "一百一十二"), (5200, "五千二百"), (20_000, "两万")],
)
def test_numbers_are_written_as_said(number: int, said: str) -> None:
    assert spoken_number(number) == said.replace("两", "二")


def test_folding_makes_spellings_equal() -> None:
    assert fold("含絨量90%，３.5升") == fold("含绒量百分之九十 三点五升")


def test_edits() -> None:
    assert edits("真言", "真言") == 0
    assert edits("跟治失眠", "根治失眠") == 1
    assert edits("", "abc") == 3


def test_rate_is_over_all_reference_characters() -> None:
    assert character_error_rate([("真言", "真言"), ("好的", "好")]) == 0.25

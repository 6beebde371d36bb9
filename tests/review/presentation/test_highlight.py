"""Where a quotation stands in its passages."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.types import SpokenWord
from review.presentation.highlight import mark_quote, timed


@pytest.mark.parametrize(
    ("texts", "quote", "quoted"),
    [
        (["它的总功率可以做到一百瓦。"], "总功率可以做到一百瓦", ["总功率可以做到一百瓦"]),
        (["咱家足足", "两万毫安时啊"], "足足两万毫安时", ["足足", "两万毫安时"]),
        (["全网最好的充电头，没有之一。"], "全网最好的充电头没有之一", ["全网最好的充电头，没有之一"]),
        (["原价￥５９９ 到手"], "原价¥599", ["原价￥５９９"]),
        (["蜂蜜不是药"], "治病", []),
        (["蜂蜜不是药"], "", []),
        ([], "治病", []),
        (["…", "！"], "。", []),
    ],
    ids=[
        "inside one",
        "over two",
        "punctuation inside",
        "full width",
        "not there",
        "empty quotation",
        "no text",
        "only punctuation",
    ],
)
def test_the_quotation_is_marked(texts: list[str], quote: str, quoted: list[str]) -> None:
    marked = mark_quote(texts, quote)
    assert [piece.text for pieces in marked for piece in pieces if piece.quoted] == quoted


@given(st.lists(st.text(max_size=12), max_size=4), st.text(max_size=8))
def test_no_character_is_lost_or_moved(texts: list[str], quote: str) -> None:
    assert ["".join(piece.text for piece in pieces) for pieces in mark_quote(texts, quote)] == texts


def test_words_keep_their_times_inside_and_outside_the_quotation() -> None:
    [pieces] = mark_quote(["功率一百瓦吧"], "一百瓦")
    words = [
        SpokenWord(start=0, end=3, start_ms=0, end_ms=300),
        SpokenWord(start=3, end=5, start_ms=300, end_ms=600),
    ]
    assert [(piece.text, piece.quoted, piece.start_ms) for piece in timed(pieces, words)] == [
        ("功率", False, 0),
        ("一", True, 0),
        ("百瓦", True, 300),
        ("吧", False, None),
    ]


@given(
    st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5),
    st.text(max_size=4),
    st.lists(st.integers(0, 12), max_size=8),
)
def test_timing_the_words_loses_no_character(texts: list[str], quote: str, cuts: list[int]) -> None:
    ends = sorted(set(cuts))
    words = [SpokenWord(start=start, end=end, start_ms=start * 100, end_ms=end * 100) for start, end in pairwise(ends)]
    for text, pieces in zip(texts, mark_quote(texts, quote), strict=True):
        assert "".join(piece.text for piece in timed(pieces, words)) == text
        assert all(piece.text for piece in timed(pieces, words))

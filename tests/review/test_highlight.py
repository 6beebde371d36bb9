"""Where a quotation stands in its passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.highlight import mark_quote


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

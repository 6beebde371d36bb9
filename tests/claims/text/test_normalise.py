import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.text.normalise import is_boundary, normalise, to_simplified

EMOJI = {"💊": "药", "💯": "百分百", "🇫🇷": "法国"}
LOOKALIKES = {"蕞": "最", "囯": "国"}
TRICKY = (
    "最好的国第一三蕞囯髮發體態裡①②⑩❶㊀💊💯⭐🐟 \t\n\r\u3000\u200b\ufe0f\ufffd\x00\x1f，。！？；：、,.!?;:"
    "·•*_~^|`'\"“”「」【】[]()（）<>《》…-—/\\+=#@&%abzAZＡｚ09０９Ⅳ㎡㎏½℃ßİé\u0301ﬁ"
)
texts = st.one_of(st.text(alphabet=TRICKY, max_size=16), st.text(max_size=12), st.text(st.characters(), max_size=8))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        pytest.param("最 好", "最好", id="a space inside a word"),
        pytest.param("最·好", "最好", id="a dot inside a word"),
        pytest.param("最\u200b好", "最好", id="a zero-width space inside a word"),
        pytest.param("最\x00好", "最好", id="a control character inside a word"),
        pytest.param("最\ufe0f好\ufffd", "最好", id="a variation selector and a replacement character"),
        pytest.param("最\ud800好", "最好", id="half of a surrogate pair"),
        pytest.param("蕞好", "最好", id="a look-alike"),
        pytest.param("吃💊", "吃药", id="an emoji that stands for a word"),
        pytest.param("好😀吃", "好吃", id="an emoji that stands for nothing"),
        pytest.param("ＺＵＩ好", "zui好", id="full-width capitals"),
        pytest.param("國家級", "国家级", id="traditional characters"),
        pytest.param("第①", "第一", id="a circled number"),
        pytest.param("①⑩", "一,十", id="two circled numbers are no eleven or 110"),
        pytest.param("昨天④⑧⓪", "昨天480", id="circled digits that don't count up are a number"),
        pytest.param("❽❾❾", "899", id="in black circles too"),
        pytest.param("①②③上链接", "一,二,三上链接", id="circled numbers that count up"),
        pytest.param("🇫🇷的酒", "法国的酒", id="a flag"),
        pytest.param("🇦🇶的酒", "的酒", id="a flag of a country that nobody names"),
        pytest.param("½斤", "半斤", id="a half is not twelve"),
        pytest.param("60℃", "60°c", id="degrees celsius keep their sign"),
        pytest.param("10㎡", "10m2", id="a square metre"),
        pytest.param("３．５％", "3.5%", id="full-width digits"),
        pytest.param("到手，买！", "到手,买!", id="full-width punctuation"),
        pytest.param("净含量  规格", "净含量,规格", id="two spaces part two fields"),
        pytest.param("今天没有大牌 只有小碗", "今天没有大牌,只有小碗", id="a space between two stretches is a pause"),
        pytest.param("这个糖 尿 病人能吃", "这个糖尿病人能吃", id="spaces inside a word are none"),
        pytest.param("第一行\u2028第二行", "第一行\n第二行", id="a line separator ends a sentence"),
    ],
)
def test_what_was_heard_is_folded(heard: str, meant: str) -> None:
    assert normalise(heard, emoji=EMOJI, lookalikes=LOOKALIKES).text == meant


@pytest.mark.parametrize(
    "kept",
    [
        "3-4天",
        "1.5升",
        "pa++++",
        "a b",
        "65w/20v",
        "1800*2000mm",
        "3:00",
        "12%vol",
        "一,二。三",
        "保质期3年|开启后12个月",
        "4l|4人",
        "180g(15g",
    ],
)
def test_signs_that_carry_meaning_stay(kept: str) -> None:
    assert normalise(kept).text == kept


def test_the_heard_words_are_found_behind_the_folded_ones() -> None:
    normal = normalise("家人们，最 · 好的💊！", emoji=EMOJI)
    start = normal.text.index("最好")
    assert normal.heard(start, start + 2) == "最 · 好"
    assert normal.original_span(start, start + 2) == (4, 9)
    assert normal.heard(3, 3) == ""


@given(texts, st.data())
@settings(max_examples=300, deadline=None)
def test_every_folded_span_leads_back_to_the_original(text: str, data: st.DataObject) -> None:
    normal = normalise(text, emoji=EMOJI, lookalikes=LOOKALIKES)
    size = len(normal.text)
    assert len(normal.starts) == len(normal.ends) == size
    assert list(normal.starts) == sorted(normal.starts)
    assert list(normal.ends) == sorted(normal.ends)
    assert all(0 <= s < e <= len(text) for s, e in zip(normal.starts, normal.ends, strict=True))
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    left, right = normal.original_span(start, end)
    assert normal.heard(start, end) == text[left:right]
    assert (normal.heard(start, end) != "") == (start < end)


@given(texts)
@settings(max_examples=500, deadline=None)
def test_folding_twice_is_folding_once(text: str) -> None:
    once = normalise(text, emoji=EMOJI, lookalikes=LOOKALIKES).text
    assert normalise(once, emoji=EMOJI, lookalikes=LOOKALIKES).text == once


S2T, T2S = opencc.OpenCC("s2t"), opencc.OpenCC("t2s")
COMMON = (
    "我们这款充电宝是国家级认证的产品质量最好价格实惠药监局批准说话写体态里后面发货头发干净开关电视机门"
    "关于广东台湾线下优惠"
)
PLAIN = "".join(c for c in dict.fromkeys(COMMON) if T2S.convert(S2T.convert(c)) == c)


@given(st.text(alphabet=PLAIN + ",。", max_size=20))
@settings(max_examples=200, deadline=None)
def test_traditional_means_the_same_as_simplified(text: str) -> None:
    traditional = "".join(S2T.convert(c) for c in text)
    assert normalise(traditional).text == normalise(text).text


@given(st.text(max_size=20))
@settings(max_examples=200, deadline=None)
def test_simplifying_keeps_every_position(text: str) -> None:
    assert len(to_simplified(text)) == len(text)


def test_a_number_on_two_lines_is_two_numbers() -> None:
    assert is_boundary(normalise("20\n26").text[2])


@pytest.mark.parametrize("most", [40, 160])
def test_pieces_of_a_long_text_are_the_text(most: int) -> None:
    folded = normalise("这款锅三百克，今天只要九十九。" * 40 + "没有标点的一大段话" * 30)
    pieces = folded.pieces(most)
    assert "".join(piece.text for piece in pieces) == folded.text
    assert all(0 < len(piece.text) <= most for piece in pieces)
    assert all(piece.heard(0, len(piece.text)) in folded.original for piece in pieces)


def test_a_short_text_is_one_piece() -> None:
    folded = normalise("你好")
    assert folded.pieces(160) == [folded]
    assert [piece.text for piece in normalise("").pieces(160)] == [""]

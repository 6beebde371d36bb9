import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.text.condition import find_newness

HAN = "零一二三四五六七八九"


@pytest.mark.parametrize(
    ("text", "percents"),
    [
        pytest.param("这台九九新", [99], id="two digits"),
        pytest.param("99新的机器", [99], id="arabic"),
        pytest.param("九成新", [90], id="tenths"),
        pytest.param("9成新", [90], id="arabic tenths"),
        pytest.param("九成五新", [95], id="tenths and five"),
        pytest.param("九五成新", [95], id="hundredths with the unit"),
        pytest.param("八成半新", [85], id="half a tenth"),
        pytest.param("不是九成新,是九五新", [90, 95], id="two in a sentence"),
        pytest.param("九成新客户", [], id="new customers"),
        pytest.param("九九新品节", [], id="a sale of new goods"),
        pytest.param("今年九月新款", [], id="a month"),
        pytest.param("原价199新人只要9", [], id="a price before new customers"),
        pytest.param("第九新的那台", [], id="an ordinal"),
        pytest.param("百分之九十五新疆棉", [], id="a place"),
        pytest.param("三成新", [], id="nobody sells at three tenths"),
    ],
)
def test_grades_are_found_where_they_are_meant(text: str, percents: list[int]) -> None:
    assert [n.percent for n in find_newness(text)] == percents


@given(st.integers(50, 99))
def test_every_way_to_say_a_grade_means_the_same(percent: int) -> None:
    tens, ones = divmod(percent, 10)
    said = {f"{percent}新", f"{HAN[tens]}{HAN[ones]}新", f"{HAN[tens]}成{HAN[ones]}新", f"{tens}成{ones}新"}
    for words in said:
        [grade] = find_newness(f"成色{words},放心")
        assert (grade.percent, grade.start, grade.end) == (percent, 2, 2 + len(words))

"""The formal citation: Chinese numerals, 款 and 项 as the article has them, and nothing where nobody can be certain."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.law.citing import numeral, parse
from claims.law.texts import StatuteTexts
from claims.policy.packaged import packaged_policy

ROOT = Path(__file__).parents[3]
LAWS = StatuteTexts.read(ROOT / "configs" / "laws" / "zh-CN.yaml")
DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
UNITS = {"十": 10, "百": 100, "千": 1000}


@pytest.mark.parametrize(
    ("cited", "zh", "en"),
    [
        (
            "广告法 28(2)(2)",
            "《广告法》第二十八条第二款第（二）项",
            "Advertising Law, Article 28, paragraph 2, item (2)",
        ),
        ("广告法 9(3)", "《广告法》第九条第（三）项", "Advertising Law, Article 9, item (3)"),
        ("广告法 9(11)", "《广告法》第九条第（十一）项", "Advertising Law, Article 9, item (11)"),
        ("广告法 9(1)(3)", "《广告法》第九条第（三）项", "Advertising Law, Article 9, item (3)"),
        ("广告法 18(1)(5)", "《广告法》第十八条第一款第（五）项", "Advertising Law, Article 18, paragraph 1, item (5)"),
        ("广告法 11(2)", "《广告法》第十一条第二款", "Advertising Law, Article 11, paragraph 2"),
        ("广告法 17", "《广告法》第十七条", "Advertising Law, Article 17"),
        ("商标法 14(5)", "《商标法》第十四条第五款", "Trademark Law, Article 14, paragraph 5"),
        ("食品安全法 73(1)", "《食品安全法》第七十三条第一款", "Food Safety Law, Article 73, paragraph 1"),
        ("民法典 1010", "《民法典》第一千零一十条", "《民法典》, Article 1010"),
        (
            "某某办法 19(1)(2)",
            "《某某办法》第十九条第一款第（二）项",
            "《某某办法》, Article 19, paragraph 1, item (2)",
        ),
    ],
)
def test_a_citation_is_printed_formally(cited: str, zh: str, en: str) -> None:
    assert (LAWS.formal(cited), LAWS.formal(cited, "en")) == (zh, en)


@pytest.mark.parametrize(
    "cited",
    [
        *("广告法", "", "28(2)", "广告法第28条", "《广告法》28", "广告法第28", "广告法 第二十八条", "Order 117 26"),
        *("广告法 28(2)(2)(1)", "广告法 28（2）（2）", "广告法 028", "广告法 28(0)", "广告法 28 第二款", "广告法 8, 9"),
        *("人工智能生成合成内容标识办法", "平台规则 v2"),
        pytest.param("广告法 28(9)(9)", id="no such part"),
        pytest.param("广告法 8(9)", id="no such paragraph"),
        pytest.param("某某办法 19(1)", id="paragraph or item: the text is not known"),
    ],
)
def test_what_can_not_be_read_for_certain_is_left_as_it_is(cited: str) -> None:
    for language in ("zh", "en"):
        assert LAWS.formal(cited, language) == cited


def test_every_citation_of_the_policy_is_printed_formally_or_names_no_article() -> None:
    policy = packaged_policy()
    refs = [ref for file in policy.class_files.values() for ref in file.law]
    cited = {each for ref in refs for each in ref.cite}
    left = {each for each in cited if LAWS.formal(each) == each}
    assert len(cited) > 40
    assert all(parse(each) is None and not any(char.isdigit() for char in each) for each in left)


@given(number=st.integers(1, 9999))
def test_a_numeral_says_its_number(number: int) -> None:
    total, digit = 0, 0
    for char in numeral(number):
        if char in UNITS:
            total += (digit or 1) * UNITS[char]
            digit = 0
        else:
            digit = DIGITS[char]
    assert total + digit == number


def test_there_is_no_article_nought() -> None:
    with pytest.raises(ValueError, match="no number"):
        numeral(0)

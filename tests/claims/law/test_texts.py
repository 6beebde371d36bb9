"""Which part of which article a citation means."""

from pathlib import Path

import pytest

from claims.law.texts import StatuteTexts

LAWS = StatuteTexts.read(Path(__file__).parents[3] / "configs" / "laws" / "zh-CN.yaml")


@pytest.mark.parametrize(
    ("cited", "meant"),
    [
        ("广告法 28(2)(2)", ["（二）商品的性能"]),
        ("广告法 9(3)", ["（三）使用“国家级”"]),
        ("广告法 9(1)", ["（一）使用或者变相使用中华人民共和国的国旗"]),
        ("广告法 9(8)", ["（八）含有淫秽"]),
        ("广告法 11(2)", ["广告使用数据"]),
        ("广告法 18(1)(5)", ["（五）"]),
        ("明码标价和禁止价格欺诈规定 19(3)", ["（三）"]),
        ("广告法 17", []),
        ("广告法 8(9)", []),
        ("广告法 9(11)", ["（十一）"]),
        ("商标法 14(5)", ["生产、经营者不得将“驰名商标”字样用于"]),
        ("食品安全法 73(1)", ["食品广告的内容应当真实合法"]),
    ],
    ids=[
        "point of a paragraph",
        "point",
        "first point of the only paragraph",
        "late point",
        "paragraph",
        "point of the first",
        "regulation",
        "whole",
        "none",
        "eleventh",
        "late paragraph",
        "first of two paragraphs",
    ],
)
def test_the_cited_part_is_marked(cited: str, meant: list[str]) -> None:
    article = LAWS.article(cited)
    assert article is not None
    marked = [text for text, is_meant in article.lines if is_meant]
    assert len(marked) == len(meant)
    assert all(text.startswith(start) for text, start in zip(marked, meant, strict=True))


@pytest.mark.parametrize("cited", ["直播电商监督管理办法 26", "广告法 999", "广告法", "", "28(2)"])
def test_a_text_that_is_not_packaged_is_none(cited: str) -> None:
    assert LAWS.article(cited) is None
    assert StatuteTexts.none().article("广告法 9(3)") is None

"""How new second-hand goods are said to be, in hundredths: 九九新 is 99, 九成新 90, 九成五新 95, 八五成新 85."""

import re
from dataclasses import dataclass

_HAN = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
_TENTH = "五六七八九5-9"
_DIGIT = "〇零一二三四五六七八九0-9"
# 九成新客户, 九九新品: the 新 belongs to the next word.
_OTHER_WORDS = "品款客粉用手人店学年潮鲜娘生茶米疆书闻加西会春增规政上出一代装配建家朋姐宝颜中开进来到"
_GRADE = re.compile(
    rf"(?<![{_DIGIT}十百千万第.])(?P<tenths>[{_TENTH}])(?:成(?P<more>[{_DIGIT}半])?|(?P<ones>[{_DIGIT}])成?)"
    rf"新(?![{_OTHER_WORDS}])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newness:
    """A grade of newness said at [start, end), in hundredths of new."""

    start: int
    end: int
    percent: int


def find_newness(text: str) -> list[Newness]:
    """Every such grade in folded text, left to right."""
    return [
        Newness(
            start=match.start(),
            end=match.end(),
            percent=_digit(match["tenths"]) * 10 + _digit(match["more"] or match["ones"] or "0"),
        )
        for match in _GRADE.finditer(text)
    ]


def _digit(char: str) -> int:
    if char == "半":
        return 5
    return _HAN[char] if char in _HAN else int(char)

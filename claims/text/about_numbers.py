"""What stands about a number: how exactly it is meant, whether it is below zero, and digits in one writing."""

import re
from decimal import Decimal

from claims.text.numbers import DIGITS, qualifier_after

_LITTLE = re.compile("[还都也就的]*")
_BELOW_BEHIND = ("不到", "不足", "不满")
_ABOVE_BEHIND = ("往上", "打底", "起跳", "挂零", "不止", "还多", "开外", "有余")


_NEARLY_BEFORE = re.compile(
    "(?<![色时误温落])差[^,。]{0,2}[一二两三四五六七八九十几半点0-9][^,。]{0,3}(?:就|到|够|满)?(?:是|有)?$"
)
_NEARLY_BEHIND = re.compile("[还就]?(?:差|欠|缺|少)(?:了?那么)?一?小?(?:点|丁|丢|口气|些|丝)")


def kind_about(text: str, start: int, end: int, kind: str) -> str:
    """How exactly a number at [start, end) is meant, with what is said about it: 一斤都不到, 四升往上, 差一点就一米."""
    if kind != "exact":
        return kind
    if _NEARLY_BEFORE.search(text[max(0, start - 9) : start]) or _NEARLY_BEHIND.match(text, end):
        return "approx"
    little = _LITTLE.match(text, end)
    at = little.end() if little else end
    if text.startswith(_BELOW_BEHIND, at):
        return "at_most"
    if text.startswith(_ABOVE_BEHIND, at):
        return "at_least"
    return qualifier_after(text, end) or kind


_BELOW_ZERO = ("零下", "负", "-", "−", "摄氏零下")


def is_below_zero(text: str, start: int) -> bool:
    """True where the number that begins there is one below zero: 零下三十五, -20; 10-20 is none."""
    if not text.endswith(_BELOW_ZERO, 0, start):
        return False
    before = text[start - 2 : start - 1]
    return text[start - 1] not in "-−" or not (before.isdigit() or before in {"度", "℃", "c"})


_TO_DIGITS = str.maketrans({char: str(digit) for char, digit in DIGITS.items()})


def with_digits(text: str) -> str:
    """The text with Arabic digits for Chinese ones, each by itself: 二级 and 2级 are one grade."""
    return text.translate(_TO_DIGITS)


_TO_HAN = str.maketrans(dict(enumerate("零一二三四五六七八九", start=ord("0"))))


def in_han(digits: str) -> str:
    """Arabic digits as they are read out one by one: 304 as 三零四."""
    return digits.translate(_TO_HAN)


_SIGNED_RANGE = re.compile(r"(?P<low>[-−]?\d+(?:\.\d+)?) ?(?:~|至|到|-|—) ?(?P<high>[-−]?\d+(?:\.\d+)?)")


def signed_range(text: str) -> tuple[Decimal, Decimal, int] | None:
    """From where to where the range goes with which a registered text begins, and where it ends: -10~-20°C."""
    found = _SIGNED_RANGE.match(text)
    if found is None or not {found["low"][0], found["high"][0]} & set("-−"):
        return None
    low, high = (Decimal(found[name].replace("−", "-")) for name in ("low", "high"))
    return min(low, high), max(low, high), found.end()

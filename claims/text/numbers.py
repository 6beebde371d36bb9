"""Numbers as people say them: 一万二, 两百多, 五六百, 三成, 十来, 二零二一, 九十三点几, 1.5万, 三九九.

A pure scanner over folded text. It finds values and how exactly they were meant; units are `units`' matter.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "幺": 1,
}
_SCALES = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_BIG = {"万": 10_000, "亿": 100_000_000}
_KELVIN = 1000  # so many k are no thousands: 2700K is the colour of light
_LATIN_BIG = {"万": 10_000, "亿": 100_000_000, "千": 1000, "百": 100, "k": 1000, "w": 10_000}
NUMERALS = "零〇一二两俩三四五六七八九十百千万亿壹贰叁拾佰仟"

_ARABIC = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
_LONGEST_RUN = 24
_HAN_RUN = re.compile(
    rf"(?:[{NUMERALS}几数]|(?<=[{NUMERALS}])好几){{1,{_LONGEST_RUN}}}(?:点[{NUMERALS}几]{{1,{_LONGEST_RUN}}})?"
)
# No number begins with any other character.
_BEGINS = re.compile(rf"[0-9{NUMERALS}几数半对个]")
_LATIN_PART = re.compile(r"(\d{1,4})([千百十])|(\d{4})(?!\d|[.,]\d|[千百十])")
_PART_SCALES = {"千": 1000, "百": 100, "十": 10}
_PERCENT_OF = re.compile(r"(百|千|万)分之")
_HUNDRED_PERCENT = re.compile(r"百分百|百分之百|百分之一百|100%")
_ADJACENT_DIGITS = re.compile(r"^(.*[十百千万亿拾佰仟])?([一二两三四五六七八])([二两三四五六七八九])([十百千万亿]*)$")
_SPELLED_DIGITS = ("一二", "二三")
_FRACTION = re.compile(r"([一二两三四五六七八九十]+)分之([一二两三四五六七八九])")
_HALF_SHARE = re.compile(r"一半|半数|对半")
_HALF_UNIT = re.compile(r"半(?=[斤公升米年天小个瓶盒两片粒])")
# 个把月, 百把斤: one or so, a hundred or so.
_ABOUT_ONE = re.compile(
    r"(?<![这那哪每整几两各一])(?:(个)把(?=月|钟头|小时|星期|礼拜|年(?![糕货轻])|天(?![然猫生]))"
    r"|([十百千万])把(?=个|斤|克|米|里|块|年|天))"
)
# What may stand between such a word and its number: 差不多占九成, 最多有三斤.
_VERB_BEFORE = re.compile("(?:占|有|是|得|要|在|重)$")
_APPROX_BEFORE = ("大概", "大约", "约", "差不多", "将近", "接近", "近", "快", "约莫", "估摸", "差不离")
_APPROX_AFTER = ("左右", "上下", "来", "多", "出头", "几")
_AT_LEAST_BEFORE = ("至少", "起码", "最少", "最低", "不少于", "不低于", "不小于", "大于", "超过", "超", "高达", "足足")
_AT_MOST_BEFORE = ("最多", "最高", "最大", "顶多", "不超过", "不高于", "不大于", "小于", "低于", "不到", "不足", "少于")
_AT_LEAST_AFTER = ("以上", "起步", "往上", "+", "加")
_AT_MOST_AFTER = ("以内", "以下", "封顶", "之内")
_RANGE_JOIN = re.compile(r"^(?:-|~|到|至|—)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number heard at [start, end): it means any value in [low, high].

    `kind`: exact, approx (约, 左右, 多), at_least (以上), at_most (最高, 不到), range (三到五). `percent`: it was said
    as a share (百分之, 成; 折 is none). `single_digit_word`: one numeral character, often part of a word (一起).
    """

    start: int
    end: int
    low: Decimal
    high: Decimal
    kind: str = "exact"
    percent: bool = False
    single_digit_word: bool = False

    @property
    def value(self) -> Decimal:
        """The middle of what was meant; the value itself when exact."""
        return self.low if self.low == self.high else (self.low + self.high) / 2


def parse_han(run: str) -> tuple[Decimal, Decimal] | None:
    """The value range of a run of Chinese numerals, or None if it is no number.

    一万二 → 12000, 三九九 → 399, 五六百 → (500, 600), 两三 → (2, 3), 十五六 → (15, 16), 几十 → (20, 99),
    十几 → (11, 19).
    """
    if not run or all(c in "百千万亿" for c in run):
        return None
    integer, _, fraction = run.partition("点")
    if fraction:
        whole = parse_han(integer)
        if whole is None:
            return None
        digits = [(DIGITS.get(c)) for c in fraction if c not in "几"]
        if any(d is None for d in digits):
            return None
        text = "".join(str(d) for d in digits)
        low = whole[0] + (Decimal("0." + text) if text else 0)
        high = low + (Decimal(1).scaleb(-len(text)) * Decimal("0.9") if "几" in fraction else 0)
        return low, high
    neighbours = _neighbours(integer)
    if neighbours is not None:
        return neighbours
    if "几" in integer or "数" in integer:
        return _with_some(integer)
    if all(c in DIGITS for c in integer):
        if len(integer) == 1:
            return (Decimal(DIGITS[integer]),) * 2
        value = Decimal("".join(str(DIGITS[c]) for c in integer))
        return value, value
    total = _sum_scales(integer)
    return None if total is None else (Decimal(total), Decimal(total))


def whole_number(text: str) -> int:
    """The number that digits or Chinese numerals write, of a range its least; 0 where they write none."""
    return int(text) if text.isdigit() else int((parse_han(text) or (0,))[0])


def _neighbours(run: str) -> tuple[Decimal, Decimal] | None:
    """The range of two neighbouring digits in a row (五六百, 两三, 十五六); 二三 alone is spelled (二三年款)."""
    pair = _ADJACENT_DIGITS.match(run)
    if pair is None or DIGITS[pair[3]] != DIGITS[pair[2]] + 1 or run in _SPELLED_DIGITS:
        return None
    head = pair[1] or ""
    low, high = parse_han(head + pair[2] + pair[4]), parse_han(head + pair[3] + pair[4])
    if low is None or high is None or low[0] != low[1] or high[0] != high[1]:
        return None
    return low[0], high[0]


def digit_of(char: str) -> int:
    """The digit that an Arabic or Chinese numeral character means."""
    return DIGITS[char] if char in DIGITS else int(char)


def _scale(text: str) -> int:
    product = 1
    for char in text:
        product *= _SCALES.get(char) or _BIG[char]
    return product


def _with_some(run: str) -> tuple[Decimal, Decimal] | None:
    if "好几" in run:
        # 四十好几 is well over forty, 十好几万 well over a hundred thousand.
        some = _with_some(run.replace("好几", "几"))
        return None if some is None else (some[0] + (some[1] - some[0]) / 4, some[1])
    if (
        len(run) > 2
        and run[-1] in _BIG
        and ("几" in run[:-1] or "数" in run[:-1])
        and run[:-1][-1] not in _SCALES | _BIG
    ):
        # 十几万 is (11 to 19) × 10,000.
        within = _with_some(run[:-1])
        return None if within is None else (within[0] * _BIG[run[-1]], within[1] * _BIG[run[-1]])
    place = run.find("几") if "几" in run else run.find("数")
    before, after = run[:place], run[place + 1 :]
    if after and not all(c in _SCALES or c in _BIG for c in after):
        return None
    scale = _scale(after) if after else 1
    base = _sum_scales(before) if before else 0
    if base is None or (not before and not after):
        return None
    low = 2 if not before else 1
    return Decimal(base + low * scale), Decimal(base + 9 * scale + (scale - 1))


def _sum_scales(run: str) -> int | None:
    total = section = 0
    digit: int | None = None
    last_scale = 0
    for char in run:
        if char in DIGITS:
            if digit is not None and digit != 0:
                return None
            digit = DIGITS[char]
        elif char in _SCALES:
            section += (1 if digit is None else digit) * _SCALES[char]
            last_scale, digit = _SCALES[char], None
        elif char in _BIG:
            section += digit or 0
            total = (total + section) * _BIG[char] if char == "亿" else total + section * _BIG[char]
            section, digit, last_scale = 0, None, _BIG[char]
    if digit is not None:
        tail_is_short = last_scale >= 100 and not (len(run) > 1 and run[-2] in "零〇")
        section += digit * (last_scale // 10 if tail_is_short else 1)
    return total + section


# 功率, 频率, 汇率, 心率, 倍率, 刷新率, 分辨率, 采样率, 税率, 速率, 帧率, 码率 and the like are no shares.
_RATE = re.compile("(?<![功频汇心倍新辨样税利费速帧码特曲])率(?:高?达|达到|到|是|有|为)?$")
_MEASURED = frozenset("瓦赫倍次人个位名家分点元块度千万:/比")
_LEAST_SHARE, _MOST_SHARE = 10, 100


def find_numbers(text: str) -> list[Number]:
    """Every number in folded text, left to right, not overlapping."""
    found: list[Number] = []
    at = 0
    while (start := _BEGINS.search(text, at)) is not None:
        at = start.start()
        number = _about_one_at(text, at) or _share_at(text, at) or _arabic_at(text, at) or _han_at(text, at)
        if number is None:
            at += 1
            continue
        found.append(number)
        at = number.end
    joined = _joined_ranges(text, found)
    limits = [n.start for n in joined[1:]] + [len(text)]
    return [_qualified(text, number, limit) for number, limit in zip(joined, limits, strict=False)]


def _about_one_at(text: str, at: int) -> Number | None:
    about = _ABOUT_ONE.match(text, at)
    if about is None:
        return None
    scale = about[2] or ""
    one = Decimal(_SCALES.get(scale) or _BIG.get(scale, 1))
    return Number(start=at, end=about.end(), low=one, high=2 * one, kind="approx")


def _share_at(text: str, at: int) -> Number | None:
    whole = _HUNDRED_PERCENT.match(text, at)
    if whole:
        return Number(start=at, end=whole.end(), low=Decimal(100), high=Decimal(100), percent=True)
    half = _HALF_SHARE.match(text, at)
    if half:
        return Number(start=at, end=half.end(), low=Decimal(50), high=Decimal(50), percent=True, kind="approx")
    if _HALF_UNIT.match(text, at):
        return Number(start=at, end=at + 1, low=Decimal("0.5"), high=Decimal("0.5"), single_digit_word=True)
    of = _PERCENT_OF.match(text, at)
    if of:
        number = _arabic_at(text, of.end()) or _han_at(text, of.end())
        if number is None:
            return None
        divisor = {"百": 1, "千": 10, "万": 100}[of[1]]
        return Number(start=at, end=number.end, low=number.low / divisor, high=number.high / divisor, percent=True)
    fraction = _FRACTION.match(text, at)
    if fraction:
        below, above = parse_han(fraction[1]), parse_han(fraction[2])
        if below and above and below[0]:
            share = (above[0] / below[0] * 100).quantize(Decimal("0.01"))
            return Number(start=at, end=fraction.end(), low=share, high=share, percent=True, kind="approx")
    return None


def _arabic_at(text: str, at: int) -> Number | None:
    match = _ARABIC.match(text, at)
    if match is None:
        return None
    value = Decimal(match[1].replace(",", "") + (match[2] or ""))
    end = match.end()
    scale = 1
    while end < len(text) and scale < 10**12 and text[end] in _LATIN_BIG and not _unit_letter(text, end):
        if text[end] == "k" and value >= _KELVIN:
            break
        scale *= _LATIN_BIG[text[end]]
        end += 1
    value *= scale
    while scale > 10 and (part := _LATIN_PART.match(text, end)):
        below = _PART_SCALES[part[2]] if part[2] else 1
        more = Decimal(part[1] or part[3]) * below
        if more >= scale:
            break
        value, scale, end = value + more, below, part.end()
    percent = text[end : end + 1] == "%" and text[end : end + 4] != "%vol"
    if percent:
        end += 1
    return Number(start=at, end=end, low=value, high=value, percent=percent)


def _unit_letter(text: str, at: int) -> bool:
    """True where k or w begins a unit (kg, kw, w as watt) and is no multiplier."""
    if text[at] == "k":
        return text[at + 1 : at + 2].isascii() and text[at + 1 : at + 2].isalpha()
    if text[at] == "w":
        following = text[at + 1 : at + 2]
        return not following or following not in "多毫单人件粉"
    return False


# 两千一百千焦: the thousand belongs to the unit.
_THOUSANDS_OF = ("焦", "帕", "卡", "伏", "赫")


def _han_at(text: str, at: int) -> Number | None:
    match = _HAN_RUN.match(text, at)
    if match is None:
        return None
    for end in range(match.end(), at, -1):
        run = text[at:end]
        if len(run) > 1 and run[-1] == "千" and text.startswith(_THOUSANDS_OF, end):
            continue
        if run.endswith("点") or (run[-1] == "数"):
            continue
        value = parse_han(run)
        if value is None:
            continue
        low, high = value
        kind = "exact" if low == high else "approx"
        percent = False
        if text[end : end + 1] == "成" and _is_share(text, end + 1):
            low, high, end, percent = low * 10, high * 10, end + 1, True
            if text[end : end + 1] == "半":
                low, high, end = low + 5, high + 5, end + 1
            elif text[end : end + 1] in DIGITS and text[end + 1 : end + 2] not in "个件条款瓶斤点块":
                low, high, end = low + DIGITS[text[end]], high + DIGITS[text[end]], end + 1
        elif text[end : end + 1] == "%":
            end, percent = end + 1, True
        return Number(
            start=at, end=end, low=low, high=high, kind=kind, percent=percent, single_digit_word=len(run) == 1
        )
    return None


def _is_share(text: str, behind: int) -> bool:
    """Whether 成 before `behind` is a tenth: 三成, 九成都是; no 成为, 成本, 成都."""
    following = text[behind : behind + 1]
    return following not in "为功本分立都" or text.startswith(("都是", "都用", "都有", "都得"), behind)


def _joined_ranges(text: str, numbers: list[Number]) -> list[Number]:
    joined: list[Number] = []
    for number in numbers:
        if joined:
            before = joined[-1]
            between = text[before.end : number.start]
            if _RANGE_JOIN.match(between) and before.low <= number.high and before.kind != "range":
                joined[-1] = Number(
                    start=before.start,
                    end=number.end,
                    low=before.low,
                    high=number.high,
                    kind="range",
                    percent=before.percent or number.percent,
                )
                continue
        joined.append(number)
    return joined


def _qualified(text: str, number: Number, limit: int) -> Number:
    """The number with what the words around it say about how exactly it is meant; it ends by `limit`."""
    kind, low, high, end = number.kind, number.low, number.high, number.end
    head = text[max(0, number.start - 6) : number.start]
    before = _VERB_BEFORE.sub("", head)
    head = head[-4:]
    tail = text[end : end + 6]
    percent = number.percent or (_MOST_SHARE >= low >= _LEAST_SHARE and _is_rate(head, tail))
    if (
        end < limit
        and tail.startswith(("多", "来", "几"))
        and not tail.startswith(("多少", "来自", "来说", "来看", "来讲", "来喝", "来吃", "几个"))
    ):
        spread = _magnitude(low)
        if spread > 1 or tail.startswith("来"):
            kind, high, end = "approx", high + spread, end + 1
    forbidden = any(head.startswith(word) or word in head for word in ("不要", "不能", "别", "不可"))
    at_most = max((len(word) for word in _AT_MOST_BEFORE if before.endswith(word)), default=0)
    at_least = max((len(word) for word in _AT_LEAST_BEFORE if before.endswith(word)), default=0)
    if at_most > at_least:
        kind = "at_most"
    elif at_least:
        kind = "at_most" if forbidden else "at_least"
    elif any(before.endswith(word) for word in _APPROX_BEFORE) and kind == "exact":
        kind = "approx"
    return Number(
        start=number.start,
        end=end,
        low=low,
        high=high,
        kind=kind,
        percent=percent,
        single_digit_word=number.single_digit_word,
    )


def _is_rate(head: str, tail: str) -> bool:
    """True for what follows the name of a rate with no unit: 好评率九十九, and 除菌率99.9 as recognisers write it."""
    return _RATE.search(head) is not None and tail[:1] not in _MEASURED


def _magnitude(value: Decimal) -> Decimal:
    """The size of the last spoken place: 200 → 100, 50 → 10, 7 → 1."""
    if value <= 0 or value != value.to_integral_value():
        return Decimal(1)
    exponent = value.normalize().as_tuple().exponent
    return Decimal(1).scaleb(int(exponent))


def qualifier_after(text: str, end: int) -> str | None:
    """approx, at_least or at_most, if the words after a quantity say so."""
    tail = text[end : end + 3]
    if tail.startswith(_APPROX_AFTER[:2]):
        return "approx"
    if tail.startswith(_AT_LEAST_AFTER[:3]):
        return "at_least"
    if tail.startswith(_AT_MOST_AFTER):
        return "at_most"
    return None

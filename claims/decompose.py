"""Characters told by their parts (病字头一个老叟的叟, 三点水一个台, 两个火叠起来), read as the characters they make.

A telling is a run of parts with words of place between them. Parts next to one another are joined to a character of
the table; what stays single counts only where a gloss names it (疗效的疗) and beside a character that was joined.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claims.normalise import Edit

KIND = "split"
_COUNTS = {"一个": 1, "两个": 2, "俩": 2, "双": 2, "三个": 3, "四个": 4, "一": 1, "个": 1}
_JOINTS = (
    "前面再来个|再来一个|再来个|再加上|再加个|再加|加上|加个|叠起来那个字|叠起来|摞起来|那个字|这个字|合起来|凑一块|后面跟个|"
    "后面|前面|上面|上边|上头|下面|下边|下头|底下|左边|右边|里面|里头|中间|外面|旁边|还有|然后|一个|加|跟|再|是|字|,|的"
)
_MOST_PARTS = 4


_GLOSS_BEFORE = re.compile(r"([\u4e00-\u9fff])([\u4e00-\u9fff])的(?:\1|\2),?$")
_EXPLAINED = 8
_A_SHAPE = re.compile("字?[形型状]")


def _is_explained(text: str, end: int, meant: str) -> bool:
    """True where nothing is hidden: the character is said right after its parts (两个火叠起来的炎), or a shape is."""
    return _A_SHAPE.match(text, end) is not None or any(char in text[end : end + _EXPLAINED] for char in meant)


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    start: int
    end: int
    glossed: bool


class Decomposer:
    """Joins spoken parts to characters by a table of parts and a list of what radicals are called."""

    def __init__(self, parts: Mapping[str, Sequence[str]], radicals: Mapping[str, str]) -> None:
        self._made: dict[tuple[str, ...], str] = {}
        for char, ways in parts.items():
            for way in ways:
                self._made.setdefault(tuple(sorted(_same(c) for c in way)), char)
        self._radicals = dict(radicals)
        names = "|".join(sorted(map(re.escape, radicals), key=len, reverse=True))
        self._token = re.compile(
            rf"(?P<radical>{names})"
            r"|(?P<gloss>(?P<g1>[\u4e00-\u9fff])(?P<g2>[\u4e00-\u9fff])的(?:(?P=g1)|(?P=g2)))"
            r"|(?P<count>一个|两个|俩|三个|四个|双)(?P<counted>[\u4e00-\u9fff])(?=叠|摞|加|,|一个|下|上|右|左|再|$)"
            r"|(?:上面|下面|左边|右边|底下|里面|上边|下边)(?P<placed>[\u4e00-\u9fff])(?=[,。!?]|上|下|左|右|再|的|$)"
            rf"|(?P<joint>{_JOINTS})"
        )
        self._starts = re.compile(rf"{names}|[两三四]个[\u4e00-\u9fff](?:叠|摞|加|,一个|一个)|上面一个|左边一个")
        self._one = re.compile(r"(?:一个|是个|加个|跟个|上|个)?(?P<char>[\u4e00-\u9fff])")

    def edits(self, text: str) -> list[Edit]:
        """Every telling that makes at least one character, as what it makes."""
        found: list[Edit] = []
        at = 0
        while (begin := self._starts.search(text, at)) is not None:
            parts = self._parts(text, self._with_gloss(text, begin.start()))
            made = self._join(parts)
            at = begin.end()
            if made is not None and not _is_explained(text, parts[made[1] - 1].end, made[0]):
                meant, used = made
                start, end = parts[0].start, parts[used - 1].end
                found.append(Edit(start, end, meant, KIND, 1.0))
                at = end
        return found

    @staticmethod
    def _with_gloss(text: str, start: int) -> int:
        """Where a gloss right before the telling begins (母亲的母,女字旁一个乃), or the telling itself."""
        before = _GLOSS_BEFORE.search(text, max(0, start - 6), start)
        return before.start() if before is not None else start

    def _parts(self, text: str, at: int) -> list[_Part]:
        parts: list[_Part] = []
        open_radical = False
        while (token := self._token.match(text, at)) is not None or open_radical:
            if token is None:
                one = self._one.match(text, at)
                if one is None:
                    break
                parts.append(_Part(one["char"], one.start(), one.end(), False))
                at, open_radical = one.end(), False
                continue
            if token["radical"]:
                parts.append(_Part(self._radicals[token["radical"]], at, token.end(), False))
                open_radical = True
            elif token["gloss"]:
                parts.append(_Part(token["gloss"][-1], at, token.end(), True))
                open_radical = False
            elif token["count"]:
                parts += [_Part(token["counted"], at, token.end(), False)] * _COUNTS[token["count"]]
                open_radical = False
            elif token["placed"]:
                parts.append(_Part(token["placed"], at, token.end(), False))
                open_radical = False
            elif token["joint"] in {"一个", "个"} and (one := self._single(text, token.end())) is not None:
                parts.append(_Part(one["char"], at, one.end(), False))
                open_radical = False
                at = one.end()
                continue
            at = token.end()
        return parts

    def _single(self, text: str, at: int) -> re.Match[str] | None:
        """The one character that stands here as a part; None where a gloss names it (老叟的叟)."""
        following = self._token.match(text, at)
        return None if following is not None and following["gloss"] else self._one.match(text, at)

    def _join(self, parts: Sequence[_Part]) -> tuple[str, int] | None:
        """The characters that the parts make and how many parts they take; None where nothing is joined."""
        meant, at, joined, used = "", 0, False, 0
        while at < len(parts):
            for size in range(min(_MOST_PARTS, len(parts) - at), 1, -1):
                char = self._made.get(tuple(sorted(_same(p.text) for p in parts[at : at + size])))
                if char is not None:
                    meant, at, joined = meant + char, at + size, True
                    used = at
                    break
            else:
                one = parts[at]
                if not one.glossed and not (joined and len(one.text) == 1 and one.start > 0 and at == used):
                    break
                meant, at = meant + one.text, at + 1
                used = at
        return (meant, used) if joined else None


_VARIANTS = {"艹": "草", "⺮": "竹", "𥫗": "竹", "氵": "水", "亻": "人", "牜": "牛", "疒": "病", "讠": "言", "钅": "金"}
_VARIANTS |= {
    "衤": "衣",
    "礻": "示",
    "扌": "手",
    "忄": "心",
    "饣": "食",
    "犭": "犬",
    "纟": "丝",
    "糸": "丝",
    "刂": "刀",
}
_VARIANTS |= {
    "阝": "阜",
    "灬": "火",
    "冫": "冰",
    "艸": "草",
    "肉": "月",
    "辵": "辶",
    "贝": "贝",
    "王": "玉",
    "攵": "攴",
}


def _same(part: str) -> str:
    """One form for the forms of a radical."""
    return _VARIANTS.get(part, part)


def components_of(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Characters with the ways in which they fall into parts, from a table with a character a line."""
    rows = (line.split() for line in lines)
    return {row[0]: tuple(row[1:]) for row in rows}

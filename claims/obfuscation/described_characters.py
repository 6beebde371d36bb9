"""The parts in which somebody tells characters, read off the text: radicals, glosses, literals, what is put between.

三点水一个台 are two parts; 安全的全 is one, glossed; ,腰, alone between pauses echoes what the parts make.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_HAN = "[\u4e00-\u9fff]"
_COUNTS = {"一个": 1, "两个": 2, "俩": 2, "双": 2, "三个": 3, "四个": 4}
_JOINTS = (
    "前面再来个|再来一个|再来个|再加上|再加个|再加|加上|加个|叠起来那个字|叠起来|摞起来|那个字|这个字|合起来|凑一块|后面跟个|"
    "连起来|后头|后面|前面|前头|上面|上边|上头|下面|下边|下头|底下|左边|右边|左手边|右手边|里面|里头|里边|中间|外面|旁边|"
    "还有|然后|接着|接|一个|加|跟|再|是|字|,|的"
)
_PLACES = "后头|后面|旁边|前头|前面|下头|下面|底下"
_HALF = "左半拉|左半边|左边那半|右半拉|右半边|右边那半"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what it is and where it was told.

    `glossed`: a whole character by itself, named by a word (老叟的叟) or literally (那个梗; ,再来个州); `half` is 左
    or 右 where only that half of the character counts; `echo`: it stands between pauses, as what the parts before it
    make; `ahead`: it is to stand before them.
    """

    text: str
    start: int
    end: int
    glossed: bool = False
    radical: bool = False
    echo: bool = False
    half: str = ""
    ahead: bool = False


class DescriptionReader:
    """Reads runs of parts by what radicals are called."""

    def __init__(self, radicals: Mapping[str, str]) -> None:
        self._radicals = dict(radicals)
        names = "|".join(sorted(map(re.escape, radicals), key=len, reverse=True))
        anything = rf"{names}|{_HAN}字(?:旁|边(?![的上])|头|底|框)"
        self._token = re.compile(
            rf"(?P<half>(?P<of>{_HAN})字?的?(?P<side>{_HALF}))"
            rf"|(?P<radical>{anything})(?:(?<=旁)边)?"
            rf"|,(?:(?P<ahead>前头|前面)|再|又|{_PLACES})再?[来跟加接带添]一?个(?P<literal>{_HAN})"
            r"(?:字(?![去少没缺加减])|(?=[,。!?]|$))"
            rf"|(?P<gloss>(?P<word>{_HAN}{{2,4}})的(?P<named>{_HAN}))"
            rf"|(?P<beside>{_HAN})字(?:{_PLACES})(?=,|那个|的|一个)"
            rf"|那个(?P<that>(?!字){_HAN})(?=[,。!?]|字|$)"
            rf"|(?P<count>一个|两个|俩|三个|四个|双)(?P<counted>{_HAN})(?=叠|摞|加|,|一个|下|上|右|左|再|$)"
            rf"|(?:上面|下面|左边|右边|底下|里面|上边|下边)(?P<placed>{_HAN})(?=[,。!?]|上|下|左|右|再|的|$)"
            rf"|,(?P<echo>{_HAN})(?=[,。!?]|$)"
            r"|(?P<skip>字?[少没缺][^,。]{1,4}(?=[,。])|,(?:这个字|那个字)[^,。]{0,6}(?=,(?:后头|后面|再)))"
            rf"|(?P<joint>{_JOINTS})"
        )
        counted = rf"[两三四]个{_HAN}(?:叠|摞|加|,一个|一个)"
        self._unglossed = re.compile(self._token.pattern.replace("(?P<gloss>", "(?P<gloss>(?!)", 1))
        self._starts = re.compile(
            rf"{anything}|{counted}|[上左](?:面|边|头|手边)一个|一个{_HAN}一个{_HAN}(?=[,。])|"
            rf"{_HAN}字(?:{_PLACES})(?=,一个|那个|的那个)|{_HAN}字?的?(?:{_HALF})|"
            rf"{_HAN}{{1,3}}的{_HAN},{_HAN}{{1,3}}的{_HAN}(?=[,。])"
        )
        self._one = re.compile(rf"(?:一个|是个|加个|跟个|接一个|上|个)?(?P<char>{_HAN})(?:字(?=[,。]|$))?")

    def starts(self, text: str, at: int) -> re.Match[str] | None:
        """Where the next telling may begin."""
        return self._starts.search(text, at)

    def parts(self, text: str, at: int) -> list[Part]:
        """The parts told from here on, as far as they go on."""
        return list(self._parts(text, at))

    def _parts(self, text: str, at: int) -> Iterator[Part]:
        open_radical = False
        while True:
            token = self._at(text, at)
            if token is None:
                one = self._one.match(text, at) if open_radical else None
                if one is None:
                    return
                yield Part(one["char"], one.start(), one.end())
                at, open_radical = one.end(), False
                continue
            if found := self._parts_of(token, at):
                yield from found
                open_radical = found[-1].radical
            elif token["joint"] in {"一个", "个"} and (one := self._single(text, token.end())) is not None:
                yield Part(one["char"], at, one.end())
                at, open_radical = one.end(), False
                continue
            at = token.end()

    def _parts_of(self, token: re.Match[str], at: int) -> list[Part]:
        """The parts that this one token tells; none for what only joins or skips."""
        end = token.end()
        if token["half"]:
            return [Part(token["of"], at, end, half=token["side"][0])]
        if name := token["radical"]:
            return [Part(self._radicals.get(name, name[0]), at, end, radical=True)]
        if token["gloss"]:
            return [Part(token["named"], at, end, glossed=True)]
        if whole := token["beside"] or token["that"] or token["literal"]:
            return [Part(whole, at, end, glossed=True, ahead=bool(token["ahead"]))]
        if token["count"]:
            return [Part(token["counted"], at, end)] * _COUNTS[token["count"]]
        if token["placed"]:
            return [Part(token["placed"], at, end)]
        return [Part(token["echo"], at, end, echo=True)] if token["echo"] else []

    def _at(self, text: str, at: int) -> re.Match[str] | None:
        """What is told here; a gloss only where its word holds the character that it names."""
        token = self._token.match(text, at)
        if token is not None and token["gloss"] and token["named"] not in token["word"]:
            return self._unglossed.match(text, at)
        return token

    def _single(self, text: str, at: int) -> re.Match[str] | None:
        """The one character that stands here as a part; None for a radical, or where a gloss names it (老叟的叟)."""
        following = self._at(text, at)
        is_described = following is not None and bool(following["gloss"] or following["radical"])
        return None if is_described else self._one.match(text, at)

"""Why an exemption was or was not taken to apply, in one language: findings hold both in one line, or English alone.

What was said stays as it was said, in whatever language.
"""

import re
from collections.abc import Mapping

from review.presentation.catalogues import Language
from review.presentation.phrases import Phrases, worded

_UNMET = re.compile(r"(?P<zh>未见“.+?”) no cue: (?P<en>.*)", re.DOTALL)
_WEIGHS_NOTHING = re.compile(
    r"(?P<zh>[\u3400-\u9fff]+) (?P<en>weighs nothing against what is said outright): (?P<cue>.*)", re.DOTALL
)
_MET = re.compile(
    r"(?P<zh>\S*[\u3400-\u9fff]\S*) (?P<en>[A-Za-z'].*?): (?P<cue>.*?)"
    r"(?: \((?P<zh_at>[\u3400-\u9fff]+) (?P<en_at>[a-z ]+)\))?",
    re.DOTALL,
)
# A citation of Chinese law inside an English reason; the card cites the law by itself.
_CITED = re.compile(r" \([^()]*[\u3400-\u9fff][^()]*\)")
_PLAIN: Mapping[str, str] = {
    "not part of a registered name": "不是登记名称的一部分",
    "no device registration": "没有医疗器械注册或备案",
    "no such effect is registered": "未登记此类功效",
    "no registered report is cited": "未援引已登记的报告",
    "compares with others' prices": "与他家价格比较",
    "no experience was told": "未讲述亲身或家人经历",
}
_TELLING: Phrases = tuple(
    (re.compile(pattern, re.DOTALL), wording)
    for pattern, wording in (
        (r"part of the name (.+)", "属于名称“{}”的一部分"),
        (r"device registration (.+)", "医疗器械注册或备案号 {}"),
        (r"registered: (.+)", "登记内容：{}"),
        (r"report (\S+)", "报告编号 {}"),
        (r"own shop's prices: (.+)", "说的是本店价格：“{}”"),
        (r"own or family's experience makes it worse: (.+)", "以亲身或家人经历佐证：“{}”"),
        (r"corrected on the spot: (.+)", "当场更正：“{}”"),
    )
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_AGAIN = re.compile(r"read with it as likely a breach: (?P<why>.*)", re.DOTALL)


def trial_reason(why: str, language: Language) -> str:
    """The reason in this language; what has no words here stays as it is."""
    if again := _AGAIN.fullmatch(why):
        reason = trial_reason(again["why"], language)
        with_it = "结合该说法仍可能构成违规：" if language == "zh" else "read with it as likely a breach: "
        return with_it + reason
    if unmet := _UNMET.fullmatch(why):
        return unmet["zh"] if language == "zh" else f"not found: {_CITED.sub('', unmet['en'])}"
    if met := _WEIGHS_NOTHING.fullmatch(why) or _MET.fullmatch(why):
        return _met(met, language)
    return _in_chinese(why) if language == "zh" else _quoting(why)


def _quoting(why: str) -> str:
    """The English reason with what was said in quotation marks."""
    said, colon, words = why.partition(": ")
    return f"{said}: “{words}”" if colon and _HAN.search(words) and not words.startswith("“") else why


def _met(met: re.Match[str], language: Language) -> str:
    at = met.groupdict().get(f"{language}_at")
    if language == "zh":
        return f"{met['zh']}：“{met['cue']}”" + (f"（{at}）" if at else "")
    return f"{_CITED.sub('', met['en'])}: “{met['cue']}”" + (f" ({at})" if at else "")


def _in_chinese(why: str) -> str:
    if why in _PLAIN:
        return _PLAIN[why]
    said = worded(why, _TELLING)
    return why if said is None else said

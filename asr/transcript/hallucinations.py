"""Drop what a recogniser invents: leaked prompts, loops, subtitle boilerplate, stray symbols. Pure."""

import re
import zlib
from dataclasses import dataclass
from difflib import SequenceMatcher

SUBTITLE_BOILERPLATE = (
    r"请?不吝点赞(订阅)?(转发)?(打赏)?(支持明镜与?点点栏目)?",
    r"打赏支持明镜(与?点点栏目)?",
    r"明镜与点点(栏目)?",
    r"明镜需要您的支持(欢迎订阅明镜)?",
    r"欢迎订阅明镜",
    r"中?文?字幕(由|提供|志愿者|制作|校对|翻译|组)*amaraorg(社[区群])?(提供)?",
    r"由amaraorg社[区群]提供的?字幕",
    r"中文字幕志愿者(李宗盛|杨茜茜|杨栋梁)?",
    r"字幕by(索兰娅)?",
    r"优优独播剧场(yoyo)?(televisionseriesexclusive)?",
    r"yoyotelevisionseriesexclusive",
    r"subtitlesby(theamaraorgcommunity)?",
    r"thank(s|you)forwatching",
    r"(本字幕|字幕|翻译)(由|志愿者|组)[\u4e00-\u9fff]{0,6}(提供|制作|校对|听译)",
    r"(?:(?:作词|作曲|编曲|词曲|监制|混音|和声|制作人)(?:李宗盛|杨茜茜)?){2,}(?:李宗盛|杨茜茜)?",
    r"(?:作词|作曲|编曲|词曲)(?:李宗盛|杨茜茜)",
    r"请?(订阅|点赞)(点赞|订阅|转发|打赏|分享){2,}",
)
"""What Whisper learnt from the ends of subtitled videos and no host says; over text folded as in `_folded`.

Only the phrase is taken out: a host must not be able to hide a sentence by saying one of these beside it.
"""

FAREWELL_BOILERPLATE = frozenset(
    {
        *("谢谢观看", "谢谢大家观看", "感谢观看", "感谢您的观看", "谢谢收看", "谢谢大家", "thankyou"),
        *("我们下期再见", "下集再见", "请订阅", "请订阅我的频道", "点赞订阅转发", "字幕"),
        *("音乐", "音乐声", "背景音乐", "掌声", "鼓掌", "笑声", "未完待续", "完", "嗯", "啊", "the", "you", "bye"),
    }
)
"""A host may say these: they are invented only when they stand alone with signs of no speech."""

NO_SPEECH_SIGNS = ((0.6, -1.0), (0.3, -1.4))
"""Above this probability of no speech and below this mean log probability, nobody spoke.

Measured with base: 52 spoken utterances, noisy ones among them, never below -0.65; 30 cuts of noise, hum and music
between -1.4 and -3.7, above 0.33.
"""
DOUBTFUL_NO_SPEECH_PROBABILITY = 0.25
DOUBTFUL_LOGPROB = -0.8
COMPRESSION_RATIO = 2.4
PLAUSIBLE_CHARACTERS_PER_S = 10
STAMMERED = 3
LEAKED_CHARACTERS = 4
LEAKED_SHARE = 0.6
LEAKED_HOTWORDS = 3

_BOILERPLATE = re.compile("|".join(f"(?:{phrase})" for phrase in SUBTITLE_BOILERPLATE))
_LOOP = re.compile(r"(.)\1{7,}|(.{2,4}?)\2{4,}|(.{5,24}?)\3{2,}")
_TWICE = re.compile(r"(.{8,})\W?\1\W?")
_OPENING = frozenset("“‘《（(￥¥$+-")
_STRAY = re.compile(r"[\ufffd\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\ufeff♪♫♬♩♯０-９Ａ-Ｚａ-ｚ\uff61-\uffdc]")
"""Full-width digits and letters, too: Whisper writes real ones half-width, and a stray one is no number."""
_IDEOGRAPH = r"[\u3400-\u4dbf\u4e00-\u9fff]"
_PAUSE_AS_SPACE = re.compile(rf"(?<={_IDEOGRAPH}) (?={_IDEOGRAPH})")
_HALF_WIDTH = {",": "，", "?": "？", "!": "！", ";": "；", ":": "："}
_HALF_WIDTH_BY_IDEOGRAPH = re.compile(rf"(?<={_IDEOGRAPH})[,?!;:]|[,?!;:](?={_IDEOGRAPH})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """What the recogniser was told before it heard anything, and may say back."""

    prompt: str = ""
    hotwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a recogniser gave for one cut; `hit_cap`: the token cap stopped it."""

    text: str
    speech_ms: int
    avg_logprob: float
    no_speech_probability: float
    hit_cap: bool


def settle_punctuation(text: str) -> str:
    """The same text, character for character, with Chinese punctuation; Whisper writes a pause as a space."""
    text = _PAUSE_AS_SPACE.sub("，", text)
    return _HALF_WIDTH_BY_IDEOGRAPH.sub(lambda mark: _HALF_WIDTH[mark[0]], text)


def is_runaway(decoded: Decoded) -> bool:
    """The output repeats or was stopped by the cap, so it should be decoded again in a full window.

    A whole sentence given twice counts, too: who really said it twice is heard to say it twice again.
    """
    encoded = decoded.text.encode()
    compression_ratio = len(encoded) / len(zlib.compress(encoded))
    loops = _LOOP.search(decoded.text) or _TWICE.fullmatch(decoded.text)
    return decoded.hit_cap or loops is not None or compression_ratio > COMPRESSION_RATIO


def is_invented(decoded: Decoded, bias: Bias) -> bool:
    """Nobody said any of this: signs of no speech, a farewell or one syllable out of nothing, or the bias said back."""
    said = _folded(decoded.text)
    if not said:
        return True
    no_speech, logprob = decoded.no_speech_probability, decoded.avg_logprob
    if any(no_speech > sign and logprob < unsure for sign, unsure in NO_SPEECH_SIGNS):
        return True
    says_nothing = said in FAREWELL_BOILERPLATE or (len(said) >= STAMMERED and len(set(said)) == 1)
    if says_nothing and (no_speech > DOUBTFUL_NO_SPEECH_PROBABILITY or logprob < DOUBTFUL_LOGPROB):
        return True
    if _longest_common(said, _folded(bias.prompt) * 2) >= max(LEAKED_CHARACTERS, LEAKED_SHARE * len(said)):
        return True
    hotwords = [_folded(word) for word in bias.hotwords]
    return said in "".join(hotwords) * 2 and sum(word in said for word in hotwords) >= LEAKED_HOTWORDS


def kept_characters(decoded: Decoded, bias: Bias) -> list[bool]:
    """For each character of the text whether it stays: no stray symbols, leaked prompt, boilerplate or loops."""
    text = decoded.text
    kept = [_STRAY.match(character) is None for character in text]
    places = [i for i, character in enumerate(text) if _is_word(character)]
    said = _folded(text)
    prompt = _folded(bias.prompt)
    invented = [match.span() for match in _BOILERPLATE.finditer(said)]
    if len(prompt) >= LEAKED_CHARACTERS and said.startswith(prompt):
        invented.append((0, len(prompt)))
    for start, end in invented:
        kept[places[start] : places[end - 1] + 1] = [False] * (places[end - 1] + 1 - places[start])
    if _is_implausible(decoded):
        for loop in _LOOP.finditer(text):
            unit = next(group for group in loop.groups() if group)
            kept[loop.start() + len(unit) : loop.end()] = [False] * (len(loop[0]) - len(unit))
    words = [i for i in places if kept[i]]
    if not words:
        return [False] * len(text)
    while words[0] > 0 and kept[words[0] - 1] and text[words[0] - 1] in _OPENING:
        words.insert(0, words[0] - 1)
    end = next((i for i in range(words[-1] + 1, len(text)) if text[i].isspace() or not kept[i]), len(text))
    return [stays and words[0] <= i < end for i, stays in enumerate(kept)]


def _is_implausible(decoded: Decoded) -> bool:
    """More text than a person can say: the repeated words of a real host stay, a runaway recogniser's do not."""
    characters_per_s = len(_folded(decoded.text)) * 1000 / max(1, decoded.speech_ms)
    return decoded.hit_cap or characters_per_s > PLAUSIBLE_CHARACTERS_PER_S


def _longest_common(left: str, right: str) -> int:
    return SequenceMatcher(None, left, right, autojunk=False).find_longest_match().size


def _folded(text: str) -> str:
    return "".join(filter(_is_word, text)).translate(_ASCII_LOWER)


def _is_word(character: str) -> bool:
    return character.isalnum()


_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

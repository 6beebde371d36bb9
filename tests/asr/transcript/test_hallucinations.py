"""What was invented goes, what a host may have said stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.transcript.hallucinations import Bias, Decoded, is_invented, is_runaway, kept_characters, settle_punctuation

PROMPT = Bias(prompt="以下是普通话的句子。")
HOTWORDS = Bias(hotwords=("销量", "第一", "毫安时", "遥遥领先"))
NO_BIAS = Bias()


def heard(
    text: str,
    *,
    speech_ms: int = 4_000,
    avg_logprob: float = -0.2,
    no_speech_probability: float = 0.02,
    hit_cap: bool = False,
) -> Decoded:
    return Decoded(
        text=text,
        speech_ms=speech_ms,
        avg_logprob=avg_logprob,
        no_speech_probability=no_speech_probability,
        hit_cap=hit_cap,
    )


def kept(decoded: Decoded, bias: Bias = NO_BIAS) -> str:
    mask = kept_characters(decoded, bias)
    return "".join(character for character, stays in zip(decoded.text, mask, strict=True) if stays)


@pytest.mark.parametrize(
    ("decoded", "bias"),
    [
        pytest.param(heard(""), NO_BIAS, id="nothing"),
        pytest.param(heard(" ，。\ufffd"), NO_BIAS, id="only punctuation"),
        pytest.param(heard("以下是普通话的句子。"), PROMPT, id="the prompt"),
        pytest.param(heard("普通话的句子"), PROMPT, id="the end of the prompt"),
        pytest.param(heard("以下是普通话的句子，以下是普通话的句子"), PROMPT, id="the prompt twice"),
        pytest.param(heard("这位是普通话的句子"), PROMPT, id="the prompt half remembered"),
        pytest.param(heard("第一 毫安时 遥遥领先"), HOTWORDS, id="three hotwords in a row"),
        pytest.param(heard("谢谢观看", no_speech_probability=0.4), NO_BIAS, id="a farewell out of silence"),
        pytest.param(heard("谢谢大家", avg_logprob=-0.9), NO_BIAS, id="an unsure farewell"),
        pytest.param(heard("（音乐）", avg_logprob=-0.9), NO_BIAS, id="music, said about itself"),
        pytest.param(heard("我们走", no_speech_probability=0.7, avg_logprob=-1.2), NO_BIAS, id="no speech at all"),
        pytest.param(heard("诶诶诶诶诶", avg_logprob=-1.2), NO_BIAS, id="one syllable out of a din"),
        pytest.param(heard("试试", no_speech_probability=0.4, avg_logprob=-2.1), NO_BIAS, id="a guess at a rumble"),
    ],
)
def test_invented(decoded: Decoded, bias: Bias) -> None:
    assert is_invented(decoded, bias)


@pytest.mark.parametrize(
    ("decoded", "bias"),
    [
        pytest.param(heard("谢谢大家"), NO_BIAS, id="a clear farewell"),
        pytest.param(heard("对对对对"), NO_BIAS, id="one word, clearly said again and again"),
        pytest.param(heard("谢谢大家观看，三号链接再便宜十块", avg_logprob=-0.9), NO_BIAS, id="a farewell with more"),
        pytest.param(heard("普通话"), PROMPT, id="one word of the prompt"),
        pytest.param(heard("销量第一"), HOTWORDS, id="two hotwords that are a claim"),
        pytest.param(heard("遥遥领先"), HOTWORDS, id="one long hotword"),
        pytest.param(heard("我们走", no_speech_probability=0.7), NO_BIAS, id="sure words in noise"),
        pytest.param(heard("吃个", no_speech_probability=0.17, avg_logprob=-2.4), NO_BIAS, id="half a word"),
    ],
)
def test_said(decoded: Decoded, bias: Bias) -> None:
    assert not is_invented(decoded, bias)


@pytest.mark.parametrize(
    ("decoded", "bias", "text"),
    [
        pytest.param(heard("吸力有\ufffd八千帕"), NO_BIAS, "吸力有八千帕", id="replacement character"),
        pytest.param(heard(" ，好的♪ "), NO_BIAS, "好的", id="notes and edges"),
        pytest.param(heard("￥99，到手。"), NO_BIAS, "￥99，到手。", id="currency before a number"),
        pytest.param(heard("提高2%"), NO_BIAS, "提高2%", id="percent at the end"),
        pytest.param(heard("以下是普通话的句子。今天八五折"), PROMPT, "今天八五折", id="prompt before speech"),
        pytest.param(heard("吸力３有八千帕Ｐ"), NO_BIAS, "吸力有八千帕", id="stray full-width digits and letters"),
        pytest.param(heard("作词 李宗盛 作曲 李宗盛 编曲"), NO_BIAS, "", id="credits of a song"),
        pytest.param(heard("词曲 李宗盛，三号链接"), NO_BIAS, "，三号链接"[1:], id="credits before speech"),
        pytest.param(heard("字幕志愿者 杨茜茜提供"), NO_BIAS, "", id="boilerplate of volunteers"),
        pytest.param(heard("这首歌是他作词的"), NO_BIAS, "这首歌是他作词的", id="a host speaks of a song"),
        pytest.param(heard("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目"), NO_BIAS, "", id="subtitle boilerplate"),
        pytest.param(heard("字幕由Amara.org社区提供"), NO_BIAS, "", id="boilerplate with latin letters"),
        pytest.param(heard("字幕by索兰娅"), NO_BIAS, "", id="boilerplate with a name"),
        pytest.param(heard("字幕by这个能根治失眠"), NO_BIAS, "这个能根治失眠", id="nobody hides behind boilerplate"),
        pytest.param(
            heard("最后三分钟，最后三分钟，最后三分钟"),
            NO_BIAS,
            "最后三分钟，最后三分钟，最后三分钟",
            id="a host repeats",
        ),
        pytest.param(heard("买买买买买买买买买", speech_ms=2_000), NO_BIAS, "买买买买买买买买买", id="nine times buy"),
        pytest.param(heard("好的" * 40, hit_cap=True), NO_BIAS, "好的", id="a loop to the cap"),
        pytest.param(heard("遥遥领先的品牌" * 8), NO_BIAS, "遥遥领先的品牌", id="faster than anybody speaks"),
    ],
)
def test_kept(decoded: Decoded, bias: Bias, text: str) -> None:
    assert kept(decoded, bias) == text


@given(st.text("真言第一一二三12。， \ufffdAaİ字幕by", max_size=40), st.booleans())
def test_any_text_gives_a_mask_of_its_length(text: str, hit_cap: bool) -> None:
    decoded = heard(text, hit_cap=hit_cap)
    assert len(kept_characters(decoded, PROMPT)) == len(text)
    assert "\ufffd" not in kept(decoded)
    is_runaway(decoded)
    is_invented(decoded, HOTWORDS)


@pytest.mark.parametrize(
    ("decoded", "runaway"),
    [
        pytest.param(heard("这个能做到两万毫安时"), False, id="a sentence"),
        pytest.param(heard("最后三分钟，最后三分钟"), False, id="said twice"),
        pytest.param(heard("不知不觉" * 6), True, id="six times the same"),
        pytest.param(heard("最后三分钟" * 3), True, id="three times, to be heard again"),
        pytest.param(heard("这个能做到两万毫安时" * 2), True, id="a whole sentence given twice"),
        pytest.param(heard("三号链接", hit_cap=True), True, id="stopped by the cap"),
    ],
)
def test_runaway(decoded: Decoded, runaway: bool) -> None:
    assert is_runaway(decoded) is runaway


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("大家好 来看三号", "大家好，来看三号", id="a space between characters is a pause"),
        pytest.param("用 iPhone 充", "用 iPhone 充", id="spaces around latin words stay"),
        pytest.param("好吗?好,来!", "好吗？好，来！", id="half-width marks"),
        pytest.param("原价599,今天85", "原价599，今天85", id="a mark between a number and words"),
        pytest.param("1,299元 3:1", "1,299元 3:1", id="marks in numbers stay"),
    ],
)
def test_punctuation_is_settled_character_for_character(before: str, after: str) -> None:
    assert settle_punctuation(before) == after
    assert len(before) == len(after)

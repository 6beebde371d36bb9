"""What a recogniser mis-hears, read as what makes sense; what it heard well stays."""

import pytest

from claims.obfuscation.noisy_channel import Doubted, PhoneticChannel
from claims.policy.policy import Policy
from claims.text.words import CommonWords
from claims.types import Disposition, Doubt
from tests.claims.support import AT, HONEY, read

COUNTS = {
    "的": 90_000,
    "这": 50_000,
    "是": 60_000,
    "衣服": 900,
    "面": 2000,
    "料": 500,
    "存": 300,
    "棉": 200,
    "朋友": 3000,
}
COUNTS |= {"跟": 5000, "制": 5000}
CHANNEL = PhoneticChannel(["纯棉", "根治", "质保"], CommonWords(COUNTS, ["纯棉", "根治", "质保"]), ["厘米", "升", "克"])


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        pytest.param("面料是存棉的", "存棉", "纯棉", id="one character"),
        pytest.param("跟治", "跟治", "根治", id="the other character stays"),
        pytest.param("床垫五里米厚", "里米", "厘米", id="a unit behind a number"),
        pytest.param("一壶八生,", "生", "升", id="a unit of one character where the clause ends"),
    ],
)
def test_a_misheard_word_is_read_anew(text: str, heard: str, meant: str) -> None:
    (edit,) = CHANNEL.edits(text)
    assert (text[edit.start : edit.end], edit.meant, edit.kind) == (heard, meant, "sound")
    assert edit.cost > 0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("面料是纯棉的", id="spelled right"),
        pytest.param("这是朋友的衣服", id="ordinary words"),
        pytest.param("里米", id="no number before the unit"),
        pytest.param("五克糖", id="a unit that is right"),
        pytest.param("一盒八生蚝", id="a word that goes on"),
        pytest.param("", id="nothing said"),
    ],
)
def test_what_was_heard_well_stays(text: str) -> None:
    assert CHANNEL.edits(text) == []


@pytest.mark.parametrize("text", ["这台相机9五星", "手机99星没拆修", "包包九成心,带盒", "镜头八五成欣"])
def test_a_grade_that_was_heard_with_doubt_is_read_as_new(text: str) -> None:
    (edit,) = CHANNEL.edits(text, [Doubted(0, len(text), ())])
    assert (edit.meant, edit.end - edit.start) == ("新", 1)


@pytest.mark.parametrize(
    ("text", "is_read"),
    [("手机99星没拆修", False), ("手机99星,没拆修", True), ("手机99星", True), ("手机99星的没拆修", True)],
)
def test_a_grade_that_nobody_doubted_is_read_where_a_clause_ends(text: str, is_read: bool) -> None:
    assert bool(CHANNEL.edits(text)) is is_read


@pytest.mark.parametrize(
    "text", ["住的是五星酒店", "评了95星级", "他是85型的", "三九星", "这事九成行", "一百九五星", "八成性价比"]
)
def test_what_tells_no_grade_is_not_read_as_one(text: str) -> None:
    assert not any(edit.meant == "新" for edit in CHANNEL.edits(text, [Doubted(0, len(text), ())]))


def test_a_confused_syllable_costs_more_than_a_homophone() -> None:
    (homophone,) = CHANNEL.edits("跟治")
    (confused,) = CHANNEL.edits("面料是存棉的")
    assert homophone.cost == 0.5
    assert confused.cost == 1.0


def test_what_the_recogniser_offered_itself_decides_where_sound_alone_does_not() -> None:
    text = "跟制"
    assert CHANNEL.edits(text) == []
    (edit,) = CHANNEL.edits(text, [Doubted(0, 2, ("根治",))])
    assert edit.meant == "根治"


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        pytest.param("五里米厚的床垫", "五厘米厚的床垫", id="a unit"),
        pytest.param("至保一年", "质保一年", id="a warranty"),
        pytest.param("将血压特别好", "降血压特别好", id="an effect"),
        pytest.param("我们去河边走一走", "我们去河边走一走", id="ordinary words"),
        pytest.param("要坚决执行发货时间", "要坚决执行发货时间", id="a common word that sounds like one"),
    ],
)
def test_speech_is_read_anew_by_the_packaged_policy(policy: Policy, text: str, read_as: str) -> None:
    assert read(policy, text, channel="speech").text == read_as


def test_words_on_screen_were_not_heard(policy: Policy) -> None:
    assert read(policy, "五里米厚的床垫").text == "五里米厚的床垫"


def test_doubts_of_the_recogniser_reach_the_channel(policy: Policy) -> None:
    text = "能跟制失眠"
    unsure = Doubt(start=1, end=3, alternatives=("根治",))
    assert read(policy, text, channel="speech").text == text
    assert read(policy, text, channel="speech", doubts=(unsure,)).text == "能根治失眠"


def test_a_finding_tells_what_was_heard_and_what_it_was_read_as(speaker) -> None:  # type: ignore[no-untyped-def]
    conversation = speaker(HONEY, at=AT).say("天天喝一勺，将血压特别好。").conversation
    conversation.flush()
    finding = next(f for f in conversation.findings if f.disposition is Disposition.FLAG)
    assert ("sound", "将血压", "降血压") in {(m.kind, m.heard, m.meant) for m in finding.match}
    assert any("heard 将血压, read as 降血压, cost 0.5" in step.step for step in finding.score_steps)

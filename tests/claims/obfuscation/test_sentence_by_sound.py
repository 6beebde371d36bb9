"""Sentences written by their sound, read as the field says them; what makes sense as it was heard stays."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from claims.engine.window import fold
from claims.errors import PolicyError
from claims.obfuscation.noisy_channel import Doubted
from claims.obfuscation.sentence_by_sound import SentenceReader, edits_of
from claims.policy.policy import Policy
from claims.text.bigrams import Bigrams, pairs_of, rows_of
from claims.text.normalise import Edit
from claims.types import Doubt, Passage

PAIRS = pairs_of(
    [
        "^ 这款 40 我们 40 能 5",
        "这款 酒 8 面霜 8",
        "酒 的 6 $ 2",
        "的 酒精度 5 $ 1",
        "酒精度 是 4 $ 4",
        "是 0 6",
        "0 度 6 毫安时 6 块 20",
        "度 $ 6",
        "毫安时 $ 6",
        "能 降 5",
        "降 血糖 9",
        "血糖 $ 9",
    ]
)
LANGUAGE = {"究竟": 3000, "多": 30_000, "的": 90_000, "九": 4000, "血糖": 100, "雪": 900, "汤": 800, "江": 2000}
READER = SentenceReader(Bigrams(PAIRS, LANGUAGE), LANGUAGE)


def reread(text: str, *unsure: tuple[int, int]) -> str:
    """The text with its edits made; doubted throughout where no place is given."""
    doubted = [Doubted(start, end, ()) for start, end in unsure or [(0, len(text))]]
    return edited(text, READER.words(text, doubted))


def edited(text: str, words: Sequence[tuple[int, str]]) -> str:
    """The text with the words put in their places."""
    for edit in reversed([*edits_of(text, words)]):
        text = text[: edit.start] + edit.meant + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        pytest.param("这款酒的究竟读", "这款酒的酒精度", id="a word of quite other characters"),
        pytest.param("能江雪汤", "能降血糖", id="two words"),
        pytest.param("500毫晚时", "500毫安时", id="a unit behind a number, one syllable off"),
        pytest.param("这款酒的酒精读,能将雪糖", "这款酒的酒精度,能降血糖", id="two rows"),
    ],
)
def test_the_likeliest_words_of_these_sounds_are_read(heard: str, said: str) -> None:
    assert reread(heard) == said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("这款酒的酒精度是十三度", id="nothing to mend"),
        pytest.param("酒精度是3", id="a number"),
        pytest.param("三酒的", id="a numeral stays"),
        pytest.param("kang ai", id="no Han characters"),
        pytest.param("鑫淼犇", id="characters that nobody counted"),
        pytest.param("", id="nothing said"),
    ],
)
def test_what_is_likeliest_as_it_was_heard_stays(text: str) -> None:
    assert reread(text) == text


def test_where_nothing_is_doubted_nothing_is_read_otherwise() -> None:
    assert READER.words("这款酒的究竟多", []) == []


def test_terms_of_the_policy_and_what_was_read_already_stay() -> None:
    reader = SentenceReader(Bigrams(PAIRS, LANGUAGE), LANGUAGE, ["雪糖"])
    doubted = [Doubted(0, 4, ())]
    assert edited("能降雪糖", reader.words("能降雪糖", doubted)) == "能降雪糖"
    assert edited("能江血糖", READER.words("能江血糖", doubted, {1})) == "能江血糖"
    assert edited("能江血糖", READER.words("能江血糖", doubted)) == "能降血糖"


def test_no_numeral_comes_of_a_word_and_none_goes() -> None:
    pairs = pairs_of(["^ 九十 50 七 50", "九十 块 50", "七 块 50", "块 $ 99"])
    reader = SentenceReader(Bigrams(pairs, {}), ())
    for text, doubted in (
        ("就是块", Doubted(0, 3, ())),
        ("七块", Doubted(0, 2, ())),
        ("气块", Doubted(0, 1, ("七",))),
        ("七块", Doubted(0, 1, ("气",))),
    ):
        assert edited(text, reader.words(text, [doubted])) == text


def test_what_the_recogniser_offered_is_weighed_whatever_it_sounds_like() -> None:
    heard = "能叫血糖"
    assert edited(heard, READER.words(heard, [Doubted(1, 2, ())])) == heard
    assert edited(heard, READER.words(heard, [Doubted(1, 2, ("降",))])) == "能降血糖"
    assert edited(heard, READER.words(heard, [Doubted(1, 2, ("江",))])) == "能降血糖", "by the sound of what it offered"
    assert edited(heard, READER.words(heard, [Doubted(1, 2, ("江苏",))])) == heard, "another number of characters"


def test_a_guess_stands_where_the_sentence_bears_it_out() -> None:
    doubted = [Doubted(0, 4, ())]
    guess = Edit(1, 2, "降", "sound", 1.0)
    assert edited("能叫血糖", READER.words("能叫血糖", doubted, (), [guess])) == "能降血糖"
    unlikely = Edit(0, 2, "面降", "sound", 1.0)
    assert edited("能降血糖", READER.words("能降血糖", doubted, (), [unlikely])) == "能降血糖"


def test_a_syllable_taken_for_another_costs_more_than_another_character() -> None:
    (alike,) = edits_of("能降雪糖", READER.words("能降雪糖", [Doubted(0, 4, ())]))
    (taken,) = edits_of("这款酒的酒今度", READER.words("这款酒的酒今度", [Doubted(0, 7, ())]))
    assert (alike.kind, alike.cost, taken.cost) == ("sentence", 0.5, 1.0)


def test_numbers_and_words_stand_in_rows_between_pauses() -> None:
    rows = rows_of("续航500小时,三十块ok一个")
    assert [[(p.start, p.end, p.is_number) for p in row] for row in rows] == [
        [(0, 2, False), (2, 5, True), (5, 7, False)],
        [(8, 10, True), (10, 11, False)],
        [(13, 15, False)],
    ]


def heard(text: str, channel: str = "speech", *, doubted: bool = True) -> Passage:
    """A passage of which the recogniser doubted all, or nothing."""
    doubts = (Doubt(start=0, end=len(text)),) if doubted else ()
    return Passage.model_validate(
        {"stream_id": "s", "id": "p", "channel": channel, "start_ms": 0, "end_ms": 9, "text": text, "doubts": doubts}
    )


def test_the_policy_reads_doubted_speech_alone(policy: Policy) -> None:
    said = "家人们明天就能法货"
    assert fold(heard(said), policy).text == "家人们明天就能发货"
    assert fold(heard(said, doubted=False), policy).text == said
    assert fold(heard(said, "screen"), policy).text == said
    assert [(r.kind, r.heard, r.meant) for r in fold(heard(said), policy).readings] == [("sentence", "法货", "发货")]


def test_a_word_that_was_listened_for_gives_way_where_the_sentence_says_otherwise(policy: Policy) -> None:
    """野生 is a word of the policy and sounds like two characters of 艾叶生姜."""
    again = Doubt(start=4, end=6, alternatives=("野生",), below=1.0)
    for text, read_as in (("泡脚用艾叶生姜水", "泡脚用艾叶生姜水"), ("我们这个叶生蓝莓", "我们这个野生蓝莓")):
        passage = heard(text, doubted=False).model_copy(update={"doubts": (again,)})
        assert fold(passage, policy).text == read_as


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        pytest.param("这是江西务员的茶", "这是江西婺源的茶", id="a county that nobody counted"),
        pytest.param("我们家的就五新手机", "我们家的九五新手机", id="a grade, whatever its number was heard as"),
        pytest.param("箱子是拳新没拆过的", "箱子是全新没拆过的", id="unused"),
    ],
)
def test_places_and_grades_are_read_though_they_are_seldom_said(policy: Policy, said: str, read_as: str) -> None:
    assert fold(heard(said), policy).text == read_as


def test_a_unit_goes_with_its_number_whatever_is_said_around(policy: Policy) -> None:
    assert fold(heard("这床垫五里米厚的"), policy).text == "这床垫五厘米厚的"


def test_without_the_layer_nothing_is_read_by_its_sound(policy: Policy) -> None:
    own = Policy(policy.folder)
    kept = {layer: cost for layer, cost in own.settings.reading_layers.items() if layer != "sentence"}
    own.settings = own.settings.model_copy(update={"reading_layers": kept})
    assert fold(heard("家人们明天就能法货"), own).text == "家人们明天就能法货"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("今天 下单", "bigrams.txt"),
        ("今天 下单 often", "often"),
        ("今天", "nothing follows"),
        ("今天 下单 0", "nothing follows"),
        (None, "cannot be read"),
    ],
)
def test_a_table_that_tells_nothing_is_refused_before_anything_is_judged(
    policy_copy: Path, lines: str | None, what: str
) -> None:
    table = policy_copy / "bigrams.txt"
    if lines is None:
        table.unlink()
    else:
        table.write_text(lines, encoding="utf-8")
    with pytest.raises(PolicyError, match=what):
        Policy(policy_copy).reader  # noqa: B018 - asked for what can't be had

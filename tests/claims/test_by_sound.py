"""Sentences written by their sound, read as the field says them; what makes sense as it was heard stays."""

from pathlib import Path

import pytest

from claims.bigrams import Bigrams, pairs_of, rows_of
from claims.by_sound import SentenceReader
from claims.errors import PolicyError
from claims.phonetic import Doubted
from claims.policy import Policy
from claims.types import Doubt, Passage
from claims.window import fold

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
    for edit in reversed(READER.edits(text, doubted)):
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
    assert READER.edits("这款酒的究竟多", []) == []


def test_terms_of_the_policy_and_what_was_read_already_stay() -> None:
    reader = SentenceReader(Bigrams(PAIRS, LANGUAGE), LANGUAGE, ["雪糖"])
    doubted = [Doubted(0, 4, ())]
    assert reader.edits("能降雪糖", doubted) == []
    assert READER.edits("能江血糖", doubted, {1}) == []
    assert [e.meant for e in READER.edits("能江血糖", doubted)] == ["降"]


def test_no_numeral_comes_of_a_word_and_none_goes() -> None:
    pairs = pairs_of(["^ 九十 50 七 50", "九十 块 50", "七 块 50", "块 $ 99"])
    reader = SentenceReader(Bigrams(pairs, {}), ())
    assert not [e for e in reader.edits("就是块", [Doubted(0, 3, ())]) if set(e.meant) & set("九十七")]
    assert reader.edits("七块", [Doubted(0, 2, ())]) == []


def test_a_syllable_taken_for_another_costs_more_than_another_character() -> None:
    (alike,) = READER.edits("能降雪糖", [Doubted(0, 4, ())])
    (taken,) = READER.edits("这款酒的酒今度", [Doubted(0, 7, ())])
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

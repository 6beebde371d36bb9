"""Sentences are written as the recogniser writes others: what it took for what, how often, and what it doubted."""

import random
from pathlib import Path

from claims.types import Doubt
from training.speech import misheard

ROOT = Path(__file__).resolve().parents[2]
SAID = "这个蜂蜜降血糖,一勺就管用"
CORPUS = [SAID, "雪糕到货了", "家人们下单", "商品看清楚"]


def heard(text: str, *doubts: Doubt, said: str = SAID) -> object:
    return misheard.RecognisedLine(said=said, heard=text, doubts=doubts, voice="v", condition="clean")


def written(lines: list[object], text: str = SAID, count: int = 200) -> list[str]:
    channel, dice = misheard.Channel(lines, CORPUS), random.Random(3)
    return [channel.write(text, dice).text for _ in range(count)]


def test_what_was_heard_right_is_written_as_it_was_said() -> None:
    assert set(written([heard(SAID)])) == {SAID}


def test_a_character_is_taken_for_what_it_was_taken_for() -> None:
    texts = written([heard(SAID.replace("血", "雪"))] * 20)
    assert sum("雪" in text for text in texts) > 100
    others = {char for text in texts for char in text} - set(SAID) - {"雪"}
    assert not others


def test_others_of_the_sound_are_confused_as_its_sounds_are() -> None:
    lines = [heard("伤品看轻楚", said="商品看清楚")] * 20
    texts = written(lines, "上下架亲自看")
    assert any("上" not in text for text in texts)


def test_a_line_that_was_heard_badly_is_bad_throughout() -> None:
    bad = heard("折哥封迷将雪堂,以少旧关永")
    changed = [sum(a != b for a, b in zip(SAID, text, strict=True)) for text in written([heard(SAID), bad], count=400)]
    assert 120 < changed.count(0) < 280
    assert max(changed) > 6


def test_pauses_get_lost_as_often_as_they_were_lost() -> None:
    lines = [heard(SAID), heard(SAID.replace(",", ""))]
    texts = written(lines, count=400)
    assert 120 < sum("," in text for text in texts) < 280


def test_numbers_are_written_in_digits_where_they_were() -> None:
    in_digits = [heard("送12瓶", said="送十二瓶")]
    in_words = [heard("送十二瓶", said="送十二瓶")]
    assert set(written(in_digits, "装五十六片")) == {"装56片"}
    assert set(written(in_words, "装五十六片")) == {"装五十六片"}


def test_what_is_wrong_is_doubted_as_often_as_it_was() -> None:
    doubted = heard(SAID.replace("血", "雪"), Doubt(start=5, end=6))
    channel, dice = misheard.Channel([doubted], CORPUS), random.Random(3)
    passages = [channel.write(SAID, dice) for _ in range(200)]
    for passage in passages:
        at = [n for n, char in enumerate(passage.text) if char == "雪"]
        assert [(d.start, d.end) for d in passage.doubts] == [(n, n + 1) for n in at]
    assert any(passage.doubts for passage in passages)


def test_the_same_seed_writes_the_same() -> None:
    lines = [heard("折哥封迷将雪堂,以少旧关永"), heard(SAID)]
    assert written(lines) == written(lines)


def test_every_line_was_said_by_sentences_that_are_learnt_from() -> None:
    learnt = "".join(file.read_text(encoding="utf-8") for file in misheard.SENTENCES)
    lines = misheard.read_heard()
    assert len(lines) > 1000
    assert [line.said for line in lines if line.said not in learnt] == []

"""Pairs that a reader of links learns from, as a recogniser might have written what is said in them."""

import random

import pytest

from claims.classifier.reading import pair_of
from training.linking.train import as_heard, heard_pair
from training.reader.tuning import Sample
from training.speech import misheard

SAID = "这个蜂蜜降血糖,一勺就管用"
LINES = [misheard.RecognisedLine(said=SAID, heard=SAID.replace("血糖", "雪堂"), voice="v", condition="clean")] * 20
WHOLE = "它的容量有两百五十毫升,血糖高的也能喝,一勺就管用"
PAIR = pair_of("枣花蜜", "净含量:500 g", "血糖的事,", "两百五十克", "一勺血糖")


@pytest.fixture(scope="module")
def channel() -> misheard.Channel:
    return misheard.Channel(LINES, [SAID, "雪糕到货了", "学堂"])


def test_words_around_are_heard_otherwise_and_what_is_registered_and_linked_stays(channel: misheard.Channel) -> None:
    dice = random.Random(1)
    texts = {heard_pair(PAIR, channel, dice) for _ in range(60)}
    assert all(text.startswith("枣花蜜 净含量:500 g。") for text in texts)
    assert {text.partition("【")[2].partition("】")[0] for text in texts} <= {"两百五十克", "250克"}
    assert any("雪" in text.partition("【")[0].partition("。")[2] for text in texts)
    assert any("雪" in text.partition("】")[2] for text in texts)


def test_of_a_whole_passage_words_are_heard_otherwise_and_numbers_stay(channel: misheard.Channel) -> None:
    pair, dice = pair_of("枣花蜜", "净含量:500 g", "", WHOLE), random.Random(2)
    said = {heard_pair(pair, channel, dice).partition("【")[2].partition("】")[0] for _ in range(60)}
    assert any("雪" in text for text in said)
    assert all("两百五十毫升" in text or "250毫升" in text for text in said)


def test_a_text_that_is_no_pair_is_refused(channel: misheard.Channel) -> None:
    with pytest.raises(ValueError, match="expected 'goods entry。before【said】behind', got '蜂蜜'"):
        heard_pair("蜂蜜", channel, random.Random(0))


def test_a_share_of_samples_is_heard_and_labels_stay() -> None:
    samples = [Sample(text=pair_of("枣花蜜", f"净含量:{n} g", SAID, "两百克"), breach=float(n % 2)) for n in range(40)]
    heard = as_heard(samples, 0.5)
    assert [one.breach for one in heard] == [one.breach for one in samples]
    assert 5 < sum(one.text != other.text for one, other in zip(heard, samples, strict=True)) < 35
    assert as_heard(samples, 0.0) == samples

"""Words listened for once more: which are asked for, which are kept, and that the sound decides, not the list."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from asr.engines.weights import WhisperWeights
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.recogniser import Cut
from asr.rescoring.candidates import MOST_BELOW, MOST_CANDIDATES, SURE, candidates_in, rescored, with_word
from asr.types import Utterance, Word
from claims.obfuscation.soundalike import SoundAlike, SoundAlikeWords


def utterance(text: str, *sure: float) -> Utterance:
    words = tuple(
        Word(text=char, start_ms=n * 200, end_ms=n * 200 + 200, probability=p)
        for n, (char, p) in enumerate(zip(text, sure, strict=False))
    )
    return Utterance(stream_id="s", start_ms=0, end_ms=2000, text=text, words=words, confidence=0.5, model="m")


class Given:
    def __init__(self, *candidates: SoundAlike) -> None:
        self.candidates = candidates

    def find(self, text: str) -> tuple[SoundAlike, ...]:
        return self.candidates


FIRST = SoundAlike(start=0, end=2, word="根治", cost=0.1)
SECOND = SoundAlike(start=2, end=4, word="纯棉", cost=0.2)


def test_only_what_was_heard_with_doubt_is_asked_for() -> None:
    doubted = SURE - 0.1
    assert candidates_in(utterance("跟制存免", 0.99, doubted, 0.99, 0.99), Given(FIRST, SECOND)) == [FIRST]
    assert candidates_in(utterance("跟制存免", 0.99, 0.99, 0.99, 0.99), Given(FIRST, SECOND)) == []
    assert candidates_in(utterance("跟制存免", 0.2, 0.2), Given(FIRST)) == [], "words that don't make up the text"
    many = Given(*(FIRST for _ in range(3 * MOST_CANDIDATES)))
    assert len(candidates_in(utterance("跟制", 0.2, 0.2), many)) == MOST_CANDIDATES


def test_of_words_that_overlap_the_likeliest_stays() -> None:
    longer = SoundAlike(start=0, end=4, word="根治纯棉", cost=0.2)
    (kept,) = rescored([FIRST, longer], [2.0, -1.0])
    assert (kept.word, kept.below) == ("根治纯棉", -1.0)
    assert [one.word for one in rescored([SECOND, FIRST], [0.5, 1.0])] == ["根治", "纯棉"], "in order of place"
    assert rescored([FIRST], [MOST_BELOW + 0.1]) == ()
    assert with_word("跟制存免", SECOND) == "跟制纯棉"


def test_words_are_found_by_syllables_and_numbers_are_never_suggested() -> None:
    words = SoundAlikeWords(["国宴专用", "失眠", "百分之百", "第一", "abc", "级"])
    found = {(one.word, one.start, one.end) for one in words.find("大会堂骨燕尊用的酒")}
    assert ("国宴专用", 3, 7) in found
    assert {one.word for one in words.find("他能治十年")} == set(), "a numeral would be read away"
    assert {one.word for one in words.find("百分之两百")} == set(), "another number"
    assert not words.find("国宴专用"), "what is spelt already"
    assert not words.find("")
    assert not words.find("abc 123")
    again = pickle.loads(pickle.dumps(words))
    assert again.find("骨燕尊用") == words.find("骨燕尊用")


@pytest.fixture(scope="module")
def listening(weights: WhisperWeights) -> WhisperTranscriber:
    """Listens for what was said and for as many words that were not, all that sound alike."""
    words = ["专利", "转理", "颈椎病", "警追兵", "燃烧", "蓝少", "遥遥领先", "摇摇灵仙", "微信", "威辛", "转账", "砖章"]
    return WhisperTranscriber(weights, WhisperSettings(device="cpu"), SoundAlikeWords(words))


def test_in_noise_words_that_were_said_are_likelier_than_words_that_were_not(
    listening: WhisperTranscriber, weights: WhisperWeights, lines: list[Any], cut_of: Callable[..., Cut]
) -> None:
    """The text stays as it was heard; what was listened for stands beside it, with how likely it is."""
    dice = np.random.default_rng(7)
    chosen = [line for line in lines if any(word in line.text for word in ("专利", "颈椎病", "燃烧", "领先", "微信"))]
    cuts = []
    for n, line in enumerate(chosen):
        level = float(np.sqrt(np.mean(np.square(line.samples)))) * 10 ** (-15 / 20)
        noisy = line.samples + dice.normal(0, level, len(line.samples))
        cuts.append(cut_of(np.asarray(noisy, np.float32), stream_id=str(n)))
    heard = listening.transcribe(cuts)
    plain = WhisperTranscriber(weights, WhisperSettings(device="cpu")).transcribe(cuts)
    assert [one.text for one in plain] == [one.text for one in heard]
    assert all(one.reheard == () for one in plain)
    kept = [(chosen[int(one.stream_id)].text, again) for one in heard for again in one.reheard]
    assert kept, "in noise something is heard wrong that sounds like a word of the list"
    assert listening.counts.suspect_count >= listening.counts.reheard_count == len(kept)
    likely = [(said, again) for said, again in kept if again.below <= 2]
    assert likely
    assert all(again.word in said for said, again in likely), likely

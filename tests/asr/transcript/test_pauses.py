"""Words begin and end where the pauses are that can be heard."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.engines.whisper import WhisperTranscriber
from asr.recogniser import Cut
from asr.transcript.pauses import find_pauses, settle_at_pauses
from asr.types import Word
from tests.asr import sounds
from tests.asr.sounds import Samples

MakeCut = Callable[..., Cut]


def tone(duration_ms: int) -> Samples:
    return np.asarray(0.3 * np.sin(np.arange(duration_ms * 16) * 0.2), np.float32)


def quiet(duration_ms: int) -> Samples:
    return np.zeros(duration_ms * 16, np.float32)


def word(text: str, start_ms: int, end_ms: int) -> Word:
    return Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=0.9)


def test_pauses_are_found_within_the_speech(cut_of: MakeCut) -> None:
    samples = np.concatenate([quiet(300), tone(500), quiet(200), tone(400), quiet(60), tone(400), quiet(300)])
    assert find_pauses(cut_of(samples, start_ms=5_000)) == [(5_800, 6_000)]
    assert find_pauses(cut_of(quiet(500))) == []
    assert find_pauses(cut_of(tone(5))) == []


def test_music_behind_the_speech_leaves_no_pause(cut_of: MakeCut) -> None:
    samples = np.concatenate([tone(500), quiet(200), tone(400)])
    assert find_pauses(cut_of(sounds.over(samples, sounds.music(2), 1.0))) == []


@pytest.mark.parametrize(
    ("words", "settled"),
    [
        pytest.param([word("好，", 0, 400), word("来", 460, 900)], [(0, 500), (700, 900)], id="the alignment is early"),
        pytest.param(
            [word("好", 0, 650), word("来", 650, 900)], [(0, 500), (700, 900)], id="it spreads over the silence"
        ),
        pytest.param(
            [word("好", 0, 300), word("的，", 300, 460), word("来", 460, 580), word("吧", 580, 900)],
            [(0, 300), (300, 500), (700, 700), (700, 900)],
            id="punctuation stands at the pause",
        ),
        pytest.param([word("好", 0, 100), word("来", 100, 200)], [(0, 100), (100, 200)], id="too far away"),
        pytest.param([word("好", 0, 900)], [(0, 900)], id="one word"),
    ],
)
def test_words_are_settled(words: list[Word], settled: list[tuple[int, int]]) -> None:
    assert [(one.start_ms, one.end_ms) for one in settle_at_pauses(words, [(500, 700)])] == settled


@given(
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 400), st.sampled_from(["好", "好，"])), max_size=12),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(100, 400)), max_size=4),
)
def test_words_stay_in_order_and_none_is_lost(words: list[tuple[int, int, str]], pauses: list[tuple[int, int]]) -> None:
    before = [word(text, start, start + length) for start, length, text in sorted(words)]
    silent: list[tuple[int, int]] = []
    for start, length in sorted(pauses):
        if not silent or start > silent[-1][1]:
            silent.append((start, start + length))
    after = settle_at_pauses(before, silent)
    assert [one.text for one in after] == [one.text for one in before]
    assert all(one.start_ms <= one.end_ms for one in after)
    assert all(left.start_ms <= right.start_ms for left, right in pairwise(after))


def test_real_words_keep_to_the_pauses_between_them(
    transcriber: WhisperTranscriber, demo_lines: list[Any], cut_of: MakeCut
) -> None:
    """Two lines of known length with 200 ms between them, too short for an endpoint."""
    first, second = (sounds.without_pauses(line.samples) for line in (demo_lines[8], demo_lines[9]))
    joined = cut_of(np.concatenate([first, quiet(200), second]), start_ms=60_000)
    (utterance,) = transcriber.transcribe([joined])
    begins_ms = 60_000 + len(first) // 16 + 200
    assert min(abs(word.start_ms - begins_ms) for word in utterance.words) <= 30
    ends_ms = begins_ms - 200
    assert min(abs(word.end_ms - ends_ms) for word in utterance.words) <= 30
    assert not any(ends_ms + 30 < word.end_ms < begins_ms - 30 for word in utterance.words)

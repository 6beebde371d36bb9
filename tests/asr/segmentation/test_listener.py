"""A stream's audio in, cuts out: borders, gaps, repeats, clocks."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from asr.errors import WrongAudioError
from asr.recogniser import Cut
from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from ingest.types import AudioSpan

RATE_HZ = 16_000


class LoudnessDetector:
    """Loud frames are speech: a detector without memory, so that properties run fast."""

    lag_frames = 0

    def reset(self) -> None:
        """There is nothing to forget."""

    def probabilities(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        loud = np.sqrt(np.mean(np.square(frames), axis=1)) > 0.05
        return np.asarray(np.where(loud, 0.95, 0.05), np.float32)


def silence(duration_ms: int) -> NDArray[np.float32]:
    return np.zeros(duration_ms * 16, np.float32)


def tone(duration_ms: int) -> NDArray[np.float32]:
    return np.asarray(0.5 * np.sin(np.arange(duration_ms * 16) * 0.2), np.float32)


def spans_of(samples: NDArray[np.float32], sizes: Sequence[int], start_ms: int = 0) -> list[AudioSpan]:
    spans, position = [], 0
    for size in [*sizes, len(samples)]:
        part = samples[position : position + size]
        spans.append(AudioSpan(stream_id="s1", start_ms=start_ms + round(position / 16), samples=part))
        position += len(part)
    return spans


def hear_all(listener: StreamListener, spans: Sequence[AudioSpan]) -> list[Cut]:
    cuts: list[Cut] = []
    for span in spans:
        cuts += listener.push([span])
    return cuts + listener.flush()


def same(left: Sequence[Cut], right: Sequence[Cut]) -> bool:
    return len(left) == len(right) and all(
        (a.start_ms, a.end_ms, a.speech_start_ms, a.speech_end_ms)
        == (b.start_ms, b.end_ms, b.speech_start_ms, b.speech_end_ms)
        and np.array_equal(a.samples, b.samples)
        for a, b in zip(left, right, strict=True)
    )


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(10, 9_000)), min_size=1, max_size=8),
    st.lists(st.integers(1, 60_000), max_size=12),
    st.integers(0, 10**9),
)
def test_chunking_makes_no_difference(runs: list[tuple[bool, int]], sizes: list[int], start_ms: int) -> None:
    samples = np.concatenate([tone(ms) if loud else silence(ms) for loud, ms in runs])
    at_once = hear_all(StreamListener("s1", LoudnessDetector()), spans_of(samples, [], start_ms))
    in_pieces = hear_all(StreamListener("s1", LoudnessDetector()), spans_of(samples, sizes, start_ms))
    assert same(at_once, in_pieces)
    for before, after in pairwise(at_once):
        assert before.end_ms <= after.start_ms
    for cut in at_once:
        offset = (cut.start_ms - start_ms) * 16
        assert abs(len(cut.samples) - (cut.end_ms - cut.start_ms) * 16) <= 32
        assert np.abs(cut.samples).max() <= 0.5
        assert start_ms <= cut.start_ms <= cut.speech_start_ms <= cut.speech_end_ms <= cut.end_ms
        assert offset + len(cut.samples) <= len(samples) + 32


def test_real_speech_across_segment_borders_is_cut_at_its_pauses_and_placed_within_50_ms(lines: list[Any]) -> None:
    pieces, spoken, position_ms = [], [], 7_000
    for line in lines[:6]:
        level = np.sqrt(np.convolve(np.square(line.samples), np.ones(160) / 160, "same"))
        loud = np.flatnonzero(level > 0.03 * level.max())
        spoken.append((position_ms + int(loud[0]) // 16, position_ms + int(loud[-1]) // 16))
        pieces += [line.samples, silence(500)]
        position_ms += len(line.samples) // 16 + 500
    samples = np.concatenate(pieces)
    two_seconds = [2 * RATE_HZ] * (len(samples) // (2 * RATE_HZ))
    cuts = hear_all(StreamListener("s1", SileroVad()), spans_of(samples, two_seconds, 7_000))
    assert len(cuts) == len(spoken)
    for cut, (start_ms, end_ms) in zip(cuts, spoken, strict=True):
        assert abs(cut.speech_start_ms - start_ms) <= 50
        assert abs(cut.speech_end_ms - end_ms) <= 50


def test_a_gap_closes_the_utterance_and_the_clock_goes_on_after_it() -> None:
    listener = StreamListener("s1", LoudnessDetector())
    assert listener.push(spans_of(tone(2_000), [])) == []
    (before,) = listener.push(spans_of(tone(2_000), [], 5_000))
    (after,) = listener.flush()
    assert (before.start_ms, before.end_ms) == (0, 2_000)
    assert (after.start_ms, after.end_ms) == (5_000, 7_000)


def test_a_segment_handed_over_twice_is_heard_once() -> None:
    listener = StreamListener("s1", LoudnessDetector())
    first, second = spans_of(tone(4_000), [32_000])[:2]
    cuts = listener.push([first, second, first, second])
    (cut,) = cuts + listener.flush()
    assert (cut.start_ms, cut.end_ms) == (0, 4_000)
    assert listener.repeated_ms == 4_000


def test_audio_that_overlaps_what_was_heard_gives_only_its_new_part() -> None:
    listener = StreamListener("s1", LoudnessDetector())
    (cut,) = hear_all(listener, [*spans_of(tone(2_000), []), *spans_of(tone(2_000), [], 1_000)])
    assert (cut.start_ms, cut.end_ms) == (0, 3_000)
    assert listener.repeated_ms == 1_000


def test_a_drifting_clock_is_followed() -> None:
    listener = StreamListener("s1", LoudnessDetector())
    spans = [
        AudioSpan(stream_id="s1", start_ms=index * 2_010, samples=np.concatenate([tone(1_000), silence(1_000)]))
        for index in range(100)
    ]
    cuts = hear_all(listener, spans)
    assert len(cuts) == 100
    assert all(abs(cut.speech_start_ms - index * 2_010) <= 50 for index, cut in enumerate(cuts))


def test_samples_that_are_no_numbers_do_not_deafen_the_detector(lines: list[Any]) -> None:
    broken = lines[0].samples.copy()
    broken[100:120] = np.nan
    broken[200] = np.inf
    listener = StreamListener("s1", SileroVad())
    assert len(hear_all(listener, spans_of(broken, []))) == 1
    assert listener.repaired_sample_count == 21


def test_what_was_heard_is_let_go() -> None:
    listener = StreamListener("s1", LoudnessDetector())
    for index in range(60):
        listener.push([AudioSpan(stream_id="s1", start_ms=index * 2_000, samples=silence(2_000))])
    assert listener.buffered_ms <= 1_000


def test_nothing_heard_gives_nothing() -> None:
    listener = StreamListener("s1", LoudnessDetector())
    assert listener.push([]) == []
    assert listener.push(spans_of(silence(0), [])) == []
    assert listener.flush() == []


@pytest.mark.parametrize(
    "span",
    [
        pytest.param(AudioSpan(stream_id="s2", start_ms=0, samples=np.zeros(10, np.float32)), id="another stream"),
        pytest.param(AudioSpan(stream_id="s1", start_ms=0, samples=np.zeros((10, 2), np.float32)), id="stereo"),
    ],
)
def test_foreign_audio_is_refused(span: AudioSpan) -> None:
    with pytest.raises(WrongAudioError, match="s1"):
        StreamListener("s1", LoudnessDetector()).push([span])

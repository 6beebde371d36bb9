"""Where an utterance begins and ends, held against where sound can be measured in clean speech."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from ingest.types import AudioSpan
from tests.asr import sounds
from tests.asr.sounds import RATE_HZ, Samples

START_MS = 7_000


def faint_noise(samples: Samples) -> Samples:
    return sounds.over(samples, sounds.white_noise(len(samples) / RATE_HZ), float(np.sqrt(np.mean(samples**2))))


@pytest.mark.parametrize(
    ("spoil", "most_within_ms", "all_within_ms"),
    [
        pytest.param(lambda samples: samples, 50, 100, id="clean"),
        pytest.param(faint_noise, 50, 100, id="20 dB above noise"),
        pytest.param(sounds.by_telephone, 192, 500, id="by telephone, within the pre-roll"),
    ],
)
def test_nine_in_ten_are_placed_well_and_none_is_far_off(
    lines: list[Any],
    demo_lines: list[Any],
    spoil: Callable[[Samples], Samples],
    most_within_ms: int,
    all_within_ms: int,
) -> None:
    spoken, parts, at = [], [], 0
    for line in (*lines, *demo_lines):
        level = np.sqrt(np.convolve(np.square(line.samples), np.ones(160) / 160, "same"))
        loud = np.flatnonzero(level > 0.03 * level.max())
        spoken.append((START_MS + (at + loud[0]) / 16, START_MS + (at + loud[-1]) / 16))
        parts += [line.samples, sounds.silence(0.5)]
        at += len(line.samples) + RATE_HZ // 2
    samples = spoil(np.concatenate(parts))
    listener = StreamListener("s1", SileroVad())
    cuts = []
    for first in range(0, len(samples), 2 * RATE_HZ):
        span = AudioSpan(stream_id="s1", start_ms=START_MS + first // 16, samples=samples[first : first + 2 * RATE_HZ])
        cuts += listener.push([span])
    cuts += listener.flush()
    starts = [min(abs(cut.speech_start_ms - start_ms) for cut in cuts) for start_ms, _ in spoken]
    ends = [min(abs(cut.speech_end_ms - end_ms) for cut in cuts) for _, end_ms in spoken]
    assert len(cuts) == len(spoken)
    for errors in (starts, ends):
        assert np.percentile(errors, 90) <= most_within_ms
        assert max(errors) <= all_within_ms

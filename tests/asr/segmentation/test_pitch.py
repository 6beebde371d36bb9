"""The pitch that a narrow band took away is put back, and nothing else changes."""

from typing import Any

import numpy as np
import pytest

from asr.segmentation.endpointing import FRAME_SAMPLES
from asr.segmentation.pitch import PitchRestorer
from asr.segmentation.vad import SileroVad
from bench.asr_material import telephone
from tests.asr import sounds
from tests.asr.sounds import RATE_HZ, Samples

PITCH_HZ = 150


def strength_at(samples: Samples, pitch_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum[round(pitch_hz * len(samples) / RATE_HZ)] / spectrum.max())


def overtones_without_fundamental(duration_s: float) -> Samples:
    at_s = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    return np.asarray(0.1 * sum(np.sin(2 * np.pi * PITCH_HZ * k * at_s) for k in range(3, 12)), np.float32)


def test_a_missing_fundamental_is_put_back() -> None:
    narrow = overtones_without_fundamental(2)
    assert strength_at(narrow, PITCH_HZ) < 0.001
    assert strength_at(PitchRestorer().restored(narrow), PITCH_HZ) > 0.2


def test_silence_stays_silence() -> None:
    np.testing.assert_array_equal(PitchRestorer().restored(sounds.silence(1)), sounds.silence(1))


@pytest.mark.parametrize("step", [1, 7, 512, 5_000])
def test_in_pieces_it_gives_the_same_as_at_once(step: int) -> None:
    samples = sounds.white_noise(0.5)
    restorer = PitchRestorer()
    pieces = [restorer.restored(samples[first : first + step]) for first in range(0, len(samples), step)]
    np.testing.assert_allclose(np.concatenate(pieces), PitchRestorer().restored(samples), atol=1e-6)


def test_it_scales_with_the_level() -> None:
    samples = sounds.white_noise(0.5)
    half = PitchRestorer().restored(np.float32(0.5) * samples)
    np.testing.assert_allclose(half, 0.5 * PitchRestorer().restored(samples), atol=1e-6)


def test_speech_by_telephone_is_seen_as_speech(lines: list[Any]) -> None:
    """Through a band that ends sharply at 300 Hz; where the clean line is loud, it speaks."""
    seen, spoken = 0, 0
    for line in lines[:6]:
        count = len(line.samples) // FRAME_SAMPLES
        frames = line.samples[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
        level = np.sqrt(np.mean(np.square(frames), axis=1))
        loud = level > 0.05 * np.percentile(level, 90)
        narrow = telephone(line.samples)[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
        seen += int(np.count_nonzero(SileroVad().probabilities(narrow)[loud] >= 0.5))
        spoken += int(np.count_nonzero(loud))
    assert seen > 0.85 * spoken

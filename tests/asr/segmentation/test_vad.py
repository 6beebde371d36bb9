"""The stateful detector gives what the whole-file one gives for audio with its pitch restored."""

from typing import Any

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from asr.segmentation.endpointing import FRAME_SAMPLES
from asr.segmentation.pitch import PitchRestorer
from asr.segmentation.vad import SileroVad


@pytest.mark.parametrize("chunk_frames", [1, 7, 62])
def test_in_pieces_it_hears_the_same_as_at_once(lines: list[Any], chunk_frames: int) -> None:
    samples = np.concatenate([line.samples for line in lines[:2]])
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    vad = SileroVad()
    pieces = [vad.probabilities(frames[i : i + chunk_frames]) for i in range(0, len(frames), chunk_frames)]
    whole = np.asarray(get_vad_model()(PitchRestorer().restored(frames.reshape(-1)))).reshape(-1)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-4)


def test_reset_forgets(lines: list[Any]) -> None:
    frames = lines[0].samples[: 40 * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    vad = SileroVad()
    first = vad.probabilities(frames)
    remembering = vad.probabilities(frames)
    vad.reset()
    np.testing.assert_array_equal(vad.probabilities(frames), first)
    assert not np.array_equal(remembering, first)


def test_no_frames_give_no_probabilities() -> None:
    assert SileroVad().probabilities(np.zeros((0, FRAME_SAMPLES), np.float32)).shape == (0,)

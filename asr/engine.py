"""What a recogniser is given, and what any recogniser must be able to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr.types import Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Audio between two pauses: float32 mono at 16 kHz, shape (samples,), placed on the stream clock.

    `[start_ms, end_ms)` is the audio with its rolls; `[speech_start_ms, speech_end_ms)` is where speech was detected.
    Cuts of one stream never overlap.
    """

    stream_id: str
    start_ms: int
    end_ms: int
    speech_start_ms: int
    speech_end_ms: int
    samples: NDArray[np.float32]


class Transcriber(Protocol):
    """A speech recogniser; cuts of many streams may share one call."""

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts; a cut without speech gives none."""
        ...

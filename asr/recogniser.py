"""What a recogniser is given, and what any recogniser must be able to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr.errors import WrongAudioError
from asr.types import Utterance
from ingest.types import SAMPLE_RATE_HZ

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
# Whisper was trained on windows of this length, and needs silence after the speech in one: what no cut is longer than.
FULL_WINDOW_MS = 30_000
SILENCE_AFTER_MS = 3_000
LONGEST_CUT_MS = FULL_WINDOW_MS - SILENCE_AFTER_MS
# Whisper hears as well with three beams as with five, for a tenth less of the work (decision 42).
BEAM_SIZE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Audio between two pauses: float32 mono at 16 kHz, shape (samples,), placed on the stream clock.

    `[start_ms, end_ms)` is the audio with its rolls; `[speech_start_ms, speech_end_ms)` is where speech was detected.
    Cuts of one stream never overlap. `hotwords` are what the stream's products are called, most telling first: a hint
    that an engine may use, and whose mark it then leaves on the utterance.
    """

    stream_id: str
    start_ms: int
    end_ms: int
    speech_start_ms: int
    speech_end_ms: int
    samples: NDArray[np.float32]
    hotwords: tuple[str, ...] = ()


def length_ms(cut: Cut) -> int:
    """How much audio the cut holds, rounded up; WrongAudioError if it is no mono audio that an engine can take."""
    if cut.samples.ndim != 1 or not 0 < len(cut.samples) <= LONGEST_CUT_MS * SAMPLE_RATE_HZ // 1000:
        raise WrongAudioError(
            f"a cut of stream {cut.stream_id!r} at {cut.start_ms} ms has shape {cut.samples.shape}; it must be mono,"
            f" not empty, and at most {LONGEST_CUT_MS} ms long"
        )
    return -(-len(cut.samples) * 1000 // SAMPLE_RATE_HZ)


@dataclass(slots=True, kw_only=True)
class RecognitionCounts:
    """What became of cuts since an engine was made.

    `redecoded_count`: output ran away and was decoded again in a full window. `invented_count`: dropped as never said.
    `biased_count`: terms that hotwords brought into a text; `confirmed_count`: those of them that were confirmed.
    `suspect_count`: words that were listened for once more; `reheard_count`: those of them that were likely enough.
    """

    cut_count: int = 0
    redecoded_count: int = 0
    invented_count: int = 0
    biased_count: int = 0
    confirmed_count: int = 0
    suspect_count: int = 0
    reheard_count: int = 0


class Transcriber(Protocol):
    """A speech recogniser; cuts of many streams may share one call."""

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts; a cut without speech gives none."""
        ...


class Recogniser(Transcriber, Protocol):
    """A Transcriber that says which weights it runs and what became of the cuts it was given."""

    @property
    def model_name(self) -> str:
        """Model, arithmetic and the first digits of the weights' SHA-256, as every utterance names it."""
        ...

    @property
    def counts(self) -> RecognitionCounts:
        """Counted since it was made."""
        ...

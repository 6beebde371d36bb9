"""The ways of recognising that `bench asr` compares: each takes lines and gives their texts, on one thread."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
from faster_whisper import WhisperModel

from asr.engines.weights import WhisperWeights
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.recogniser import BEAM_SIZE, FULL_WINDOW_MS, Cut, Transcriber
from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from bench.asr_material import Line, Samples
from bench.hearing import whole
from ingest.types import SAMPLE_RATE_HZ, AudioSpan

HOTWORDS = (
    *("氮化镓充电头", "充电宝", "羽绒服", "乳胶枕", "扫地机", "面霜", "毫安时", "含绒量"),
    *("烟酰胺", "聚酯纤维", "检测报告", "专利号"),
)
BATCH = 8
_WINDOW = 30 * SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A name, and how the texts of lines are had in this way."""

    name: str
    texts: Callable[[Sequence[Line]], list[str]]


def peer(weights: WhisperWeights) -> Any:
    """faster-whisper's own model, int8, one thread."""
    model_class: Any = WhisperModel
    return model_class(str(weights.folder), device="cpu", compute_type="int8", cpu_threads=1)


def engine(
    weights: WhisperWeights, *, beam_size: int = BEAM_SIZE, batch_size: int = BATCH, words: bool = False
) -> Transcriber:
    """Ours on one thread; text only unless `words`."""
    settings = WhisperSettings(device="cpu", beam_size=beam_size, batch_size=batch_size, word_times=words)
    return WhisperTranscriber(weights, settings)


def peer_texts(model: Any, lines: Sequence[Line], *, beam_size: int = 5) -> list[str]:
    """Each line through the unmodified `transcribe`, its defaults but language, beam and no timestamps."""
    return [transcribed(model, line.samples, beam_size=beam_size, without_timestamps=True) for line in lines]


def our_texts(ours: Transcriber, lines: Sequence[Line], hotwords: tuple[str, ...] = ()) -> list[str]:
    """Each line as one cut, all in one call."""
    texts = [""] * len(lines)
    for utterance in ours.transcribe([whole(line.samples, str(n), hotwords) for n, line in enumerate(lines)]):
        texts[int(utterance.stream_id)] = utterance.text
    return texts


def endpointed_texts(ours: Transcriber, lines: Sequence[Line]) -> list[str]:
    """Each line as a stream of its own: detected, cut, recognised."""
    texts = [""] * len(lines)
    cuts = [cut for index, line in enumerate(lines) for cut in cuts_of(str(index), line.samples)]
    for utterance in ours.transcribe(cuts):
        texts[int(utterance.stream_id)] += utterance.text
    return texts


def cuts_of(stream_id: str, samples: Samples) -> list[Cut]:
    """The cuts of a whole recording."""
    listener = StreamListener(stream_id, SileroVad())
    return listener.push([AudioSpan(stream_id=stream_id, start_ms=0, samples=samples)]) + listener.flush()


def hard_window_text(model: Any, samples: Samples) -> str:
    """A recording in windows of 30 s, cut wherever they end, each through `transcribe`."""
    windows = [samples[start : start + _WINDOW] for start in range(0, len(samples), _WINDOW)]
    return "".join(transcribed(model, window, beam_size=5) for window in windows)


def sequential_text(model: Any, samples: Samples) -> str:
    """A recording through one `transcribe`, which seeks from sentence to sentence by its timestamps."""
    return transcribed(model, samples, beam_size=5)


def joined(lines: Sequence[Line]) -> Samples:
    """The lines one after the other, as a host speaks."""
    return np.concatenate([line.samples for line in lines])


@contextmanager
def full_windows() -> Iterator[None]:
    """Ours with windows of 30 s, whatever a cut's length."""
    with patch("asr.batching.buckets.bucket_ms", lambda speech_ms: FULL_WINDOW_MS):
        yield


def transcribed(model: Any, samples: Samples, **options: Any) -> str:
    """What the unmodified `transcribe` gives for Mandarin with these options."""
    segments, _ = model.transcribe(samples, language="zh", **options)
    return "".join(segment.text for segment in segments)

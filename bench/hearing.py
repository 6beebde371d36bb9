"""The packaged recogniser as the product opens it, and a whole recording as one cut for it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from asr.engines.weights import DEFAULT_MODEL, find_whisper
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.recogniser import SAMPLES_PER_MS, Cut
from bench.asr_material import Samples
from claims.obfuscation.soundalike import alikes_of
from claims.policy.packaged import packaged_policy


def packaged_recogniser() -> WhisperTranscriber:
    """The default weights on the processor, listening once more for the words of the packaged policy."""
    with TemporaryDirectory() as scratch:
        weights = find_whisper(DEFAULT_MODEL, Path(scratch))
        return WhisperTranscriber(weights, WhisperSettings(device="cpu"), alikes_of(packaged_policy()))


def whole(samples: Samples, stream_id: str = "s", hotwords: tuple[str, ...] = ()) -> Cut:
    """All of a recording, as speech from its first sample to its last."""
    end_ms = len(samples) // SAMPLES_PER_MS
    return Cut(
        stream_id=stream_id,
        start_ms=0,
        end_ms=end_ms,
        speech_start_ms=0,
        speech_end_ms=end_ms,
        samples=samples,
        hotwords=hotwords,
    )

"""Speech in right-sized windows beside faster-whisper's own `transcribe`: same weights, same clips, one run."""

import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio
from numpy.typing import NDArray

import configs
from asr.listen import SAMPLES_PER_MS, StreamListener
from asr.models import DEFAULT_MODEL, find_whisper
from asr.vad import SileroVad
from asr.whisper import WhisperSettings, WhisperTranscriber
from bench.cer import character_error_rate
from cli.broadcast.script import lay_out, read_script
from ingest.types import SAMPLE_RATE_HZ, AudioSpan

Clip = tuple[str, NDArray[np.float32]]
_SPEECH = Path(__file__).parents[2] / "shared" / "media" / "speech"


def measure(clips: Sequence[Clip], model: str, cache_dir: Path) -> list[dict[str, object]]:
    """One row for each way: CPU seconds per second of audio, the peer's cost over it, character error rate."""
    weights = find_whisper(model, cache_dir)
    audio_s = sum(len(samples) for _, samples in clips) / SAMPLE_RATE_HZ
    peer_class: Any = WhisperModel
    peer_model = peer_class(str(weights.folder), device="cpu", compute_type="int8", cpu_threads=1)
    our_model = WhisperTranscriber(weights, WhisperSettings(device="cpu"))
    SileroVad()
    ways: list[tuple[str, Callable[[], list[str]]]] = [
        ("faster-whisper transcribe, with VAD and word times", lambda: _peer(peer_model, clips)),
        ("zhenyan: silero cuts, right-sized windows, batch of 8", lambda: _ours(our_model, clips)),
    ]
    rows: list[dict[str, object]] = []
    peer_cpu_s: float | None = None
    for name, recognise in ways:
        started = time.process_time()
        texts = recognise()
        cpu_s = time.process_time() - started
        peer_cpu_s = peer_cpu_s or cpu_s
        pairs = [(said, heard) for (said, _), heard in zip(clips, texts, strict=True)]
        rows.append(
            {
                "way": name,
                "cpu_s_per_audio_s": round(cpu_s / audio_s, 4),
                "character_error_rate": round(character_error_rate(pairs), 4),
                "times_cheaper_than_peer": round(peer_cpu_s / cpu_s, 2),
            }
        )
    return rows


def _peer(model: Any, clips: Sequence[Clip]) -> list[str]:
    texts = []
    for _, samples in clips:
        segments, _ = model.transcribe(
            samples, language="zh", beam_size=5, temperature=0, vad_filter=True, word_timestamps=True
        )
        texts.append("".join(segment.text for segment in segments))
    return texts


def _ours(model: WhisperTranscriber, clips: Sequence[Clip]) -> list[str]:
    cuts = []
    for index, (_, samples) in enumerate(clips):
        listener = StreamListener(str(index), SileroVad())
        cuts += listener.hear([AudioSpan(stream_id=str(index), start_ms=0, samples=samples)]) + listener.flush()
    texts = [""] * len(clips)
    for utterance in model.transcribe(cuts):
        texts[int(utterance.stream_id)] += utterance.text
    return texts


def run() -> list[dict[str, object]]:
    """Rows over the spoken lines beside the checkout where they are, else over the lines of the packaged broadcast."""
    clips = read_clips(_SPEECH) if _SPEECH.is_dir() else broadcast_clips()
    with TemporaryDirectory() as scratch:
        return measure(clips, DEFAULT_MODEL, Path(scratch))


def read_clips(speech_dir: Path) -> list[Clip]:
    """What was said and its samples, for each line of a folder with `texts.tsv` (columns `file` and `text`)."""
    with (speech_dir / "texts.tsv").open(encoding="utf-8", newline="") as table:
        lines = list(csv.DictReader(table, delimiter="\t"))
    return [(line["text"], soundfile.read(speech_dir / line["file"], dtype="float32")[0]) for line in lines]


def broadcast_clips() -> list[Clip]:
    """Each line of the packaged broadcast, cut from its sound."""
    script = read_script(configs.DEMO_DIR / "demo.json")
    samples = decode_audio(str(configs.DEMO_DIR / "broadcast.mp4"), sampling_rate=SAMPLE_RATE_HZ)
    places = lay_out(script).lines
    clips: list[Clip] = []
    for line in script.lines:
        place = places[line.id]
        clips.append((line.text, samples[place.start_ms * SAMPLES_PER_MS : place.end_ms * SAMPLES_PER_MS]))
    return clips

"""Speech in right-sized windows beside faster-whisper's own `transcribe`: same weights, same clips, one run."""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from asr.listen import StreamListener
from asr.models import DEFAULT_MODEL, find_whisper
from asr.vad import SileroVad
from asr.whisper import WhisperSettings, WhisperTranscriber
from bench.cer import character_error_rate
from ingest.types import SAMPLE_RATE_HZ, AudioSpan

Row = dict[str, str | float]


def measure(clips: Sequence[tuple[str, NDArray[np.float32]]], model: str, cache_dir: Path) -> list[Row]:
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
    rows: list[Row] = []
    for name, recognise in ways:
        started = time.process_time()
        texts = recognise()
        cpu_s = time.process_time() - started
        pairs = [(said, heard) for (said, _), heard in zip(clips, texts, strict=True)]
        rows.append(
            {
                "way": name,
                "cpu_s_per_audio_s": round(cpu_s / audio_s, 4),
                "character_error_rate": round(character_error_rate(pairs), 4),
            }
        )
    for row in rows:
        row["times_cheaper_than_peer"] = round(float(rows[0]["cpu_s_per_audio_s"]) / float(row["cpu_s_per_audio_s"]), 2)
    return rows


def _peer(model: Any, clips: Sequence[tuple[str, NDArray[np.float32]]]) -> list[str]:
    texts = []
    for _, samples in clips:
        segments, _ = model.transcribe(
            samples, language="zh", beam_size=5, temperature=0, vad_filter=True, word_timestamps=True
        )
        texts.append("".join(segment.text for segment in segments))
    return texts


def _ours(model: WhisperTranscriber, clips: Sequence[tuple[str, NDArray[np.float32]]]) -> list[str]:
    cuts = []
    for index, (_, samples) in enumerate(clips):
        listener = StreamListener(str(index), SileroVad())
        cuts += listener.hear([AudioSpan(stream_id=str(index), start_ms=0, samples=samples)]) + listener.flush()
    texts = [""] * len(clips)
    for utterance in model.transcribe(cuts):
        texts[int(utterance.stream_id)] += utterance.text
    return texts


def read_clips(speech_dir: Path) -> list[tuple[str, NDArray[np.float32]]]:
    """What was said and its samples, for each line of a folder with `texts.tsv` (columns `file` and `text`)."""
    with (speech_dir / "texts.tsv").open(encoding="utf-8", newline="") as table:
        lines = list(csv.DictReader(table, delimiter="\t"))
    return [(line["text"], soundfile.read(speech_dir / line["file"], dtype="float32")[0]) for line in lines]


def run(argv: Sequence[str]) -> int:
    """Prints the table, or JSON with `--json`; gives the exit status."""
    parser = argparse.ArgumentParser(prog="zhenyan bench asr_windows", description=__doc__)
    parser.add_argument("--speech", type=Path, required=True, help="folder with texts.tsv and 16 kHz clips")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--cache", type=Path, help="where weights are kept; default a folder for this run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with TemporaryDirectory() as scratch:
        rows = measure(read_clips(options.speech), options.model, options.cache or Path(scratch))
    if options.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            print("  ".join(f"{name}={value}" for name, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))

"""Real weights, loaded once, and spoken lines whose text is known."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from asr.engines.vocabulary import for_mandarin
from asr.engines.weights import DEFAULT_MODEL, WhisperWeights, find_whisper
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.recogniser import Cut
from tests.material import DEMO_LINES, DEMO_SCRIPT, SPEECH


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A spoken line: who, what, and 16 kHz samples."""

    voice: str
    text: str
    samples: NDArray[np.float32]


@pytest.fixture(scope="session")
def all_tokens(tmp_path_factory: pytest.TempPathFactory) -> WhisperWeights:
    """The model as its packages have it."""
    return find_whisper(DEFAULT_MODEL, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def weights(all_tokens: WhisperWeights) -> WhisperWeights:
    """The model as a processor runs it."""
    return for_mandarin(all_tokens, all_tokens.folder.parent)


@pytest.fixture(scope="session")
def transcriber(weights: WhisperWeights) -> WhisperTranscriber:
    return WhisperTranscriber(weights, WhisperSettings(device="cpu"))


@pytest.fixture(scope="session")
def exact_transcriber(weights: WhisperWeights) -> WhisperTranscriber:
    """One that hears the same on every processor, where a single character decides."""
    return WhisperTranscriber(weights, WhisperSettings(device="cpu", compute_type="float32"))


@pytest.fixture(scope="session")
def lines() -> list[Line]:
    with (SPEECH / "texts.tsv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [Line(voice=row["voice"], text=row["text"], samples=_samples(SPEECH / row["file"])) for row in rows]


@pytest.fixture(scope="session")
def demo_lines() -> list[Line]:
    broadcast = json.loads(DEMO_SCRIPT.read_text(encoding="utf-8"))
    return [
        Line(voice="zf_xiaoxiao", text=line["text"], samples=_samples(DEMO_LINES / line["audio"]))
        for line in broadcast["lines"]
    ]


@pytest.fixture(scope="session")
def cut_of() -> object:
    """Makes a cut of a whole clip, placed at `start_ms`."""

    def make(samples: NDArray[np.float32], *, start_ms: int = 0, stream_id: str = "s1") -> Cut:
        end_ms = start_ms + len(samples) // 16
        return Cut(
            stream_id=stream_id,
            start_ms=start_ms,
            end_ms=end_ms,
            speech_start_ms=start_ms,
            speech_end_ms=end_ms,
            samples=samples,
        )

    return make


def _samples(path: Path) -> NDArray[np.float32]:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    assert rate_hz == 16_000
    return np.asarray(samples, np.float32)

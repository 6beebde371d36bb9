"""Recognition as a stage: cuts in, passages out."""

from collections.abc import Sequence
from pathlib import Path

from asr.engine import Cut
from asr.models import find_whisper
from asr.whisper import WhisperSettings, WhisperTranscriber
from claims.passages import from_utterance
from claims.types import Passage


class Hearing:
    """Recognises cuts; one engine serves many streams."""

    def __init__(self, *, model: str, models_dir: Path, device: str, threads: int) -> None:
        weights = find_whisper(model, models_dir)
        self._transcriber = WhisperTranscriber(weights, WhisperSettings(device=device, cpu_threads=threads))  # type: ignore[arg-type]

    @property
    def model(self) -> str:
        """The recogniser as findings name it."""
        return self._transcriber.model_name

    def transcribe(self, cuts: Sequence[Cut]) -> list[Passage]:
        """The passages that were said in these cuts."""
        return [from_utterance(u) for u in self._transcriber.transcribe(cuts)] if cuts else []

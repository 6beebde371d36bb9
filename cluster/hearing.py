"""Recognition as a stage: cuts in, passages out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from asr.engine import Cut, HearingCounts
from asr.opening import open_recogniser
from claims.passages import from_utterance
from claims.types import Passage


class Hearing:
    """Recognises cuts; one engine serves many streams."""

    def __init__(self, *, model: str, models_dir: Path, device: Literal["auto", "cpu", "cuda"], threads: int) -> None:
        self._recogniser = open_recogniser(model, models_dir, device=device, threads=threads)
        self._hotwords: dict[str, tuple[str, ...]] = {}

    @property
    def model(self) -> str:
        """The recogniser as findings name it."""
        return self._recogniser.model_name

    @property
    def counts(self) -> HearingCounts:
        """What became of the cuts so far."""
        return self._recogniser.counts

    def expect(self, stream_id: str, hotwords: tuple[str, ...]) -> None:
        """Names these to the recogniser from now on when it hears this stream; an empty list ends it."""
        if hotwords:
            self._hotwords[stream_id] = hotwords
        else:
            self._hotwords.pop(stream_id, None)

    def transcribe(self, cuts: Sequence[Cut]) -> list[Passage]:
        """The passages that were said in these cuts."""
        expecting = [replace(cut, hotwords=self._hotwords.get(cut.stream_id, ())) for cut in cuts]
        return [from_utterance(u) for u in self._recogniser.transcribe(expecting)] if cuts else []

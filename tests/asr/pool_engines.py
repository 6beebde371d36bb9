"""Engines for tests of processes: what they hear is the cut's length, and some cuts are bad for them."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from asr.errors import WrongAudioError
from asr.recogniser import Cut, RecognitionCounts
from asr.types import Utterance


@dataclass
class LengthEngine:
    """Hears how long a cut is; `dies_in`, `hangs_in` and `refuses` are streams; with `spared` it dies once."""

    dies_in: str = ""
    hangs_in: str = ""
    refuses: str = ""
    silent: str = ""
    spared: Path | None = None
    model_name: str = "length"
    counts: RecognitionCounts = field(default_factory=RecognitionCounts)

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        self.counts.cut_count += len(cuts)
        heard = []
        for cut in cuts:
            if cut.stream_id == self.dies_in and not (self.spared and self.spared.is_file()):
                if self.spared:
                    self.spared.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if cut.stream_id == self.hangs_in:
                Event().wait()
            if cut.stream_id == self.refuses:
                raise WrongAudioError(f"stream {cut.stream_id!r} is refused")
            if cut.stream_id != self.silent:
                heard.append(self._utterance(cut))
        return heard

    def _utterance(self, cut: Cut) -> Utterance:
        return Utterance(
            stream_id=cut.stream_id,
            start_ms=cut.speech_start_ms,
            end_ms=cut.speech_end_ms,
            text=str(len(cut.samples)),
            words=(),
            confidence=1,
            model=self.model_name,
        )


class BrokenEngine(LengthEngine):
    """Can't be made."""

    def __init__(self) -> None:
        raise WrongAudioError("no weights here")


class DeadEngine(LengthEngine):
    """Dies when it is made."""

    def __init__(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def only_one(folder: Path) -> LengthEngine:
    """An engine for the first process that asks, which leaves its id; refused to the others."""
    try:
        (folder / "taken").mkdir()
    except FileExistsError as error:
        raise WrongAudioError("there is only one") from error
    (folder / str(os.getpid())).touch()
    return LengthEngine()

"""SenseVoice and Paraformer through sherpa-onnx: one pass without a decoder loop, so no window, no beam, no runaway."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from asr.engines.sherpa_weights import SherpaWeights
from asr.errors import SpeechSettingsError, WeightsDamagedError
from asr.recogniser import Cut, RecognitionCounts, length_ms
from asr.transcript.hallucinations import Bias, Decoded, settle_punctuation
from asr.transcript.utterances import Readings, to_utterance
from asr.transcript.words import Piece, respell
from asr.types import Utterance
from ingest.types import SAMPLE_RATE_HZ

LANGUAGE = "zh"
WORD_START = "▁"
_MARK = re.compile(r"<.*>")
BATCH_SIZE = 8
DESCRIBED_WITHIN_BYTES = 1 << 20
_SHARED = ("vocab_size", "lfr_window_size", "lfr_window_shift", "neg_mean", "inv_stddev")
METADATA = {"sensevoice": (*_SHARED, "with_itn", "lang_zh", "normalize_samples"), "paraformer": _SHARED}


class SherpaRecogniser:
    """A Recogniser for Mandarin; not for use by two threads at once.

    It takes no hotwords and gives one reading. A word's probability is 1 where the family gives none. The published
    weights could not be had where this was written: it was run on random ones of the right shapes alone.
    """

    def __init__(
        self, weights: SherpaWeights, *, device: Literal["auto", "cpu", "cuda"] = "auto", threads: int = 1
    ) -> None:
        try:
            import sherpa_onnx
        except ImportError as error:
            raise SpeechSettingsError(
                f"speech model {weights.family!r} needs sherpa-onnx, which is not installed: install zhenyan[sherpa]"
            ) from error
        _demand_metadata(weights)
        common = {
            "tokens": str(weights.tokens),
            "num_threads": threads,
            "provider": "cuda" if device == "cuda" else "cpu",
        }
        try:
            if weights.family == "sensevoice":
                self._recogniser = sherpa_onnx.OfflineRecognizer.from_sense_voice(
                    model=str(weights.model), language=LANGUAGE, use_itn=True, **common
                )
            else:
                self._recogniser = sherpa_onnx.OfflineRecognizer.from_paraformer(
                    paraformer=str(weights.model), **common
                )
        except (RuntimeError, ValueError, IndexError) as error:
            raise WeightsDamagedError(weights.model, f"does not load as {weights.family} ({error})") from error
        self.model_name = f"{weights.family}/{weights.model.name.removesuffix('.onnx')}@{weights.sha256[:12]}"
        self.counts = RecognitionCounts()

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts; a cut in which nobody speaks gives none."""
        for cut in cuts:
            length_ms(cut)
        utterances: list[Utterance] = []
        for first in range(0, len(cuts), BATCH_SIZE):
            batch = cuts[first : first + BATCH_SIZE]
            for cut, result in zip(batch, self._read(batch), strict=True):
                readings = _readings(cut, result)
                utterance = to_utterance(cut, readings, bias=Bias(), model=self.model_name, counts=self.counts)
                if utterance is not None:
                    utterances.append(utterance)
        return utterances

    def _read(self, cuts: Sequence[Cut]) -> list[Any]:
        streams = []
        for cut in cuts:
            stream = self._recogniser.create_stream()
            stream.accept_waveform(SAMPLE_RATE_HZ, cut.samples)
            streams.append(stream)
        self._recogniser.decode_streams(streams)
        return [stream.result for stream in streams]


def _demand_metadata(weights: SherpaWeights) -> None:
    """WeightsDamagedError unless the file describes itself as this family; sherpa-onnx would end the whole process."""
    with weights.model.open("rb") as file:
        file.seek(max(0, weights.model.stat().st_size - DESCRIBED_WITHIN_BYTES))
        described = file.read()
    lacking = [key for key in METADATA[weights.family] if key.encode() not in described]
    if lacking:
        raise WeightsDamagedError(
            weights.model, f"is no {weights.family} model for sherpa-onnx (no {', '.join(lacking)} in its metadata)"
        )


def _readings(cut: Cut, result: Any) -> Readings:
    """What sherpa-onnx gave; a token lasts until the next one begins, the last until the speech ends."""
    texts = ["" if _MARK.fullmatch(token) else token.replace(WORD_START, " ") for token in result.tokens]
    starts = [float(start) for start in result.timestamps]
    if len(starts) != len(texts):
        length_s = len(cut.samples) / SAMPLE_RATE_HZ
        starts = [length_s * index / max(1, len(texts)) for index in range(len(texts))]
    ends = [*starts[1:], (cut.speech_end_ms - cut.start_ms) / 1000]
    logprobs = [min(0.0, float(logprob)) for logprob in result.ys_log_probs]
    known = len(logprobs) == len(texts)
    pieces = [
        Piece(
            text=text,
            start_s=start_s,
            end_s=max(start_s, end_s),
            probability=float(np.exp(logprobs[index])) if known else 1.0,
        )
        for index, (text, start_s, end_s) in enumerate(zip(texts, starts, ends, strict=True))
    ]
    pieces = respell(pieces, settle_punctuation)
    decoded = Decoded(
        text="".join(piece.text for piece in pieces),
        speech_ms=cut.speech_end_ms - cut.speech_start_ms,
        avg_logprob=float(np.mean(logprobs)) if known and logprobs else 0.0,
        no_speech_probability=0.0,
        hit_cap=False,
    )
    return Readings(decoded=decoded, pieces=pieces)

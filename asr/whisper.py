"""Whisper through CTranslate2 in right-sized windows, many cuts to an encoder call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray
from opencc import OpenCC

from asr.bucket import FULL_WINDOW_MS, LONGEST_CUT_MS, Batch, plan_batches, token_cap
from asr.clean import Bias, Decoded, is_invented, is_runaway, kept_characters, settle_punctuation
from asr.engine import Cut
from asr.errors import SpeechSettingsError, WeightsDamagedError, WrongAudioError
from asr.listen import SAMPLES_PER_MS
from asr.models import MODEL_FILE, WhisperWeights
from asr.types import Utterance
from asr.words import Piece, keep, respell, to_words

LANGUAGE = "zh"
FRAMES_PER_S = 100
SHORTEST_SAMPLES = 400
TOKEN_LIMIT = 448


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperSettings:
    """How Whisper runs. Device, compute type and batch size None: what suits the machine.

    No prompt by default: OpenCC gives simplified characters at no cost, and with base the usual prompt
    (以下是普通话的句子。) raised the character error from .145 to .177 on one test voice. Hotwords find more terms
    and invent some, so a hit that they gave wants confirmation.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str | None = None
    cpu_threads: int = 1
    batch_size: int | None = None
    beam_size: int = 5
    prompt: str = ""
    hotwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """What came out of the decoder for one cut."""

    decoded: Decoded
    pieces: list[Piece]


class WhisperTranscriber:
    """A Transcriber for Mandarin; not for use by two threads at once.

    Counts since it was made: `cut_count`, `redecoded_count` (output ran away, decoded again in 30 s) and
    `invented_count` (cuts dropped as never said).
    """

    def __init__(self, weights: WhisperWeights, settings: WhisperSettings | None = None) -> None:
        settings = settings or WhisperSettings()
        device = settings.device
        if device == "auto":
            device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
        on_gpu = device == "cuda"
        compute_type = settings.compute_type or ("float16" if on_gpu else "int8")
        if on_gpu and not ctranslate2.get_cuda_device_count():
            raise SpeechSettingsError("device 'cuda': no GPU that CUDA can use is here; set device to auto or cpu")
        if compute_type not in ctranslate2.get_supported_compute_types(device):
            raise SpeechSettingsError(f"compute type {compute_type!r} is not supported on {device}; leave it out")
        try:
            self._model = WhisperModel(
                str(weights.folder), device=device, compute_type=compute_type, cpu_threads=settings.cpu_threads
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise WeightsDamagedError(weights.folder / MODEL_FILE, f"does not load ({error})") from error
        self.model_name = f"{weights.name}/{compute_type}@{weights.sha256[:12]}"
        self.cut_count = 0
        self.redecoded_count = 0
        self.invented_count = 0
        self._beam_size = settings.beam_size
        self._batch_size = settings.batch_size or (32 if on_gpu else 8)
        self._spread_ms = 6_000 if on_gpu else 1_000
        self._bias = Bias(prompt=settings.prompt, hotwords=settings.hotwords)
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=LANGUAGE)
        self._start_tokens: list[int] = self._model.get_prompt(
            self._tokenizer,
            self._tokenizer.encode(settings.prompt) if settings.prompt else [],
            without_timestamps=True,
            hotwords=" ".join(settings.hotwords) or None,
        )
        longest = TOKEN_LIMIT - token_cap(LONGEST_CUT_MS)
        if len(self._start_tokens) > longest:
            raise SpeechSettingsError(
                f"prompt and hotwords take {len(self._start_tokens)} tokens; at most {longest} leave room for speech"
            )
        self._simplify = OpenCC("t2s").convert

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts; a cut in which nobody speaks gives none."""
        lengths_ms = [_length_ms(cut) for cut in cuts]
        heard: dict[int, _Heard] = {}
        for batch in plan_batches(lengths_ms, batch_size=self._batch_size, spread_ms=self._spread_ms):
            heard.update(self._hear(cuts, batch))
        self.cut_count += len(cuts)
        utterances = (self._utterance(cut, heard[index]) for index, cut in enumerate(cuts))
        return [utterance for utterance in utterances if utterance is not None]

    def _hear(self, cuts: Sequence[Cut], batch: Batch) -> dict[int, _Heard]:
        heard = dict(zip(batch.indices, self._decode([cuts[i] for i in batch.indices], batch.window_ms), strict=True))
        runaway = [index for index, one in heard.items() if is_runaway(one.decoded)]
        if runaway and batch.window_ms < FULL_WINDOW_MS:
            self.redecoded_count += len(runaway)
            again = self._decode([cuts[i] for i in runaway], FULL_WINDOW_MS)
            heard.update(zip(runaway, again, strict=True))
        return heard

    def _decode(self, cuts: Sequence[Cut], window_ms: int) -> list[_Heard]:
        features = [self._features(cut.samples) for cut in cuts]
        frame_counts = [feature.shape[1] for feature in features]
        window = np.zeros((len(cuts), features[0].shape[0], window_ms * FRAMES_PER_S // 1000), np.float32)
        for row, feature in zip(window, features, strict=True):
            row[:, : feature.shape[1]] = feature[:, : row.shape[1]]
        encoded = self._model.encode(window)
        caps = [token_cap(_length_ms(cut)) for cut in cuts]
        results = self._model.model.generate(
            encoded,
            [self._start_tokens] * len(cuts),
            beam_size=self._beam_size,
            max_length=self._total_length(max(caps)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [[token for token in result.sequences_ids[0] if token < self._tokenizer.eot] for result in results]
        alignments = self._model.find_alignment(self._tokenizer, tokens, encoded, frame_counts)
        return [
            self._heard(cut, result, len(ids) >= cap, alignment)
            for cut, result, ids, cap, alignment in zip(cuts, results, tokens, caps, alignments, strict=True)
        ]

    def _total_length(self, cap: int) -> int:
        """The `max_length` under which CTranslate2 gives at most `cap` tokens.

        It counts the prompt and stops at half of `max_length` whatever the prompt is: prompt + cap would cut the
        answer to about half its cap without a word.
        """
        return min(TOKEN_LIMIT, max(2 * cap, len(self._start_tokens) + cap))

    def _heard(self, cut: Cut, result: Any, hit_cap: bool, alignment: list[dict[str, Any]]) -> _Heard:
        pieces = [
            Piece(
                text=word["word"],
                start_s=float(word["start"]),
                end_s=float(word["end"]),
                probability=float(word["probability"]),
            )
            for word in alignment
        ]
        pieces = respell(pieces, lambda text: settle_punctuation(self._simplify(text)))
        decoded = Decoded(
            text="".join(piece.text for piece in pieces),
            speech_ms=cut.speech_end_ms - cut.speech_start_ms,
            avg_logprob=float(result.scores[0]),
            no_speech_probability=float(result.no_speech_prob),
            hit_cap=hit_cap,
        )
        return _Heard(decoded, pieces)

    def _features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The log-mel spectrogram, shape (mels, frames), 100 frames a second."""
        padded = np.pad(samples, (0, max(0, SHORTEST_SAMPLES - len(samples))))
        features: NDArray[np.float32] = self._model.feature_extractor(padded)
        return features[:, : len(padded) * FRAMES_PER_S // (SAMPLES_PER_MS * 1000)]

    def _utterance(self, cut: Cut, heard: _Heard) -> Utterance | None:
        pieces: list[Piece] = []
        if not is_invented(heard.decoded, self._bias):
            pieces = keep(heard.pieces, kept_characters(heard.decoded, self._bias))
        if not pieces:
            self.invented_count += 1
            return None
        words = to_words(pieces, cut)
        return Utterance(
            stream_id=cut.stream_id,
            start_ms=cut.speech_start_ms,
            end_ms=cut.speech_end_ms,
            text="".join(word.text for word in words),
            words=words,
            confidence=sum(word.probability for word in words) / len(words),
            model=self.model_name,
        )


def _length_ms(cut: Cut) -> int:
    if cut.samples.ndim != 1 or not len(cut.samples) or len(cut.samples) > LONGEST_CUT_MS * SAMPLES_PER_MS:
        raise WrongAudioError(
            f"a cut of stream {cut.stream_id!r} at {cut.start_ms} ms has shape {cut.samples.shape}; it must be mono,"
            f" not empty, and at most {LONGEST_CUT_MS} ms long"
        )
    return -(-len(cut.samples) // SAMPLES_PER_MS)

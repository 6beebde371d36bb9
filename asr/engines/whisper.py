"""Whisper through CTranslate2 in right-sized windows, many cuts to an encoder call."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray
from opencc import OpenCC

from asr.batching.buckets import Batch, plan_batches, token_cap
from asr.engines.weights import MODEL_FILE, WhisperWeights
from asr.errors import SpeechSettingsError, WeightsDamagedError
from asr.recogniser import (
    BEAM_SIZE,
    FULL_WINDOW_MS,
    LONGEST_CUT_MS,
    SAMPLES_PER_MS,
    SILENCE_AFTER_MS,
    Cut,
    RecognitionCounts,
    length_ms,
)
from asr.rescoring.candidates import SoundAlikes, candidates_in, rescored, with_word
from asr.transcript.hallucinations import Bias, Decoded, is_runaway, settle_punctuation
from asr.transcript.hotwords import fit_terms
from asr.transcript.utterances import PromptedTerms, Readings, to_utterance
from asr.transcript.words import Piece, respell
from asr.types import Utterance

LANGUAGE = "zh"
FRAMES_PER_S = 100
SAMPLES_PER_FRAME = SAMPLES_PER_MS * 1000 // FRAMES_PER_S
SHORTEST_SAMPLES = 400
TOKEN_LIMIT = 448
REMEMBERED_LISTS = 256
TOLD_BEAM_SIZE = 1
SCORED_AT_ONCE = 16
# What of the padding after a cut is shown where given texts are scored. A search that isn't shown all of it runs away.
SCORED_AFTER_MS = 500
ENCODED_MS = 20
LEAST_PROBABILITY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperSettings:
    """How Whisper runs. Device, compute type and batch size None: what suits the machine.

    No prompt by default: OpenCC gives simplified characters at no cost, and with base the usual prompt
    (以下是普通话的句子。) raised the character error from .145 to .177 on one test voice. Each beam's reading is given,
    at no measurable cost. `hotword_tokens` bounds what a cut's hotwords may take. Without `word_times` characters are
    spread evenly over the speech, which saves the alignment.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str | None = None
    cpu_threads: int = 1
    batch_size: int | None = None
    beam_size: int = BEAM_SIZE
    prompt: str = ""
    word_times: bool = True
    hotword_tokens: int = 120


class WhisperTranscriber:
    """A Recogniser for Mandarin; not for use by two threads at once."""

    def __init__(
        self, weights: WhisperWeights, settings: WhisperSettings | None = None, alikes: SoundAlikes | None = None
    ) -> None:
        """`alikes`: what finds words to listen for once more."""
        settings = settings or WhisperSettings()
        on_gpu = runs_on_gpu(settings.device)
        device = "cuda" if on_gpu else "cpu"
        compute_type = settings.compute_type or ("float16" if on_gpu else "int8")
        if on_gpu and not gpu_count():
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
        self.counts = RecognitionCounts()
        self._beam_size = settings.beam_size
        self._batch_size = settings.batch_size or (32 if on_gpu else 8)
        self._bias = Bias(prompt=settings.prompt)
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=LANGUAGE)
        self._previous_tokens: list[int] = self._tokenizer.encode(settings.prompt) if settings.prompt else []
        self._hotword_tokens = settings.hotword_tokens
        self._word_times = settings.word_times
        self._alikes = alikes
        longest = TOKEN_LIMIT - token_cap(LONGEST_CUT_MS)
        start_count = len(self._start("")) + self._hotword_tokens
        if start_count > longest:
            raise SpeechSettingsError(
                f"prompt and hotwords may take {start_count} tokens; at most {longest} leave room for speech:"
                " shorten the prompt or lower hotword_tokens"
            )
        self._terms: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._simplify = OpenCC("t2s").convert

    def transcribe(self, cuts: Sequence[Cut]) -> list[Utterance]:
        """The utterances in the order of their cuts; a cut in which nobody speaks gives none."""
        lengths_ms = [length_ms(cut) for cut in cuts]
        heard: dict[int, Utterance | None] = {}
        for batch in plan_batches(lengths_ms, batch_size=self._batch_size):
            heard.update(zip(batch.indices, self._recognised([cuts[i] for i in batch.indices], batch), strict=True))
        return [utterance for _, utterance in sorted(heard.items()) if utterance is not None]

    def _recognised(self, cuts: Sequence[Cut], batch: Batch) -> list[Utterance | None]:
        encoded = self._encode(cuts, batch.window_ms)
        heard = self._read(cuts, encoded, batch.token_cap)
        runaway = [row for row, readings in enumerate(heard) if is_runaway(readings.decoded)]
        if runaway and batch.window_ms < FULL_WINDOW_MS:
            self.counts.redecoded_count += len(runaway)
            again = [cuts[row] for row in runaway]
            full = self._encode(again, FULL_WINDOW_MS)
            for row, readings in zip(runaway, self._read(again, full, batch.token_cap), strict=True):
                heard[row] = readings
        for hotwords in dict.fromkeys(cut.hotwords for cut in cuts if cut.hotwords):
            rows = [row for row, cut in enumerate(cuts) if cut.hotwords == hotwords]
            terms = self._fitting(hotwords)
            if not terms:
                continue
            prompted = self._decode_prompted([cuts[row] for row in rows], _rows(encoded, rows), terms, batch.token_cap)
            for row, decoded in zip(rows, prompted, strict=True):
                heard[row] = replace(heard[row], prompted=PromptedTerms(decoded=decoded, terms=terms))
        utterances = [
            to_utterance(cut, readings, bias=self._bias, model=self.model_name, counts=self.counts)
            for cut, readings in zip(cuts, heard, strict=True)
        ]
        return self._rescore(cuts, encoded, batch.window_ms, utterances) if self._alikes else utterances

    def _rescore(
        self, cuts: Sequence[Cut], encoded: Any, window_ms: int, utterances: list[Utterance | None]
    ) -> list[Utterance | None]:
        """The utterances with the words that were listened for once more, on the sound as it was encoded."""
        assert self._alikes is not None
        candidates = {row: candidates_in(one, self._alikes) for row, one in enumerate(utterances) if one is not None}
        asked = [
            (row, text)
            for row, found in candidates.items()
            if found and (one := utterances[row])
            for text in (one.text, *(with_word(one.text, suspect) for suspect in found))
        ]
        if not asked:
            return utterances
        part_heard = _heard_part(encoded, window_ms)
        scores: dict[int, list[float]] = {}
        for start in range(0, len(asked), SCORED_AT_ONCE):
            part = asked[start : start + SCORED_AT_ONCE]
            frames = [max(SHORTEST_SAMPLES, len(cuts[row].samples)) // SAMPLES_PER_FRAME for row, _ in part]
            tokens = [self._tokenizer.encode(text) for _, text in part]
            sure = self._model.model.align(
                _on_cpu(part_heard[[row for row, _ in part]]), list(self._tokenizer.sot_sequence), tokens, frames
            )
            for (row, _), result in zip(part, sure, strict=True):
                logs = [math.log(max(LEAST_PROBABILITY, p)) for p in result.text_token_probs]
                scores.setdefault(row, []).append(sum(logs))
        for row, (as_heard, *others) in scores.items():
            one = utterances[row]
            if one is not None:
                reheard = rescored(candidates[row], [as_heard - other for other in others])
                utterances[row] = replace(one, reheard=reheard)
                self.counts.suspect_count += len(others)
                self.counts.reheard_count += len(reheard)
        return utterances

    def _encode(self, cuts: Sequence[Cut], window_ms: int) -> Any:
        features = [self._features(cut.samples) for cut in cuts]
        window = np.zeros((len(cuts), features[0].shape[0], window_ms * FRAMES_PER_S // 1000), np.float32)
        for row, feature in zip(window, features, strict=True):
            row[:, : feature.shape[1]] = feature[:, : row.shape[1]]
        return self._model.encode(window)

    def _read(self, cuts: Sequence[Cut], encoded: Any, cap: int) -> list[Readings]:
        results = self._search(encoded, self._start(""), cap, self._beam_size)
        pieces = self._aligned(cuts, encoded, results) if self._word_times else self._spread(cuts, results)
        return [
            Readings(
                decoded=self._decoded(cut, result, 0, cap, "".join(piece.text for piece in own)),
                pieces=own,
                alternatives=[self._decoded(cut, result, n, cap) for n in range(1, len(result.sequences_ids))],
            )
            for cut, result, own in zip(cuts, results, pieces, strict=True)
        ]

    def _decode_prompted(self, cuts: Sequence[Cut], encoded: Any, terms: tuple[str, ...], cap: int) -> list[Decoded]:
        """What is heard with the terms before the ear; greedy, which found as many as a beam at half the price."""
        results = self._search(encoded, self._start(" ".join(terms)), cap, TOLD_BEAM_SIZE)
        return [self._decoded(cut, result, 0, cap) for cut, result in zip(cuts, results, strict=True)]

    def _search(self, encoded: Any, start: list[int], cap: int, beam_size: int) -> list[Any]:
        """What the beam search gives for each row.

        CTranslate2 counts the prompt in `max_length` and stops at half of it whatever the prompt is: prompt + cap
        alone would cut the answer to about half its cap without a word.
        """
        results: list[Any] = self._model.model.generate(
            encoded,
            [start] * encoded.shape[0],
            beam_size=beam_size,
            num_hypotheses=beam_size,
            max_length=min(TOKEN_LIMIT, max(2 * cap, len(start) + cap)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        return results

    def _aligned(self, cuts: Sequence[Cut], encoded: Any, results: Sequence[Any]) -> list[list[Piece]]:
        """The best readings character by character, placed by where the decoder looked."""
        tokens = [self._text_tokens(result, 0) for result in results]
        frame_counts = [max(SHORTEST_SAMPLES, len(cut.samples)) // SAMPLES_PER_FRAME for cut in cuts]
        alignments = self._model.find_alignment(self._tokenizer, tokens, encoded, frame_counts)
        return [
            self._respelt(
                Piece(
                    text=word["word"],
                    start_s=float(word["start"]),
                    end_s=float(word["end"]),
                    probability=float(word["probability"]),
                )
                for word in words
            )
            for words in alignments
        ]

    def _spread(self, cuts: Sequence[Cut], results: Sequence[Any]) -> list[list[Piece]]:
        """The best readings character by character, as if spoken evenly and as sure as the whole."""
        spread = []
        for cut, result in zip(cuts, results, strict=True):
            words, _ = self._tokenizer.split_to_word_tokens(self._text_tokens(result, 0))
            start_s = (cut.speech_start_ms - cut.start_ms) / 1000
            step_s = (cut.speech_end_ms - cut.speech_start_ms) / 1000 / max(1, len(words))
            probability = math.exp(min(0.0, float(result.scores[0])))
            spread.append(
                self._respelt(
                    Piece(
                        text=word,
                        start_s=start_s + step_s * index,
                        end_s=start_s + step_s * (index + 1),
                        probability=probability,
                    )
                    for index, word in enumerate(words)
                )
            )
        return spread

    def _decoded(self, cut: Cut, result: Any, reading: int, cap: int, text: str | None = None) -> Decoded:
        ids = self._text_tokens(result, reading)
        return Decoded(
            text=self._spelt(self._tokenizer.decode(ids)) if text is None else text,
            speech_ms=cut.speech_end_ms - cut.speech_start_ms,
            avg_logprob=float(result.scores[reading]),
            no_speech_probability=float(result.no_speech_prob),
            hit_cap=len(ids) >= cap,
        )

    def _text_tokens(self, result: Any, reading: int) -> list[int]:
        return [token for token in result.sequences_ids[reading] if token < self._tokenizer.eot]

    def _respelt(self, pieces: Iterable[Piece]) -> list[Piece]:
        return respell(list(pieces), self._spelt)

    def _spelt(self, text: str) -> str:
        return settle_punctuation(self._simplify(text))

    def _start(self, hotwords: str) -> list[int]:
        """The tokens before the answer: prompt and hotwords if any, then Mandarin without timestamps."""
        start: list[int] = self._model.get_prompt(
            self._tokenizer, self._previous_tokens, without_timestamps=True, hotwords=hotwords or None
        )
        return start

    def _fitting(self, hotwords: tuple[str, ...]) -> tuple[str, ...]:
        if hotwords not in self._terms:
            if len(self._terms) == REMEMBERED_LISTS:
                self._terms.clear()
            self._terms[hotwords] = fit_terms(hotwords, self._token_count, self._hotword_tokens)
        return self._terms[hotwords]

    def _token_count(self, text: str) -> int:
        return len(self._tokenizer.encode(" " + text))

    def _features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The log-mel spectrogram, shape (mels, frames), 100 frames a second."""
        padded = np.pad(samples, (0, max(0, SHORTEST_SAMPLES - len(samples))))
        features: NDArray[np.float32] = self._model.feature_extractor(padded)
        return features[:, : len(padded) // SAMPLES_PER_FRAME]


def gpu_count() -> int:
    """How many GPUs CUDA can use here."""
    count: int = ctranslate2.get_cuda_device_count()
    return count


def runs_on_gpu(device: Literal["auto", "cpu", "cuda"]) -> bool:
    """Whether this choice of a device is a GPU here."""
    return device == "cuda" or (device == "auto" and gpu_count() > 0)


def _heard_part(encoded: Any, window_ms: int) -> NDArray[np.float32]:
    """An encoder's output without most of its padding, shape (rows, times, size): the same for all cuts of a bucket."""
    times = (window_ms - SILENCE_AFTER_MS + SCORED_AFTER_MS) // ENCODED_MS
    return _array(encoded)[:, :times]


def _rows(encoded: Any, rows: Sequence[int]) -> Any:
    """Rows of an encoder's output, any of them any number of times; itself if all in order."""
    if list(rows) == list(range(encoded.shape[0])):
        return encoded
    return _on_cpu(_array(encoded)[list(rows)])


def _array(encoded: Any) -> NDArray[np.float32]:
    return np.array(encoded.to_device(ctranslate2.Device.cpu))


def _on_cpu(array: NDArray[np.float32]) -> Any:
    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))

"""Real recognition of spoken lines, and nothing out of silence, noise and music."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from asr.engines.weights import WhisperWeights
from asr.engines.whisper import WhisperSettings, WhisperTranscriber
from asr.errors import SpeechSettingsError, WeightsDamagedError, WrongAudioError
from asr.recogniser import LONGEST_CUT_MS, Cut, Transcriber
from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from bench.cer import character_error_rate
from ingest.types import AudioSpan

PROMPT = "以下是普通话的句子。"
MakeCut = Callable[..., Cut]


@pytest.fixture(scope="module")
def prompted(weights: WhisperWeights) -> WhisperTranscriber:
    return WhisperTranscriber(weights, WhisperSettings(device="cpu", prompt=PROMPT))


def texts_of(transcriber: Transcriber, clips: Sequence[Any]) -> list[str]:
    cuts = []
    for index, clip in enumerate(clips):
        listener = StreamListener(str(index), SileroVad())
        cuts += listener.push([AudioSpan(stream_id=str(index), start_ms=0, samples=clip.samples)]) + listener.flush()
    texts = [""] * len(clips)
    for utterance in transcriber.transcribe(cuts):
        texts[int(utterance.stream_id)] += utterance.text
    return texts


def music(duration_s: int) -> NDArray[np.float32]:
    at_s = np.arange(duration_s * 16_000) / 16_000
    notes = 220 * 2 ** (np.array([0, 4, 7, 12, 9, 5])[(at_s * 3).astype(int) % 6] / 12)
    tones = sum(np.sin(2 * np.pi * np.cumsum(notes * k) / 16_000) / k for k in (1, 2, 3))
    return np.asarray(0.2 * tones * np.exp(-3 * (at_s * 3 % 1)), np.float32)


def noise(duration_s: int) -> NDArray[np.float32]:
    return np.random.default_rng(7).normal(0, 0.1, duration_s * 16_000).astype(np.float32)


NOT_SPEECH = [
    pytest.param(np.zeros(20 * 16_000, np.float32), id="silence"),
    pytest.param(noise(20), id="noise"),
    pytest.param(music(20), id="music"),
]


def test_clear_voices_are_recognised(transcriber: WhisperTranscriber, lines: list[Any], demo_lines: list[Any]) -> None:
    """The base model hears one of the test voices (zf_xiaoni) wrongly whatever decodes it; its bound is loose."""
    clips = [*lines, *demo_lines]
    texts = texts_of(transcriber, clips)
    for voice, bound in (("zf_xiaoxiao", 0.16), ("zm_yunyang", 0.22), ("zf_xiaoni", 0.6)):
        pairs = [(clip.text, text) for clip, text in zip(clips, texts, strict=True) if clip.voice == voice]
        assert character_error_rate(pairs) < bound, voice
    assert not any(set("這個們說來時點\ufffd") & set(text) for text in texts)


def test_utterances_have_ordered_words_on_the_stream_clock(
    transcriber: WhisperTranscriber, demo_lines: list[Any], cut_of: MakeCut
) -> None:
    (utterance,) = transcriber.transcribe([cut_of(demo_lines[1].samples, start_ms=90_000)])
    assert utterance.text == "".join(word.text for word in utterance.words)
    assert 0 < utterance.confidence <= 1
    assert utterance.model.startswith("whisper-base-mandarin/int8@d01c3014")
    starts = [word.start_ms for word in utterance.words]
    assert starts == sorted(starts)
    assert 90_000 <= starts[0] < 92_000
    assert starts[-1] > 90_000 + len(demo_lines[1].samples) // 16 // 2
    assert utterance.words[-1].end_ms <= utterance.end_ms


def test_cuts_of_many_streams_come_back_in_their_order_and_as_if_alone(
    transcriber: WhisperTranscriber, demo_lines: list[Any], cut_of: MakeCut
) -> None:
    cuts = [cut_of(demo_lines[i].samples, stream_id=f"s{i}") for i in (5, 0, 7)]
    together = transcriber.transcribe(cuts)
    assert [utterance.stream_id for utterance in together] == ["s5", "s0", "s7"]
    (alone,) = transcriber.transcribe(cuts[1:2])
    assert alone.text == together[1].text


@pytest.mark.parametrize("samples", NOT_SPEECH)
def test_nothing_is_cut_out_of(samples: NDArray[np.float32]) -> None:
    listener = StreamListener("s1", SileroVad())
    assert listener.push([AudioSpan(stream_id="s1", start_ms=0, samples=samples)]) + listener.flush() == []


@pytest.mark.parametrize("samples", NOT_SPEECH)
def test_the_prompt_never_leaks_even_past_the_detector(
    prompted: WhisperTranscriber, samples: NDArray[np.float32], cut_of: MakeCut
) -> None:
    texts = [utterance.text for utterance in prompted.transcribe([cut_of(samples[: 8 * 16_000])])]
    assert not any(PROMPT[:4] in text or "普通话" in text or "字幕" in text for text in texts), texts


def test_output_that_ran_away_is_decoded_again(
    weights: WhisperWeights, cut_of: MakeCut, monkeypatch: pytest.MonkeyPatch, demo_lines: list[Any]
) -> None:
    monkeypatch.setattr("asr.batching.buckets.token_cap", lambda speech_ms: 5)
    transcriber = WhisperTranscriber(weights, WhisperSettings(device="cpu"))
    (utterance,) = transcriber.transcribe([cut_of(demo_lines[7].samples)])
    assert (transcriber.counts.cut_count, transcriber.counts.redecoded_count) == (1, 1)
    assert 3 <= len(utterance.text) <= 6


def test_no_cuts_give_no_utterances(transcriber: WhisperTranscriber) -> None:
    assert transcriber.transcribe([]) == []


def test_a_very_short_cut_does_no_harm(transcriber: WhisperTranscriber, cut_of: MakeCut) -> None:
    transcriber.transcribe([cut_of(np.zeros(100, np.float32))])


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros(0, np.float32), id="empty"),
        pytest.param(np.zeros((16_000, 2), np.float32), id="stereo"),
        pytest.param(np.zeros((LONGEST_CUT_MS + 1) * 16, np.float32), id="too long"),
    ],
)
def test_cuts_that_cannot_be_recognised_are_refused(
    transcriber: WhisperTranscriber, cut_of: MakeCut, samples: NDArray[np.float32]
) -> None:
    with pytest.raises(WrongAudioError, match="s1"):
        transcriber.transcribe([cut_of(samples)])


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(WhisperSettings(device="cpu", prompt="国家级销量第一" * 40), id="a long prompt"),
        pytest.param(WhisperSettings(device="cpu", hotword_tokens=400), id="much room for hotwords"),
    ],
)
def test_a_prompt_that_leaves_no_room_for_speech_is_refused(weights: WhisperWeights, settings: WhisperSettings) -> None:
    with pytest.raises(SpeechSettingsError, match="tokens"):
        WhisperTranscriber(weights, settings)


def test_an_unsupported_compute_type_is_refused(weights: WhisperWeights) -> None:
    with pytest.raises(SpeechSettingsError, match="int3"):
        WhisperTranscriber(weights, WhisperSettings(device="cpu", compute_type="int3"))


def test_weights_that_do_not_load_are_named(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(WeightsDamagedError, match=r"model\.bin"):
        WhisperTranscriber(WhisperWeights(name="w", folder=tmp_path, sha256="0"), WhisperSettings(device="cpu"))

"""What a live room does to speech: no crash, no invented text, memory flat, no word cut in two."""

import resource
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.engines.whisper import WhisperTranscriber
from asr.recogniser import Cut
from asr.segmentation.endpointing import EndpointSettings
from asr.segmentation.listener import StreamListener
from asr.segmentation.vad import SileroVad
from asr.types import Utterance
from bench.cer import character_error_rate, edits, fold
from ingest.decode.decoder import SegmentDecoder
from ingest.types import AudioSpan, Segment
from tests.asr import sounds
from tests.asr.sounds import RATE_HZ, Samples
from tests.ingest.support import run_ffmpeg

MakeCut = Callable[..., Cut]
MINUTES = 20
NOT_SPEECH = [
    pytest.param(sounds.silence(20), id="silence"),
    pytest.param(sounds.white_noise(20), id="white noise"),
    pytest.param(sounds.white_noise(20, 0.5), id="loud noise"),
    pytest.param(sounds.pink_noise(20), id="pink noise"),
    pytest.param(sounds.music(30), id="music"),
    pytest.param(sounds.clipped(sounds.music(20)), id="distorted music"),
    pytest.param(sounds.by_telephone(sounds.music(20)), id="music by telephone"),
]


def cuts_of(samples: Samples, stream_id: str = "s1") -> list[Cut]:
    listener = StreamListener(stream_id, SileroVad())
    step = 2 * RATE_HZ
    cuts: list[Cut] = []
    for first in range(0, len(samples), step):
        span = AudioSpan(stream_id=stream_id, start_ms=first * 1000 // RATE_HZ, samples=samples[first : first + step])
        cuts += listener.push([span])
    return cuts + listener.flush()


def text_of(utterances: Sequence[Utterance]) -> str:
    return "".join(utterance.text for utterance in utterances)


@pytest.mark.parametrize("samples", NOT_SPEECH)
def test_nothing_is_said_where_nobody_speaks(samples: Samples) -> None:
    assert cuts_of(samples) == []


@pytest.mark.parametrize("samples", NOT_SPEECH)
def test_nothing_is_made_up_even_past_the_detector(
    transcriber: WhisperTranscriber, cut_of: MakeCut, samples: Samples
) -> None:
    assert transcriber.transcribe([cut_of(samples[: 8 * RATE_HZ])]) == []


SPOILT: list[Any] = [
    pytest.param(sounds.clipped, id="clipping"),
    pytest.param(sounds.by_telephone, id="8 kHz band"),
    pytest.param(lambda samples: np.asarray(samples * 0.02, np.float32), id="34 dB fainter"),
    pytest.param(lambda samples: sounds.over(samples, sounds.music(12), 0.3), id="music below"),
    pytest.param(lambda samples: sounds.over(samples, sounds.white_noise(12), 0.1), id="noise below"),
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_spoilt_speech_is_heard_and_nothing_is_added(
    transcriber: WhisperTranscriber, demo_lines: list[Any], spoil: Callable[[Samples], Samples]
) -> None:
    said, heard = "", ""
    for line in demo_lines[2:4]:
        said += line.text
        heard += text_of(transcriber.transcribe(cuts_of(spoil(line.samples))))
    assert character_error_rate([(said, heard)]) < 0.3
    assert len(fold(heard)) <= 1.1 * len(fold(said))


@pytest.mark.parametrize("dead", ["FL=c0|FR=0*c0", "FL=0*c0|FR=c0"], ids=["right channel dead", "left channel dead"])
def test_one_live_channel_of_two_is_heard(
    transcriber: WhisperTranscriber, demo_lines: list[Any], tmp_path: Path, dead: str
) -> None:
    line = demo_lines[2]
    raw, path = tmp_path / "line.f32", tmp_path / "stereo.ts"
    raw.write_bytes(line.samples.tobytes())
    filters = f"aformat=channel_layouts=mono,pan=stereo|{dead}"
    run_ffmpeg("-f", "f32le", "-ar", "16000", "-ac", "1", "-i", raw, "-af", filters, "-c:a", "aac", "-b:a", "96k", path)
    end_ms = len(line.samples) // 16
    segment = Segment(
        stream_id="s1",
        sequence=0,
        epoch=0,
        path=path,
        start_ms=0,
        end_ms=end_ms,
        source_start_ms=1_400,
        received_at_ms=0,
        byte_count=path.stat().st_size,
        sha256="",
        chain_sha256="",
        gap_before_ms=0,
    )
    listener = StreamListener("s1", SileroVad())
    cuts = listener.push(SegmentDecoder().decode(segment).audio) + listener.flush()
    assert character_error_rate([(line.text, text_of(transcriber.transcribe(cuts)))]) < 0.3


@pytest.mark.parametrize("share", [0.2, 0.37, 0.55, 0.8])
def test_a_stream_that_ends_in_a_word_gives_what_was_said_so_far(
    transcriber: WhisperTranscriber, demo_lines: list[Any], share: float
) -> None:
    line = demo_lines[3]
    samples = line.samples[: int(len(line.samples) * share)]
    heard = fold(text_of(transcriber.transcribe(cuts_of(samples))))
    said = fold(line.text)
    assert len(heard) <= share * len(said) + 5
    nearest = min(edits(heard, said[:length]) for length in range(len(said) + 1))
    assert nearest <= 0.3 * len(heard) + 2


def test_speech_without_a_pause_is_cut_only_where_it_is_quiet_and_memory_is_flat(
    lines: list[Any], demo_lines: list[Any]
) -> None:
    """Twenty minutes; the level at the cuts beside that of any moment, within 15 ms to each side."""
    talk = np.concatenate([sounds.without_pauses(line.samples) for line in (*lines, *demo_lines)])
    samples = np.tile(talk, MINUTES * 60 * RATE_HZ // len(talk) + 1)[: MINUTES * 60 * RATE_HZ]
    listener = StreamListener("s1", SileroVad())
    cuts: list[Cut] = []
    most_buffered_ms, used_kb = 0, []
    for first in range(0, len(samples), 2 * RATE_HZ):
        span = AudioSpan(stream_id="s1", start_ms=first // 16, samples=samples[first : first + 2 * RATE_HZ])
        cuts += [_without_samples(cut) for cut in listener.push([span])]
        most_buffered_ms = max(most_buffered_ms, listener.buffered_ms)
        used_kb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    cuts += [_without_samples(cut) for cut in listener.flush()]
    cap_ms = EndpointSettings().cap_ms
    assert most_buffered_ms <= cap_ms + 2_000
    assert used_kb[-1] - used_kb[len(used_kb) // 4] < 10_000
    assert MINUTES * 60_000 // cap_ms <= len(cuts) <= MINUTES * 60_000 // 5_000
    assert all(before.end_ms == after.start_ms for before, after in pairwise(cuts))
    level = np.sqrt(np.convolve(np.square(samples), np.ones(480) / 480, "same"))
    at_cuts = np.array([level[cut.end_ms * 16] for cut in cuts[:-1]]) / np.median(level)
    assert np.percentile(at_cuts, 90) < 0.1
    assert at_cuts.max() < 0.3


@pytest.mark.slow
def test_twenty_minutes_without_a_pause_are_recognised_in_flat_memory(
    transcriber: WhisperTranscriber, demo_lines: list[Any]
) -> None:
    spoken = [line for line in demo_lines if line.voice == "zf_xiaoxiao"]
    talk = np.concatenate([sounds.without_pauses(line.samples) for line in spoken])
    rounds = MINUTES * 60 * RATE_HZ // len(talk) + 1
    listener = StreamListener("s1", SileroVad())
    heard, used_kb = "", []
    samples = np.tile(talk, rounds)
    for first in range(0, len(samples), 2 * RATE_HZ):
        span = AudioSpan(stream_id="s1", start_ms=first // 16, samples=samples[first : first + 2 * RATE_HZ])
        heard += text_of(transcriber.transcribe(listener.push([span])))
        used_kb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    heard += text_of(transcriber.transcribe(listener.flush()))
    assert used_kb[-1] - used_kb[len(used_kb) // 4] < 50_000
    said = "".join(line.text for line in spoken)
    assert character_error_rate([(said * rounds, heard)]) < 0.25


def _without_samples(cut: Cut) -> Cut:
    return Cut(
        stream_id=cut.stream_id,
        start_ms=cut.start_ms,
        end_ms=cut.end_ms,
        speech_start_ms=cut.speech_start_ms,
        speech_end_ms=cut.speech_end_ms,
        samples=np.zeros(1, np.float32),
    )

"""Where utterances begin and end, frame by frame."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.errors import SpeechSettingsError
from asr.segmentation.endpointing import FRAME_MS, Endpointer, EndpointSettings, FrameRange, VadFrame

DEFAULTS = EndpointSettings()
SHORT_CAP = EndpointSettings(cap_ms=4_000)


def frames(*runs: tuple[float, int], level: float = 0.1) -> list[VadFrame]:
    return [VadFrame(probability, level) for probability, count in runs for _ in range(count)]


def cut(heard: list[VadFrame], with_settings: EndpointSettings = DEFAULTS) -> list[FrameRange]:
    endpointer = Endpointer(with_settings)
    return endpointer.push(heard) + endpointer.close()


speech_like = st.lists(
    st.tuples(st.sampled_from([0.02, 0.1, 0.36, 0.45, 0.5, 0.8, 0.99]), st.integers(1, 40), st.floats(0, 1)),
    max_size=30,
).map(lambda runs: [VadFrame(p, level) for p, count, level in runs for _ in range(count)])


def test_a_pause_ends_the_utterance_and_rolls_are_kept_around_it() -> None:
    assert cut(frames((0, 20), (0.9, 30), (0, 20))) == [FrameRange(start=10, end=59, speech_start=20, speech_end=50)]


def test_an_utterance_is_given_out_as_soon_as_the_pause_is_long_enough() -> None:
    endpointer = Endpointer(DEFAULTS)
    assert endpointer.push(frames((0.9, 30), (0, 9))) == []
    assert len(endpointer.push(frames((0, 1)))) == 1


def test_a_short_breath_ends_nothing() -> None:
    assert len(cut(frames((0.9, 30), (0, 9), (0.9, 30), (0, 20)))) == 1


def test_half_sure_frames_prolong_speech_but_do_not_begin_it() -> None:
    assert cut(frames((0.4, 50))) == []
    (spoken,) = cut(frames((0.9, 10), (0.4, 40), (0, 20)))
    assert spoken.speech_end == 50


def test_a_click_is_no_utterance() -> None:
    assert cut(frames((0, 20), (0.9, 2), (0, 20))) == []


def test_rolls_of_neighbours_do_not_overlap() -> None:
    first, second = cut(frames((0.9, 20), (0, 10), (0.9, 20), (0, 10)))
    assert first.end == 29
    assert second.start == 29


def test_speech_without_pause_is_cut_at_its_deepest_dip() -> None:
    cap_frames = DEFAULTS.cap_ms // FRAME_MS
    dip = cap_frames // 2 + 60
    heard = frames((0.99, dip), (0.6, 3), (0.99, cap_frames))
    first, second = cut(heard)[:2]
    assert first.end == second.start
    assert dip <= first.end < dip + 3


def test_between_equally_sure_frames_the_quietest_is_the_dip() -> None:
    loud = frames((0.99, 500))
    quiet_at = DEFAULTS.cap_ms // FRAME_MS - 100
    loud[quiet_at : quiet_at + 3] = frames((0.99, 3), level=0.001)
    assert quiet_at <= cut(loud)[0].end < quiet_at + 3


def test_a_short_rest_after_the_cap_is_not_lost() -> None:
    cap_frames = DEFAULTS.cap_ms // FRAME_MS
    heard = frames((0.99, cap_frames - 40), (0.01, 8), (0.99, 2), (0, 60))
    assert cut(heard)[-1].speech_end >= cap_frames - 30


@settings(deadline=None)
@given(speech_like, st.lists(st.integers(0, 50), max_size=20), st.sampled_from([DEFAULTS, SHORT_CAP]))
def test_chunking_makes_no_difference(
    heard: list[VadFrame], chunk_sizes: list[int], with_settings: EndpointSettings
) -> None:
    endpointer = Endpointer(with_settings)
    ranges, position = [], 0
    for size in [*chunk_sizes, len(heard)]:
        ranges += endpointer.push(heard[position : position + size])
        position += size
        assert endpointer.oldest_needed >= (ranges[-1].end if ranges else 0)
    assert ranges + endpointer.close() == cut(heard, with_settings)


@settings(deadline=None)
@given(speech_like, st.sampled_from([DEFAULTS, SHORT_CAP]))
def test_cuts_never_overlap_and_none_is_too_long(heard: list[VadFrame], with_settings: EndpointSettings) -> None:
    ranges = cut(heard, with_settings)
    for before, after in pairwise(ranges):
        assert before.end <= after.start
    for spoken in ranges:
        assert 0 <= spoken.start <= spoken.speech_start < spoken.speech_end <= spoken.end <= len(heard)
        assert spoken.end - spoken.start <= with_settings.cap_ms // FRAME_MS


@settings(deadline=None)
@given(speech_like, st.sampled_from([DEFAULTS, SHORT_CAP]))
def test_no_speech_is_lost_but_short_bursts(heard: list[VadFrame], with_settings: EndpointSettings) -> None:
    kept = {index for spoken in cut(heard, with_settings) for index in range(spoken.speech_start, spoken.speech_end)}
    spoken = [index for index, frame in enumerate(heard) if frame.probability >= with_settings.threshold]
    shortest = -(-with_settings.min_speech_ms // FRAME_MS)
    for index in set(spoken) - kept:
        burst = [other for other in spoken if abs(other - index) < with_settings.pause_ms // FRAME_MS]
        assert len(burst) < shortest


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"release": 0.7}, id="release above threshold"),
        pytest.param({"post_roll_ms": 400}, id="roll longer than the pause"),
        pytest.param({"cap_ms": 28_000}, id="cap leaves no room in the window"),
        pytest.param({"cap_ms": 900}, id="cap too short to look for a dip"),
        pytest.param({"min_speech_ms": 5_000}, id="every utterance too short"),
    ],
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SpeechSettingsError):
        EndpointSettings(**wrong)  # type: ignore[arg-type]

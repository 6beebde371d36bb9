"""When an utterance ends: a pure state machine over the frames of a voice activity detector."""

from collections.abc import Sequence
from dataclasses import dataclass

from asr.errors import SpeechSettingsError
from asr.recogniser import LONGEST_CUT_MS

FRAME_SAMPLES = 512
FRAME_MS = 32
DIP_MARGIN_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """When speech begins, when it ends, and how much is kept around it.

    Speech begins at `threshold` and lasts until the probability stays under `release` for `pause_ms`. At `cap_ms`
    an utterance is cut at its deepest dip. Measured: 300 ms of pause and a cap of 12 s cut 40 sentences into 40;
    bursts that plucked notes set off hold up to 160 ms of speech, rarely 256, sentences 450 and more.
    """

    threshold: float = 0.5
    release: float = 0.35
    pause_ms: int = 320
    cap_ms: int = 12_000
    pre_roll_ms: int = 320
    post_roll_ms: int = 288
    min_speech_ms: int = 192

    def __post_init__(self) -> None:
        if not 0 < self.release <= self.threshold < 1:
            raise SpeechSettingsError(
                f"release {self.release} and threshold {self.threshold} must be 0 < release ≤ threshold < 1"
            )
        if not 0 <= self.post_roll_ms <= self.pause_ms or self.pause_ms < FRAME_MS:
            raise SpeechSettingsError(
                f"post_roll_ms {self.post_roll_ms} must lie within pause_ms {self.pause_ms}, at least {FRAME_MS}"
            )
        if not max(4 * DIP_MARGIN_MS, 4 * self.pause_ms) <= self.cap_ms <= LONGEST_CUT_MS:
            raise SpeechSettingsError(
                f"cap_ms {self.cap_ms} must be at least 4 s and four pauses, and at most {LONGEST_CUT_MS}"
            )
        if not (0 <= self.pre_roll_ms <= DIP_MARGIN_MS and 0 <= self.min_speech_ms <= DIP_MARGIN_MS):
            raise SpeechSettingsError(
                f"pre_roll_ms {self.pre_roll_ms} and min_speech_ms {self.min_speech_ms} must lie in 0–{DIP_MARGIN_MS}"
            )


@dataclass(frozen=True, slots=True)
class VadFrame:
    """512 samples as the detector saw them: probability of speech in [0, 1], and level as root mean square."""

    probability: float
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRange:
    """An utterance in frames since the start of the run: half-open, with rolls and without."""

    start: int
    end: int
    speech_start: int
    speech_end: int


@dataclass(slots=True)
class _Open:
    """An utterance that has begun."""

    start: int
    speech_start: int
    speech_end: int
    speech_frame_count: int
    continues: bool


class Endpointer:
    """Cuts one run of contiguous frames into utterances; how the frames are chunked makes no difference.

    Every frame at or above the threshold ends up in one range, except in bursts shorter than `min_speech_ms`.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._pause = _frames(settings.pause_ms)
        self._cap = settings.cap_ms // FRAME_MS
        self._margin = _frames(DIP_MARGIN_MS)
        self._frame_count = 0
        self._previous_end = 0
        self._previous_was_capped = False
        self._open: _Open | None = None
        self._open_frames: list[VadFrame] = []

    @property
    def oldest_needed(self) -> int:
        """The first frame that a later range may still contain."""
        if self._open is not None:
            return self._open.start
        return max(self._previous_end, self._frame_count - _frames(self._settings.pre_roll_ms))

    def push(self, frames: Sequence[VadFrame]) -> list[FrameRange]:
        """The utterances that these frames complete."""
        ranges: list[FrameRange] = []
        for frame in frames:
            ranges.extend(self._step(frame))
        return ranges

    def close(self) -> list[FrameRange]:
        """The utterance that was still open; nothing may be heard afterwards."""
        return self._end_utterance() if self._open is not None else []

    def _step(self, frame: VadFrame) -> list[FrameRange]:
        index = self._frame_count
        self._frame_count += 1
        is_speech = frame.probability >= self._settings.threshold
        if self._open is None:
            if is_speech:
                self._begin(index)
                self._open_frames.append(frame)
            return []
        self._open_frames.append(frame)
        if is_speech:
            self._open.speech_end = index + 1
            self._open.speech_frame_count += 1
        elif frame.probability >= self._settings.release and self._open.speech_end == index:
            self._open.speech_end = index + 1
        if index + 1 - self._open.speech_end >= self._pause:
            return self._end_utterance()
        if index + 1 - self._open.start >= self._cap:
            return self._cut_at_dip(self._open)
        return []

    def _begin(self, index: int) -> None:
        start = max(self._previous_end, index - _frames(self._settings.pre_roll_ms))
        self._open = _Open(
            start=start,
            speech_start=index,
            speech_end=index + 1,
            speech_frame_count=1,
            continues=self._previous_was_capped and index - self._previous_end < self._pause,
        )

    def _end_utterance(self) -> list[FrameRange]:
        spoken = self._open
        if spoken is None:
            return []
        self._open = None
        self._open_frames = []
        self._previous_was_capped = False
        if spoken.speech_frame_count < _frames(self._settings.min_speech_ms) and not spoken.continues:
            return []
        self._previous_end = min(self._frame_count, spoken.speech_end + _frames(self._settings.post_roll_ms))
        return [_range(spoken, self._previous_end)]

    def _cut_at_dip(self, spoken: _Open) -> list[FrameRange]:
        """Cuts where speech is weakest in the later half, and hears what follows the cut anew."""
        begun = self._frame_count - len(self._open_frames)
        dip = begun + _deepest_dip(
            self._open_frames, spoken.start - begun + self._cap // 2, spoken.start - begun + self._cap - self._margin
        )
        rest = self._open_frames[dip - begun :]
        before = self._open_frames[: dip - begun]
        last_speech = max(i for i, frame in enumerate(before) if frame.probability >= self._settings.threshold)
        spoken.speech_end = begun + last_speech + 1
        self._open = None
        self._open_frames = []
        self._previous_end = dip
        self._previous_was_capped = True
        self._frame_count = dip
        return [_range(spoken, dip), *self.push(rest)]


def _deepest_dip(frames: Sequence[VadFrame], first: int, last: int) -> int:
    """The index in [first, last) where probability times level, over three frames, is least."""
    strength = [frame.probability * frame.level for frame in frames]
    return min(range(first, last), key=lambda i: sum(strength[i - 1 : i + 2]))


def _range(spoken: _Open, end: int) -> FrameRange:
    return FrameRange(start=spoken.start, end=end, speech_start=spoken.speech_start, speech_end=spoken.speech_end)


def _frames(duration_ms: int) -> int:
    return -(-duration_ms // FRAME_MS)

"""From a stream's audio to cuts: what one stream must remember between two segments."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr.errors import WrongAudioError
from asr.recogniser import SAMPLES_PER_MS, Cut
from asr.segmentation.endpointing import FRAME_SAMPLES, Endpointer, EndpointSettings, FrameRange, VadFrame
from ingest.types import AudioSpan

CONTIGUOUS_WITHIN_MS = 40
ROUNDING_MS = 2


class SpeechDetector(Protocol):
    """Frame by frame probability of speech, with a memory; `lag_frames`: how late it sees speech begin and end."""

    lag_frames: int

    def reset(self) -> None:
        """Forgets what was heard."""
        ...

    def probabilities(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """One probability in [0, 1] for each frame; takes shape (frames, 512)."""
        ...


class _Run:
    """Contiguous audio, its place on the stream clock, and the state machine that cuts it."""

    def __init__(self, start_ms: int, settings: EndpointSettings) -> None:
        self.endpointer = Endpointer(settings)
        self.audio: NDArray[np.float32] = np.zeros(0, np.float32)
        self.first_sample = 0
        self.framed_sample_count = 0
        self.framed = 0
        self.anchors: list[tuple[int, int]] = [(0, start_ms)]

    @property
    def sample_count(self) -> int:
        return self.first_sample + len(self.audio)

    def at_ms(self, sample: int) -> int:
        """Where this sample lies on the stream clock."""
        anchor_sample, anchor_ms = self.anchors[max(0, bisect_right(self.anchors, (sample, 1 << 62)) - 1)]
        return anchor_ms + round((sample - anchor_sample) / SAMPLES_PER_MS)

    def append(self, samples: NDArray[np.float32], start_ms: int) -> None:
        if abs(start_ms - self.at_ms(self.sample_count)) > ROUNDING_MS:
            self.anchors.append((self.sample_count, start_ms))
        self.audio = np.concatenate((self.audio, samples))

    def take_frames(self) -> NDArray[np.float32]:
        """The whole frames that were not taken yet, shape (frames, 512)."""
        start = self.framed_sample_count - self.first_sample
        count = (len(self.audio) - start) // FRAME_SAMPLES
        self.framed_sample_count += count * FRAME_SAMPLES
        return self.audio[start : start + count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)

    def take_last_frame(self) -> NDArray[np.float32]:
        """What is left, padded with silence to a frame; shape (0 or 1, 512)."""
        rest = self.audio[self.framed_sample_count - self.first_sample :]
        if not len(rest):
            return np.zeros((0, FRAME_SAMPLES), np.float32)
        return np.pad(rest, (0, FRAME_SAMPLES - len(rest))).reshape(1, FRAME_SAMPLES)

    def forget_old(self) -> None:
        keep_from = self.endpointer.oldest_needed * FRAME_SAMPLES
        self.audio = self.audio[keep_from - self.first_sample :]
        self.first_sample = keep_from
        while len(self.anchors) > 1 and self.anchors[1][0] <= keep_from:
            del self.anchors[0]


class StreamListener:
    """Hears one stream's audio in order and gives back cuts at pauses, across segment borders.

    A gap closes the open utterance; audio that was heard before (a segment handed over twice) is skipped and counted
    in `repeated_ms`; samples that are no numbers are taken as silence and counted in `repaired_sample_count`.
    """

    def __init__(self, stream_id: str, detector: SpeechDetector, settings: EndpointSettings | None = None) -> None:
        self.stream_id = stream_id
        self.repeated_ms = 0
        self.repaired_sample_count = 0
        self._detector = detector
        self._settings = settings or EndpointSettings()
        self._run: _Run | None = None
        self._heard_until_ms = 0
        self._cut_until_ms = 0
        self._spoken: list[tuple[int, int]] = []

    @property
    def buffered_ms(self) -> int:
        """How much audio is held back for the utterance that is open or may begin."""
        return len(self._run.audio) // SAMPLES_PER_MS if self._run else 0

    def push(self, spans: Sequence[AudioSpan]) -> list[Cut]:
        """The cuts that these spans complete."""
        cuts: list[Cut] = []
        for span in spans:
            cuts.extend(self._push_span(span))
        return cuts

    def take_spoken(self) -> tuple[tuple[int, int], ...]:
        """From when to when speech was detected since this was last asked, in order, whatever became of it."""
        spoken, self._spoken = self._spoken, []
        return tuple(spoken)

    def flush(self) -> list[Cut]:
        """The utterance that was still open, as when the stream ends."""
        run, self._run = self._run, None
        if run is None:
            return []
        ranges = self._advance(run, run.take_last_frame())
        ranges.extend(run.endpointer.close())
        self._detector.reset()
        return [self._cut(run, spoken) for spoken in ranges]

    def _push_span(self, span: AudioSpan) -> list[Cut]:
        if span.stream_id != self.stream_id or span.samples.ndim != 1:
            raise WrongAudioError(
                f"audio of stream {span.stream_id!r}, shape {span.samples.shape}, was handed to the listener of"
                f" {self.stream_id!r}; give each stream its own listener and mono samples"
            )
        samples, start_ms = self._new_part(span)
        if not len(samples):
            return []
        cuts: list[Cut] = []
        if self._run is not None and start_ms - self._heard_until_ms > CONTIGUOUS_WITHIN_MS:
            cuts = self.flush()
        if self._run is None:
            self._run = _Run(start_ms, self._settings)
        run = self._run
        run.append(self._repaired(samples), start_ms)
        self._heard_until_ms = run.at_ms(run.sample_count)
        cuts.extend(self._cut(run, spoken) for spoken in self._advance(run, run.take_frames()))
        run.forget_old()
        return cuts

    def _new_part(self, span: AudioSpan) -> tuple[NDArray[np.float32], int]:
        repeated_ms = self._heard_until_ms - span.start_ms
        if repeated_ms <= CONTIGUOUS_WITHIN_MS:
            return span.samples, span.start_ms
        new = span.samples[repeated_ms * SAMPLES_PER_MS :]
        self.repeated_ms += (len(span.samples) - len(new)) // SAMPLES_PER_MS
        return new, self._heard_until_ms

    def _repaired(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        finite = np.isfinite(samples)
        self.repaired_sample_count += int(samples.size - np.count_nonzero(finite))
        return np.where(finite, samples, np.float32(0)).clip(-1, 1).astype(np.float32, copy=False)

    def _advance(self, run: _Run, frames: NDArray[np.float32]) -> list[FrameRange]:
        levels = np.sqrt(np.mean(np.square(frames), axis=1))
        probabilities = self._detector.probabilities(frames)
        self._note_spoken(run, probabilities)
        run.framed = run.framed + len(frames)
        return run.endpointer.push([VadFrame(float(p), float(r)) for p, r in zip(probabilities, levels, strict=True)])

    def _note_spoken(self, run: _Run, probabilities: NDArray[np.float32]) -> None:
        for index in np.flatnonzero(probabilities >= self._settings.threshold):
            start_ms = self._spoken_at_ms(run, run.framed + int(index))
            end_ms = self._spoken_at_ms(run, run.framed + int(index) + 1)
            if self._spoken and start_ms - self._spoken[-1][1] <= ROUNDING_MS:
                self._spoken[-1] = self._spoken[-1][0], max(end_ms, self._spoken[-1][1])
            elif end_ms > start_ms:
                self._spoken.append((start_ms, end_ms))

    def _cut(self, run: _Run, spoken: FrameRange) -> Cut:
        first = spoken.start * FRAME_SAMPLES
        end = min(spoken.end * FRAME_SAMPLES, run.sample_count)
        start_ms = max(run.at_ms(first), self._cut_until_ms)
        end_ms = max(run.at_ms(end), start_ms)
        self._cut_until_ms = end_ms
        return Cut(
            stream_id=self.stream_id,
            start_ms=start_ms,
            end_ms=end_ms,
            speech_start_ms=min(max(self._spoken_at_ms(run, spoken.speech_start), start_ms), end_ms),
            speech_end_ms=min(max(self._spoken_at_ms(run, spoken.speech_end), start_ms), end_ms),
            samples=run.audio[first - run.first_sample : end - run.first_sample].copy(),
        )

    def _spoken_at_ms(self, run: _Run, frame: int) -> int:
        return run.at_ms(max(0, frame - self._detector.lag_frames) * FRAME_SAMPLES)

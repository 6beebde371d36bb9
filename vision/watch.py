"""Watches one stream's screen: key frames in, texts out, read only when the text has changed."""

from collections.abc import Sequence

from ingest.types import Frame
from vision.change import LastRead, ReadReason, note_read, reason_to_read, stroke_map
from vision.reader import TextReader
from vision.track import ScreenTracker
from vision.types import FrameText


class StreamWatcher:
    """The sight of one stream; frames come in the order of their time."""

    def __init__(self, stream_id: str, reader: TextReader) -> None:
        self._reader = reader
        self._tracker = ScreenTracker(stream_id, reader.model)
        self._last_read: LastRead | None = None
        self.frame_count = 0
        self.read_counts: dict[ReadReason, int] = dict.fromkeys(ReadReason, 0)

    @property
    def read_count(self) -> int:
        """How many frames were read, of `frame_count` that came."""
        return sum(self.read_counts.values())

    def watch(self, frames: Sequence[Frame]) -> list[FrameText]:
        """The texts newly confirmed by these frames; raises what the reader raises."""
        return [text for frame in frames for text in self._see(frame)]

    def finish(self) -> list[FrameText]:
        """The texts that were seen but not handed on when the stream ended."""
        self._last_read = None
        return self._tracker.flush()

    def _see(self, frame: Frame) -> list[FrameText]:
        self.frame_count += 1
        strokes = stroke_map(frame.image)
        reason = reason_to_read(self._last_read, strokes, frame.at_ms)
        if reason is None:
            return self._tracker.stand(frame.at_ms)
        self.read_counts[reason] += 1
        [lines] = self._reader.read([frame.image])
        texts = self._tracker.see(frame.at_ms, lines)
        self._last_read = note_read(self._last_read, strokes, frame.at_ms, [line.box for line in lines])
        return texts

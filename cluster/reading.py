"""Reading the screen as a stage: key frames in, passages out."""

from collections.abc import Sequence

from claims.passages import from_frame_text
from claims.types import Passage
from ingest.types import Frame
from vision.rapid import RapidReader
from vision.watch import StreamWatcher


class Reading:
    """Reads the screens of streams; one reader serves them all."""

    def __init__(self, *, device: str, threads: int, max_side_px: int) -> None:
        self._reader = RapidReader(device=device, threads=threads, max_side_px=max_side_px)  # type: ignore[arg-type]
        self._watchers: dict[str, StreamWatcher] = {}

    @property
    def model(self) -> str:
        """The reader as findings name it."""
        return self._reader.model

    def read(self, stream_id: str, frames: Sequence[Frame]) -> list[Passage]:
        """The passages newly shown in these frames."""
        return [from_frame_text(t) for t in self._watcher(stream_id).watch(frames)]

    def finish(self, stream_id: str) -> list[Passage]:
        """The passages that were seen and not handed on when the stream ended."""
        return [from_frame_text(t) for t in self._watcher(stream_id).finish()]

    def _watcher(self, stream_id: str) -> StreamWatcher:
        return self._watchers.setdefault(stream_id, StreamWatcher(stream_id, self._reader))

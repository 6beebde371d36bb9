"""Reading the screen as a stage: key frames in, the seller's words out as passages."""

from collections.abc import Sequence

import configs
from claims.passages import from_frame_text, from_joined
from claims.types import Passage
from cluster.stages.state import freeze, thaw
from ingest.types import Frame
from vision.layout.joins import load_layout_policy
from vision.layout.marks import ScreenLayout
from vision.layout.roles import load_room_policy
from vision.layout.types import RoomMark
from vision.ocr.paddle import PaddleReader
from vision.tracking.watcher import StreamWatcher, watch_together
from vision.types import FrameText, Role


class OcrStage:
    """Reads the screens of streams; one reader serves them all.

    Viewers' comments and the platform's own words are read and followed, and are no passages: they are not the host's
    claims.
    """

    def __init__(self, *, device: str, threads: int, max_side_px: int) -> None:
        self._reader = PaddleReader(device=device, threads=threads, max_side_px=max_side_px)  # type: ignore[arg-type]
        self._max_side_px = max_side_px
        self._policy = load_room_policy(configs.ROOT / "vision" / "room.yaml")
        self._layout_policy = load_layout_policy(configs.ROOT / "vision" / "layout.yaml")
        self._watchers: dict[str, StreamWatcher] = {}
        self._layouts: dict[str, ScreenLayout] = {}

    @property
    def model(self) -> str:
        """The reader as findings name it."""
        return self._reader.model

    def read(self, stream_id: str, frames: Sequence[Frame]) -> list[Passage]:
        """The passages newly shown in these frames."""
        return self.read_together([(stream_id, frames)])[0]

    def read_together(self, work: Sequence[tuple[str, Sequence[Frame]]]) -> list[list[Passage]]:
        """The same for several streams, which share the reader's calls; a GPU earns by it."""
        watchers = [(self._watcher(stream_id), frames) for stream_id, frames in work]
        for stream_id, frames in work:
            if frames:
                self._layout(stream_id).watched_from(frames[0].at_ms)
        texts = watch_together(watchers, self._reader)
        return [self._passages(stream_id, seen) for (stream_id, _), seen in zip(work, texts, strict=True)]

    def finish(self, stream_id: str) -> list[Passage]:
        """The passages that were seen and not handed on when the stream ended."""
        return self._passages(stream_id, self._watcher(stream_id).finish())

    def marks(self, stream_id: str, until_ms: int) -> tuple[RoomMark, ...]:
        """The marks that the law asks for, as seen in this stream up to now."""
        return self._layout(stream_id).marks(until_ms)

    def save(self, stream_id: str) -> bytes:
        """What is remembered of the stream's screen."""
        return freeze((self._watcher(stream_id), self._layout(stream_id)), self._shared)

    def load(self, stream_id: str, state: bytes) -> None:
        """Goes on with the stream's screen from what was saved."""
        self._watchers[stream_id], self._layouts[stream_id] = thaw(state, self._shared)

    def forget(self, stream_id: str) -> None:
        """Drops what is remembered of a stream that has ended or went elsewhere."""
        self._watchers.pop(stream_id, None)
        self._layouts.pop(stream_id, None)

    @property
    def _shared(self) -> dict[str, object]:
        return {"reader": self._reader, "rooms": self._policy, "layout": self._layout_policy}

    def _passages(self, stream_id: str, texts: Sequence[FrameText]) -> list[Passage]:
        """The seller's words, and what words mean together."""
        joined = self._layout(stream_id).see(texts, self._watcher(stream_id).take_over())
        return [*_sellers_passages(texts), *(from_joined(one) for one in joined)]

    def _layout(self, stream_id: str) -> ScreenLayout:
        if stream_id not in self._layouts:
            self._layouts[stream_id] = ScreenLayout(self._layout_policy)
        return self._layouts[stream_id]

    def _watcher(self, stream_id: str) -> StreamWatcher:
        if stream_id not in self._watchers:
            self._watchers[stream_id] = StreamWatcher(stream_id, self._reader, self._policy, side_px=self._max_side_px)
        return self._watchers[stream_id]


def _sellers_passages(texts: Sequence[FrameText]) -> list[Passage]:
    return [from_frame_text(text) for text in texts if text.role is Role.SELLER]

from collections.abc import Sequence
from typing import Any

from bench.rooms import Room, Shown, compose
from bench.sights import folded
from ingest.types import Frame
from vision.ocr.paddle import PaddleReader
from vision.types import FrameText, Role


def frames_of(room: Room, moments_ms: Sequence[int]) -> list[Frame]:
    """The room as a camera without a codec would give it."""
    return [Frame(stream_id=room.name, at_ms=at_ms, image=compose(room, at_ms)) for at_ms in moments_ms]


def room_of(*texts: Shown, width: int = 1280, height: int = 720, duration_ms: int = 10_000, **how: Any) -> Room:
    return Room(name="room", width=width, height=height, duration_ms=duration_ms, texts=texts, **how)


def shown(words: str, from_ms: int = 0, to_ms: int = 10_000, **how: Any) -> Shown:
    return Shown(words=words, from_ms=from_ms, to_ms=to_ms, **({"x": 640, "y": 560, "size_px": 44} | how))


def sellers(texts: Sequence[FrameText]) -> list[str]:
    return [folded(text.text) for text in texts if text.role is Role.SELLER]


class CountingReader(PaddleReader):
    """The real reader, which also counts its calls."""

    def __init__(self) -> None:
        super().__init__(device="cpu")
        self.calls = 0

    def find(self, *arguments: Any) -> Any:
        self.calls += 1
        return super().find(*arguments)

    def recognise(self, *arguments: Any) -> Any:
        self.calls += 1
        return super().recognise(*arguments)

    def confirm(self, *arguments: Any) -> Any:
        self.calls += 1
        return super().confirm(*arguments)

"""What reading the screen hands on: lines in one frame, texts over time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright rectangle in pixels of the full-size frame, half-open."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line as read in one frame; score in [0, 1]."""

    text: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameText:
    """Words that stood on screen from `start_ms` (first seen) to `end_ms` (last seen)."""

    stream_id: str
    start_ms: int
    end_ms: int
    box: Box
    text: str
    score: float
    model: str

    @property
    def frame_text_id(self) -> str:
        """The identity within the stream: when and where it was first seen."""
        return f"f{self.start_ms}-{self.box.left}-{self.box.top}"

"""What was done for one stream's screen, and what may have been missed."""

from dataclasses import dataclass, field

from vision.change import ReadReason


@dataclass(slots=True, kw_only=True)
class WatchCounts:
    """What was done for one stream, and what may have been missed.

    `blind_ms` is time in gaps between samples longer than 1.5 s: a text that stood within one left no trace. `glimpsed`
    counts texts seen in one sample only: where there are such, others as short may have stood between two samples.
    `unclear` counts lines that the accurate reader could not make out and that were not handed on.
    """

    frames: int = 0
    refused_frames: int = 0
    added_frames: int = 0
    reads: dict[ReadReason, int] = field(default_factory=lambda: dict.fromkeys(ReadReason, 0))
    read_in_part: int = 0
    recognised: int = 0
    recalled: int = 0
    confirmed: int = 0
    unclear: int = 0
    ticks: int = 0
    passed_over: int = 0
    glimpsed: int = 0
    blind_ms: int = 0

    @property
    def frames_read(self) -> int:
        """Frames of which something was read."""
        return sum(self.reads.values())

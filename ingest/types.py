"""What capture and decoding hand on: segments, gaps, spans of audio, key frames; and the rules that bound a capture."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the rules of a capture are settings, too, and those are read where nothing heavy is installed
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000


MAX_PIXELS = 4096 * 2304
MAX_SIDE_PX = 8192
MAX_FRAMES = 256
MAX_PACKETS = 20_000
MAX_PACKET_MS = 30_000
MAX_SEGMENT_BYTES = 256 << 20
MAX_SAMPLES = 16_000 * 900
MAX_SPANS = 4_096
# Of one decoded segment: fifteen minutes of sound and a dozen of the largest frames.
MAX_DECODED_BYTES = 400 << 20
# Damaged times can put sound and pictures anywhere; this far outside of their segments they are not believed.
MAX_ASTRAY_MS = 10_000
FAR_MS = 1 << 53


class EndReason(StrEnum):
    """Why a capture came to its end."""

    COMPLETE = "complete"
    VANISHED = "vanished"
    STOPPED = "stopped"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """About two seconds of the broadcast as received, one link of the stream's chain.

    Times are on the stream clock (integer milliseconds, monotonic over the whole stream). `epoch` counts the
    discontinuities before it. `chain_sha256` covers the segment's own hash and the chain hash of the one before.
    `source_start_ms` is the container's own timestamp of the first packet, before mapping to the stream clock.
    `chain_sm3` links the SM3 hashes in the same way. `drift_ms`: by how much the wall clock has run ahead of the
    stream clock since the capture settled. An empty `sm3` or `container`: recorded before these were kept. `live`: it
    came at the pace of the broadcast, so that falling behind it costs something.
    """

    stream_id: str
    sequence: int
    epoch: int
    path: Path
    start_ms: int
    end_ms: int
    source_start_ms: int
    received_at_ms: int
    byte_count: int
    sha256: str
    chain_sha256: str
    gap_before_ms: int
    sm3: str = ""
    chain_sm3: str = ""
    container: str = ""
    drift_ms: int = 0
    live: bool = False


class GapKind(StrEnum):
    """Why a stretch of the broadcast was not analysed.

    `network`: no connection, no answer in time, an HTTP error. `publisher`: the origin answered and gave no new media,
    or its timestamps started anew on the same connection. `shed`: left out on purpose (disk full, overload, stopped).
    `crash`: a process of ours died. `unreadable`: received, and nothing in it decodes. `ordered`: its pictures were not
    looked at, because the order said so; its sound was heard.
    """

    NETWORK = "network"
    PUBLISHER = "publisher"
    SHED = "shed"
    CRASH = "crash"
    UNREADABLE = "unreadable"
    ORDERED = "ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch `[start_ms, end_ms)` of the stream clock that was not analysed, and the evidence for its cause."""

    kind: GapKind
    start_ms: int
    end_ms: int
    why: str

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What keeps media away since the last of it came, as far as a capture knows now."""

    kind: GapKind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPolicy:
    """When a broadcast counts as over. The end of a file or connection is none of it.

    `start_s`: how long to try before the first media; 0: what fails at once is told at once. `away_s`: how long a
    source may stay away. `endlist_ends`: an explicit end (`#EXT-X-ENDLIST`, the end of a finished file) is believed.
    """

    start_s: float = 0.0
    away_s: float = 60.0
    endlist_ends: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionLimits:
    """How much of a recording is kept; None: no such bound. What a finding has pinned is kept beyond all of them.

    `max_bytes` is for each recording. Below `min_free_bytes` of free disk the oldest of all recordings go first.
    """

    max_age_ms: int | None = None
    max_bytes: int | None = None
    min_free_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSpan:
    """Contiguous mono speech-rate audio: float32 in [-1, 1] at 16 kHz, shape (samples,)."""

    stream_id: str
    start_ms: int
    samples: "NDArray[np.float32]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture, upright: BGR, uint8, shape (height, width, 3), at its place on the stream clock."""

    stream_id: str
    at_ms: int
    image: "NDArray[np.uint8]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shed:
    """A stretch of the broadcast that was received and deliberately not looked at. `channel`: always `screen`."""

    stream_id: str
    channel: str
    start_ms: int
    end_ms: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSegment:
    """What analysis needs of one segment; any tuple may be empty."""

    segment: Segment
    audio: tuple[AudioSpan, ...]
    frames: tuple[Frame, ...]
    shed: tuple[Shed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSource:
    """A recorded segment that gave packets to a clip."""

    sequence: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipInfo:
    """Where the clip really starts and ends: it begins at the key frame before the wanted moment.

    `offset_ms` is where in the clip the wanted start is. `copied`: no packet was encoded anew. `sources`: the
    segments that it was cut from, in order. `poster`, `peaks`: the files beside it; None where nothing was asked,
    there is no picture, or it does not decode.
    """

    path: Path
    start_ms: int
    end_ms: int
    offset_ms: int
    copied: bool
    sha256: str
    sources: tuple[ClipSource, ...]
    poster: Path | None = None
    peaks: Path | None = None

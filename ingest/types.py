"""What capture and decoding hand on: segments, spans of audio, key frames."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """About two seconds of the broadcast as received, one link of the stream's chain.

    Times are on the stream clock (integer milliseconds, monotonic over the whole stream). `epoch` counts the
    discontinuities before it. `chain_sha256` covers the segment's own hash and the chain hash of the one before.
    `source_start_ms` is the container's own timestamp of the first packet, before mapping to the stream clock.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSpan:
    """Contiguous mono speech-rate audio: float32 in [-1, 1] at 16 kHz, shape (samples,)."""

    stream_id: str
    start_ms: int
    samples: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded key frame: BGR, uint8, shape (height, width, 3), at its place on the stream clock."""

    stream_id: str
    at_ms: int
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSegment:
    """What analysis needs of one segment; either tuple may be empty."""

    segment: Segment
    audio: tuple[AudioSpan, ...]
    frames: tuple[Frame, ...]

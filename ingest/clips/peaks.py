"""The loudness of a clip over time, for drawing."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import BrokenMedia

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PEAKS_PER_SECOND = 50
_RATE_HZ = 8_000
_SAMPLES_PER_PEAK = _RATE_HZ // PEAKS_PER_SECOND
_MAX_CLIP_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The loudest sample of every 20 ms in [0, 1], three decimals; empty for a clip without sound."""

    duration_ms: int
    peaks: tuple[float, ...]


def peaks_path(clip: Path) -> Path:
    """Where a clip's peaks are kept: beside it."""
    return clip.with_name(clip.name + ".peaks.json")


def read_peaks(clip: Path) -> Peaks | None:
    """The peaks that are kept beside the clip; None if there are none."""
    kept = peaks_path(clip)
    return _stored().validate_json(kept.read_bytes()) if kept.is_file() else None


@cache
def _stored() -> "TypeAdapter[Peaks]":
    """How what is kept is read; whoever only computes peaks, a clip's child, need not load what that takes."""
    from pydantic import TypeAdapter

    return TypeAdapter(Peaks)


def write_peaks(clip: Path) -> Peaks:
    """Computes the clip's peaks in this process and keeps them beside it; raises BrokenMedia."""
    peaks = compute_peaks(clip)
    target = peaks_path(clip)
    part = target.with_suffix(".part")
    part.write_bytes(peaks_json(peaks))
    part.replace(target)
    return peaks


def peaks_json(peaks: Peaks) -> bytes:
    """The peaks as they are kept."""
    return json.dumps(asdict(peaks)).encode()


def compute_peaks(clip: Path) -> Peaks:
    """Decodes the MP4 clip's first audio track; raises BrokenMedia."""
    import av
    import numpy as np

    peaks: tuple[float, ...] = ()
    try:
        with av.open(str(clip), format="mp4") as container:
            duration_ms = min(int((container.duration or 0) / 1000), _MAX_CLIP_MS)
            count = -(-duration_ms * PEAKS_PER_SECOND // 1000)
            loudness = np.zeros(count * _SAMPLES_PER_PEAK, dtype=np.float32)
            if container.streams.audio:
                resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE_HZ)
                for frame in container.decode(container.streams.audio[0]):
                    start = 0 if frame.time is None else round(frame.time * _RATE_HZ)
                    for resampled in resampler.resample(frame):
                        samples = np.abs(resampled.to_ndarray().reshape(-1))
                        here = loudness[max(0, start) : max(0, start + samples.size)]
                        inside = samples[max(0, -start) :][: here.size]
                        np.maximum(here[: inside.size], inside, out=here[: inside.size])
                        start += samples.size
                loudest = loudness.reshape(count, _SAMPLES_PER_PEAK).max(axis=1)
                peaks = tuple(round(min(float(value), 1.0), 3) for value in loudest)
    except av.FFmpegError as error:
        raise BrokenMedia(clip.name, str(error)) from error
    return Peaks(duration_ms=duration_ms, peaks=peaks)

"""The loudness of a clip over time, for drawing."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from ingest.errors import BrokenMedia

PEAKS_PER_SECOND = 50
_RATE_HZ = 8_000
_SAMPLES_PER_PEAK = _RATE_HZ // PEAKS_PER_SECOND
_MAX_CLIP_MS = 10 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The loudest sample of every 20 ms in [0, 1], three decimals; empty for a clip without sound."""

    duration_ms: int
    peaks: tuple[float, ...]


_PEAKS = TypeAdapter(Peaks)


def peaks_path(clip: Path) -> Path:
    """Where a clip's peaks are kept: beside it."""
    return clip.with_name(clip.name + ".peaks.json")


def read_peaks(clip: Path) -> Peaks | None:
    """The peaks that are kept beside the clip; None if there are none."""
    kept = peaks_path(clip)
    return _PEAKS.validate_json(kept.read_bytes()) if kept.is_file() else None


def write_peaks(clip: Path) -> Peaks:
    """Computes the clip's peaks in this process and keeps them beside it; raises BrokenMedia."""
    peaks = compute_peaks(clip)
    target = peaks_path(clip)
    part = target.with_suffix(".part")
    part.write_text(json.dumps(asdict(peaks)), encoding="utf-8")
    part.replace(target)
    return peaks


def compute_peaks(clip: Path) -> Peaks:
    """Decodes the MP4 clip's first audio track; raises BrokenMedia."""
    import av
    import numpy as np

    peaks: tuple[float, ...] = ()
    try:
        with av.open(str(clip), format="mp4") as container:
            duration_ms = min(int((container.duration or 0) / 1000), _MAX_CLIP_MS)
            loudest = np.zeros(-(-duration_ms * PEAKS_PER_SECOND // 1000), dtype=np.float32)
            if container.streams.audio:
                resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE_HZ)
                for frame in container.decode(container.streams.audio[0]):
                    start = 0 if frame.time is None else round(frame.time * _RATE_HZ)
                    for resampled in resampler.resample(frame):
                        samples = np.abs(resampled.to_ndarray().reshape(-1))
                        slots = (start + np.arange(samples.size)) // _SAMPLES_PER_PEAK
                        inside = (slots >= 0) & (slots < loudest.size)
                        np.maximum.at(loudest, slots[inside], samples[inside])
                        start += samples.size
                peaks = tuple(round(min(float(value), 1.0), 3) for value in loudest)
    except av.FFmpegError as error:
        raise BrokenMedia(clip.name, str(error)) from error
    return Peaks(duration_ms=duration_ms, peaks=peaks)

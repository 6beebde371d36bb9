"""The loudness of a clip over time, for drawing; run as a program so that media is parsed apart from the server."""

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from review.errors import PeaksError

PEAKS_PER_SECOND = 50
_RATE_HZ = 8_000
_SAMPLES_PER_PEAK = _RATE_HZ // PEAKS_PER_SECOND
_MAX_CLIP_MS = 10 * 60 * 1000
_CPU_LIMIT_S = 20
_MEMORY_LIMIT_BYTES = 1_500_000_000
_WALL_LIMIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The loudest sample of every 20 ms in [0, 1], three decimals; empty for a clip without sound."""

    duration_ms: int
    peaks: tuple[float, ...]


_PEAKS = TypeAdapter(Peaks)


def peaks_path(clip: Path) -> Path:
    """Where a clip's peaks are kept: beside it."""
    return clip.with_name(clip.name + ".peaks.json")


def load_peaks(clip: Path) -> Peaks:
    """The clip's peaks, from the file beside it or else computed in a limited child process; raises PeaksError."""
    cached = peaks_path(clip)
    if not cached.is_file():
        try:
            subprocess.run(
                [sys.executable, "-m", "review.peaks", str(clip)],
                cwd=Path(__file__).parents[1],
                check=True,
                capture_output=True,
                text=True,
                timeout=_WALL_LIMIT_S,
            )
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().rpartition("\n")[2] or f"the reader ended with status {error.returncode}"
            raise PeaksError(clip.name, reason) from error
        except subprocess.TimeoutExpired as error:
            raise PeaksError(clip.name, f"the reader took more than {_WALL_LIMIT_S} s") from error
    return _PEAKS.validate_json(cached.read_bytes())


def write_peaks(clip: Path) -> Peaks:
    """Computes the clip's peaks in this process and keeps them beside it; raises PeaksError."""
    peaks = compute_peaks(clip)
    target = peaks_path(clip)
    part = target.with_suffix(".part")
    part.write_text(json.dumps(asdict(peaks)), encoding="utf-8")
    part.replace(target)
    return peaks


def compute_peaks(clip: Path) -> Peaks:
    """Decodes the clip's first audio track; raises PeaksError."""
    import av
    import numpy as np

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
            else:
                peaks = ()
    except av.FFmpegError as error:
        raise PeaksError(clip.name, str(error)) from error
    return Peaks(duration_ms=duration_ms, peaks=peaks)


def main() -> int:
    """Writes the peaks of the clip named on the command line, under limits of time and memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    try:
        write_peaks(Path(sys.argv[1]))
    except PeaksError as error:
        sys.stderr.write(f"{error.reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

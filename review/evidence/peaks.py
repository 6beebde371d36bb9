"""A clip's loudness for the pages; run as a program so that media is parsed apart from the server."""

import resource
import subprocess
import sys
from pathlib import Path

from ingest.clips.peaks import PEAKS_PER_SECOND, Peaks, peaks_path, read_peaks, write_peaks
from ingest.errors import BrokenMedia
from review.errors import PeaksError

__all__ = ["PEAKS_PER_SECOND", "Peaks", "load_peaks", "peaks_path"]

_CPU_LIMIT_S = 20
_MEMORY_LIMIT_BYTES = 1_500_000_000
_WALL_LIMIT_S = 60


def load_peaks(clip: Path) -> Peaks:
    """The clip's peaks, from the file beside it or else computed in a limited child process; raises PeaksError."""
    if (kept := read_peaks(clip)) is not None:
        return kept
    try:
        subprocess.run(
            [sys.executable, "-m", "review.evidence.peaks", str(clip)],
            cwd=Path(__file__).parents[2],
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
    written = read_peaks(clip)
    if written is None:
        raise PeaksError(clip.name, "the reader wrote nothing")
    return written


def main() -> int:
    """Writes the peaks of the clip named on the command line, under limits of time and memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    try:
        write_peaks(Path(sys.argv[1]))
    except BrokenMedia as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

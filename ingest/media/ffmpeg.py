"""Where the ffmpeg program is."""

import shutil
from pathlib import Path

from net.errors import UnsupportedSource


def find_ffmpeg() -> Path:
    """The system's ffmpeg, which knows more protocols, else the one that the imageio-ffmpeg package ships."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return Path(found)
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise UnsupportedSource("ffmpeg", "the program is not installed; install ffmpeg") from error

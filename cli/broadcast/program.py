"""Finds the ffmpeg program."""

from shutil import which

from cli.broadcast.errors import EncodeError


def ffmpeg_program() -> str:
    """The installed ffmpeg; raises EncodeError when there is none."""
    found = which("ffmpeg")
    if found is None:
        raise EncodeError("no ffmpeg program was found on PATH: install ffmpeg (Debian: apt install ffmpeg)")
    return found

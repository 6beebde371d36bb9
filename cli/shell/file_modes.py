"""Who may read what is written: the data folder is its owner's alone, what somebody asked for as their umask says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ingest.recording.disk import PRIVATE_UMASK


class _Caller:
    """The umask of whoever called the command; None outside of one."""

    umask: int | None = None


@contextmanager
def private_files() -> Iterator[None]:
    """Whatever is made while the block lasts, by this process and those it starts, is for its owner alone."""
    before = os.umask(PRIVATE_UMASK)
    _Caller.umask = before
    try:
        yield
    finally:
        _Caller.umask = None
        os.umask(before)


def share(*paths: Path) -> None:
    """Gives what somebody asked for the modes that their umask has: files, and folders with all that is in them."""
    if _Caller.umask is None:
        return
    for path in paths:
        for each in (path, *path.rglob("*")):
            if each.exists() and not each.is_symlink():
                each.chmod((0o777 if each.is_dir() else 0o666) & ~_Caller.umask)


def create(path: Path) -> TextIO:
    """The file that somebody named, opened for writing text; one that was there keeps its mode."""
    is_new = not path.exists()
    file = path.open("w", encoding="utf-8", newline="\n")
    if is_new:
        share(path)
    return file

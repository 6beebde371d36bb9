"""Writing on a disk that may be full: a line is there as a whole, or not at all."""

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.errors import MissingDigest

# What is recorded, judged and kept is its owner's alone.
PRIVATE_UMASK = 0o077
_LOOK_S = 0.1


def keep_to_owner() -> None:
    """From now on what this process makes, and those that it starts, is its owner's alone, whoever started it."""
    os.umask(PRIVATE_UMASK)


def is_full(error: OSError) -> bool:
    """Whether the disk, or what this user may use of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def append_line(path: Path, line: str, *, durable: bool = True) -> None:
    """Adds the line, durably; several processes may add to one file. A line that a crash cut off before is dropped.

    Raises OSError, and the file is as before. `durable` false: a power cut may cost the line, and waiting is saved.
    """
    content = line.encode() + b"\n"
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = _whole_lines(file)
        try:
            if file.write(content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            if durable:
                os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise


@contextmanager
def only_writer(folder: Path, stop: Callable[[], bool]) -> Iterator[bool]:
    """Waits until nobody else holds the folder, then holds it; false if it was asked to stop before.

    Who dies holds nothing any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if stop():
                    yield False
                    return
                time.sleep(_LOOK_S)
                continue
            yield True
            return
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes renames in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def new_sm3() -> Any:
    """A running SM3 hash (GB/T 32905); MissingDigest where OpenSSL was built without it."""
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise MissingDigest("SM3") from error


def _whole_lines(file: Any) -> int:
    """The length of the file once a cut last line is gone."""
    length: int = file.seek(0, os.SEEK_END)
    if length == 0:
        return 0
    file.seek(length - 1)
    if file.read(1) == b"\n":
        return length
    file.seek(0)
    length = file.read().rfind(b"\n") + 1
    file.truncate(length)
    return length

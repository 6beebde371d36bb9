"""A pack as files that are read a piece at a time, whether it lies there as a folder or as a zip; nothing is unpacked.

Whoever made it may be hostile: what it says of itself is held against what is there, and against the limits of
`pack_layout`, before a byte is read into memory.
"""

import io
import os
import stat
import struct
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from review.evidence_packs.errors import PackBroken, PackError
from review.evidence_packs.layout import (
    BLOCK_BYTES,
    LONGEST_PLACE,
    MOST_BYTES,
    MOST_FILES,
    MOST_FOLDERS_DEEP,
    MOST_PARSED_BYTES,
    MOST_PARSED_IN_ALL,
    spell_zip,
)

_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, struct.error)


class PackSource(ABC):
    """The files of a pack by their places, each with its size."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self._byte_count = 0
        self._parsed = 0

    @abstractmethod
    def _open(self, name: str) -> IO[bytes]:
        """The file, to be read from its beginning."""

    def check_spelling(self) -> None:
        """PackBroken if what is around the files is not as it was written; of a folder there is nothing."""
        return

    def blocks(self, name: str) -> Iterator[bytes]:
        """The file's bytes, a piece at a time; PackBroken if they are not as many as it was said to have."""
        left = self.sizes[name]
        try:
            with self._open(name) as file:
                while left >= 0 and (block := file.read(BLOCK_BYTES)):
                    left -= len(block)
                    yield block
        except _UNREADABLE as error:
            raise PackBroken("changed", name, f"it can't be read: {error}") from error
        if left:
            raise PackBroken("changed", name, "it has not as many bytes as it is said to have")

    def check_parsed(self, name: str) -> None:
        """PackBroken if the file is missing, or larger than what a check reads into memory."""
        if name not in self.sizes:
            raise PackBroken("missing", name, "the file is not there")
        if self.sizes[name] > MOST_PARSED_BYTES:
            raise PackBroken("oversize", name, f"{self.sizes[name]} bytes; such a file has {MOST_PARSED_BYTES} at most")

    def read(self, name: str) -> bytes:
        """The whole of a small file, such as a list or a record; PackBroken if it is missing or too large."""
        self.check_parsed(name)
        self._parsed += self.sizes[name]
        if self._parsed > MOST_PARSED_IN_ALL:
            raise PackBroken("oversize", name, f"lists and records of a pack have {MOST_PARSED_IN_ALL} bytes at most")
        return b"".join(self.blocks(name))

    def _add(self, name: str, byte_count: int) -> None:
        if name in self.sizes:
            raise PackBroken("added", _fit(name), "it is there twice")
        self._byte_count += byte_count
        if len(self.sizes) >= MOST_FILES:
            raise PackBroken("oversize", _fit(name), f"a pack has {MOST_FILES} files at most")
        if self._byte_count > MOST_BYTES:
            raise PackBroken("oversize", _fit(name), f"with it the pack has more than {MOST_BYTES} bytes")
        self.sizes[name] = byte_count


class FolderSource(PackSource):
    """A pack that lies unpacked in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        waiting = [""]
        while waiting:
            place = waiting.pop()
            try:
                with os.scandir(folder / place) as entries:
                    waiting += self._take(place, entries)
            except OSError as error:
                raise PackError(f"pack {folder}: {_fit(place) or 'it'} can't be read: {error.strerror}") from error
            if len(waiting) > MOST_FILES:
                raise PackBroken("oversize", _fit(waiting[-1]), f"a pack has {MOST_FILES} folders at most")

    def _take(self, place: str, entries: Iterable["os.DirEntry[str]"]) -> Iterator[str]:
        """Notes the files of a folder; gives the folders in it."""
        for entry in entries:
            name = f"{place}{entry.name}"
            check_place(name)
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                yield f"{name}/"
            elif stat.S_ISREG(mode):
                self._add(name, entry.stat(follow_symlinks=False).st_size)
            else:
                raise PackBroken("added", name, "it is a link, not a file" if stat.S_ISLNK(mode) else "it is no file")

    def _open(self, name: str) -> IO[bytes]:
        return os.fdopen(os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


class ZipSource(PackSource):
    """A pack in its zip, whose files are stored as they are: what is compressed was not written here."""

    def __init__(self, path: Path, file: "_Bounded") -> None:
        super().__init__()
        self._path = path
        try:
            self._zip = zipfile.ZipFile(file)
        except _UNREADABLE as error:
            raise PackBroken("changed", path.name, f"the zip can't be read: {error}") from error
        for entry in self._zip.infolist():
            _check_entry(entry)
            self._add(entry.filename, entry.file_size)
            if self._byte_count > file.byte_count:
                raise PackBroken("oversize", entry.filename, "with it the entries say more bytes than the zip has")
        if list(self.sizes) != sorted(self.sizes):
            raise PackBroken("reordered", path.name, "its entries are not in their order")

    def _open(self, name: str) -> IO[bytes]:
        return self._zip.open(name)

    def check_spelling(self) -> None:
        """PackBroken if the zip is not, byte for byte, as a pack's zip is written."""
        with self._path.open("rb") as there:
            same = _Sameness(there)
            spell_zip(same, self.sizes, self.blocks)  # type: ignore[arg-type]
            if not same.holds:
                why = "its files are whole, the zip around them is not as it was written"
                raise PackBroken("changed", self._path.name, why)


@contextmanager
def opened_pack(path: Path) -> Iterator[PackSource]:
    """The pack's files; PackError for a path that is no pack, PackBroken for what no pack has."""
    if path.is_dir():
        yield FolderSource(path)
        return
    if not path.is_file():
        raise PackError(f"pack {path}: no such folder or zip; name one that `zhenyan evidence pack` made")
    try:
        file = _Bounded(path)
    except OSError as error:
        raise PackError(f"pack {path}: can't be read: {error.strerror}") from error
    with file:
        yield ZipSource(path, file)


def check_place(name: str) -> None:
    """PackBroken unless this can be a file's place in a pack: relative, printable, not deep, leading nowhere else."""
    parts = name.split("/")
    wrong = "\\" in name or not name.isprintable() or any(part in {"", ".", ".."} for part in parts)
    if wrong or len(name) > LONGEST_PLACE or len(parts) > MOST_FOLDERS_DEEP:
        raise PackBroken("added", _fit(name), "no file of a pack lies there")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    check_place(entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise PackBroken("added", entry.filename, "it is a link, not a file")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise PackBroken("changed", entry.filename, "it is compressed; a pack's files are stored as they are")
    if entry.file_size != entry.compress_size:
        raise PackBroken("changed", entry.filename, "it says another size than it takes in the zip")


def _fit(name: str) -> str:
    """A name that somebody else chose, fit for a message."""
    return ascii(name[:LONGEST_PLACE])[1:-1] if not name.isprintable() else name[:LONGEST_PLACE]


class _Bounded(io.BufferedReader):
    """A file of which nobody reads much at once: a zip's list of its entries would else come whole, however long."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._name = path.name
        self.byte_count = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        """As a file's; PackBroken for more than a check keeps in memory."""
        wanted = self.byte_count - self.tell() if size is None or size < 0 else size
        if wanted > MOST_PARSED_BYTES:
            raise PackBroken("oversize", self._name, f"its list of entries has more than {MOST_PARSED_BYTES} bytes")
        return super().read(wanted)


class _Sameness:
    """Takes a file as it is written and holds it against one that is there; what is written over counts last."""

    def __init__(self, there: IO[bytes]) -> None:
        self._there = there
        self._at = 0
        self._end = 0
        self._others: set[int] = set()

    @property
    def holds(self) -> bool:
        """Whether both are the same, byte for byte."""
        return not self._others and self._end == os.fstat(self._there.fileno()).st_size

    def write(self, block: bytes) -> int:
        """Compares what would be written here."""
        self._there.seek(self._at)
        if self._there.read(len(block)) == block:
            self._others.discard(self._at)
        else:
            self._others.add(self._at)
        self._at += len(block)
        self._end = max(self._end, self._at)
        return len(block)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Moves within what was written."""
        self._at = place + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._at

    def seekable(self) -> bool:
        """True: headers are written anew once their file's size is known."""
        return True

    def flush(self) -> None:
        """Nothing is held back."""

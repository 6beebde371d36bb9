"""Files that hosts hand in, stored under their own hash: looked at, bounded, never run."""

import hashlib
import os
import tempfile
import unicodedata
from pathlib import Path

from review.enforcement.errors import AppealRefused, UnknownFileError
from review.enforcement.penalty_table import StatementLimits
from review.enforcement.types import HandedIn

_LONGEST_NAME = 120
_HEX = frozenset("0123456789abcdef")


def type_of(content: bytes) -> str | None:
    """The media type that the first bytes tell; None: none of those that can be handed in."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "video/mp4" if content[4:8] == b"ftyp" else None


class HandedInFiles:
    """The folder of what was handed in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, content: bytes, limits: StatementLimits) -> HandedIn:
        """The file as kept; AppealRefused if it is empty, too large or of a type that is not taken."""
        shown = _shown(name)
        if not content:
            raise AppealRefused(f"file {shown!r}", "it is empty", code="file_empty")
        if len(content) > limits.largest_file_bytes:
            raise AppealRefused(f"file {shown!r}", f"larger than {limits.largest_file_bytes} bytes", code="file_large")
        media_type = type_of(content)
        if media_type is None or media_type not in limits.file_types:
            taken = ", ".join(limits.file_types)
            raise AppealRefused(f"file {shown!r}", f"its content is none of {taken}", code="file_type")
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
                unfinished.write(content)
                unfinished.flush()
                os.fsync(unfinished.fileno())
            Path(unfinished.name).replace(path)
        return HandedIn(sha256=digest, name=shown, media_type=media_type, byte_count=len(content))

    def read(self, sha256: str) -> bytes:
        """The content; UnknownFileError if it is gone or was changed on disk."""
        path = self._path(sha256)
        if not path.is_file():
            raise UnknownFileError(sha256)
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise UnknownFileError(sha256)
        return content

    def remove(self, sha256: str) -> None:
        """Removes the file, if it is there."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= _HEX:
            raise UnknownFileError(sha256)
        return self._folder / sha256[:2] / sha256


def _shown(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()[-_LONGEST_NAME:] or "file"

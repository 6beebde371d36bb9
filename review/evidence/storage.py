"""Where evidence lies beyond this machine's disk: a folder or an object store; each content under its own SHA-256.

A content is there whole or not at all, and is checked again whenever it is read.
"""

import base64
import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from net.schemes import OBJECT_STORES
from review.errors import ReviewError

_BLOCK_BYTES = 1 << 20
# Up to here an object is sent in one request, whose checksum the store itself compares; beyond, in parts.
_ONE_REQUEST_BYTES = 64 << 20
_CHECKED_BY_STORE = frozenset({"s3", "s3a"})
_HEX = frozenset("0123456789abcdef")


class StorageError(ReviewError):
    """The evidence storage can't be used, or gives not what was put; the operator can act."""

    exit_code = 1

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"evidence storage {what}: {why}")
        self.why = why


class Storage(Protocol):
    """Contents by their SHA-256 (64 hexadecimal digits); every method raises StorageError."""

    def put(self, path: Path) -> str:
        """Stores the file's content, if it is not there yet; gives its hash."""

    def fetch(self, sha256: str, target: Path) -> None:
        """Writes the content to this file, whole or not at all."""

    def remove(self, sha256: str) -> None:
        """Removes the content, if it is there."""


def open_storage(url: str) -> Storage:
    """The storage at `s3://bucket/prefix` (or another store that fsspec has a package for), or in a folder.

    StorageError for an address that is none, holds credentials, or whose package is missing. Endpoint and credentials
    are the store's own environment variables.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return FolderStorage(Path(url))
    if scheme.lower() not in OBJECT_STORES:
        known = ", ".join(f"{name}://" for name in OBJECT_STORES)
        raise StorageError(f"{scheme}://…", f"is neither a folder nor one of {known}; correct evidence_url")
    if "@" in rest.partition("/")[0]:
        raise StorageError(f"{scheme}://…", "credentials belong in the store's own variables, not into evidence_url")
    if not rest.strip("/"):
        raise StorageError(f"{scheme}://", "names no bucket; write evidence_url as s3://BUCKET/PREFIX")
    package = OBJECT_STORES[scheme.lower()]
    if find_spec("fsspec") is None or find_spec(package) is None:
        raise StorageError(f"{scheme}://…", f"needs the package {package}; install it")
    return BucketStorage(scheme.lower(), rest.strip("/"))


class FolderStorage:
    """A folder, on this disk or a shared one; written beside its place, synced and renamed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, path: Path) -> str:
        """See Storage."""
        try:
            digest = sha256_of(path)
            target = self._place(digest)
            if not target.is_file():
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _write_whole(path.open("rb"), target, digest)
        except OSError as error:
            raise StorageError(str(self._folder), f"can't be written: {error.strerror}") from error
        return digest

    def fetch(self, sha256: str, target: Path) -> None:
        """See Storage."""
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(self._place(sha256).open("rb"), target, sha256)
        except FileNotFoundError as error:
            raise StorageError(sha256, f"is not in {self._folder}") from error
        except OSError as error:
            raise StorageError(sha256, f"can't be read: {error.strerror}") from error

    def remove(self, sha256: str) -> None:
        """See Storage."""
        try:
            self._place(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(sha256, f"can't be removed: {error.strerror}") from error

    def _place(self, sha256: str) -> Path:
        return self._folder / _key(sha256)


class BucketStorage:
    """A bucket of an object store, through fsspec."""

    def __init__(self, scheme: str, root: str) -> None:
        self._scheme = scheme
        self._root = root
        self._opened: Any = None

    def put(self, path: Path) -> str:
        """See Storage."""
        digest = sha256_of(path)
        place, files = self._place(digest), self._files()
        try:
            if files.exists(place) and files.size(place) == path.stat().st_size:
                return digest
            if path.stat().st_size > _ONE_REQUEST_BYTES:
                files.put_file(str(path), place)
            else:
                given = {"ChecksumSHA256": _base64_of(digest)} if self._scheme in _CHECKED_BY_STORE else {}
                files.pipe_file(place, path.read_bytes(), **given)
                if given:
                    return digest
            self._check(place, digest)
        except FileNotFoundError as error:
            raise StorageError(self._shown(), "there is no such bucket; make it") from error
        except _store_errors() as error:
            raise StorageError(self._shown(), f"does not take {digest}: {_reason(error)}") from error
        return digest

    def fetch(self, sha256: str, target: Path) -> None:
        """See Storage."""
        try:
            with self._files().open(self._place(sha256), "rb", block_size=4 * _BLOCK_BYTES) as file:
                target.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(file, target, sha256)
        except FileNotFoundError as error:
            raise StorageError(sha256, f"is not in {self._shown()}") from error
        except _store_errors() as error:
            raise StorageError(sha256, f"{self._shown()} does not give it: {_reason(error)}") from error

    def remove(self, sha256: str) -> None:
        """See Storage."""
        try:
            self._files().rm_file(self._place(sha256))
        except FileNotFoundError:
            return
        except _store_errors() as error:
            raise StorageError(sha256, f"{self._shown()} does not remove it: {_reason(error)}") from error

    def _check(self, place: str, sha256: str) -> None:
        """Reads what was sent, where the store has not compared it itself."""
        with self._files().open(place, "rb", block_size=4 * _BLOCK_BYTES) as file:
            found = _hash(file)
        if found != sha256:
            self._files().rm_file(place)
            raise StorageError(sha256, f"{self._shown()} holds another content than was sent; it was removed")

    def _files(self) -> Any:
        if self._opened is None:
            import fsspec

            self._opened = fsspec.filesystem(self._scheme, skip_instance_cache=True, use_listings_cache=False)
        return self._opened

    def _place(self, sha256: str) -> str:
        return f"{self._root}/{_key(sha256)}"

    def _shown(self) -> str:
        return f"{self._scheme}://{self._root}"


def sha256_of(path: Path) -> str:
    """The hash of the file's content; raises OSError."""
    with path.open("rb") as file:
        return _hash(file)


def _key(sha256: str) -> str:
    if len(sha256) != 64 or not set(sha256) <= _HEX:
        raise StorageError(repr(sha256), "is no SHA-256")
    return f"{sha256[:2]}/{sha256}"


def _hash(file: Any) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _write_whole(source: Any, target: Path, sha256: str) -> None:
    """Copies the source beside the target and renames it; StorageError if the content is another."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    unfinished = Path(name)
    digest = hashlib.sha256()
    try:
        with source, os.fdopen(handle, "wb") as file:
            while block := source.read(_BLOCK_BYTES):
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != sha256:
            raise StorageError(sha256, "what is stored under this hash was changed; restore it from a copy")
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _base64_of(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def _reason(error: Exception) -> str:
    """The first line of what the store's library says, which names no credentials."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__


def _store_errors() -> tuple[type[Exception], ...]:
    """What the library of a store raises for what it cannot do."""
    if find_spec("botocore") is None:
        return (OSError, ValueError)
    import botocore.exceptions

    found: type[Exception] = botocore.exceptions.BotoCoreError
    return (OSError, ValueError, found)

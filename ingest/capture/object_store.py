"""Recordings in an object store, through fsspec: endpoint and credentials are the operator's configuration.

Web addresses never go this way, nor do fsspec's chained URLs: a store is named by its scheme alone.
"""

import io
from collections.abc import Generator
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

from ingest.capture.remux import remux_readable
from ingest.recording.part import Part, Surroundings
from ingest.types import EndReason
from net.errors import UnreachableSource, UnsupportedSource
from net.schemes import OBJECT_STORES

_BLOCK_BYTES = 4 << 20


def remux_object(source: str, around: Surroundings) -> Generator[Part, None, EndReason]:
    """The parts of a stored recording, read in ranges as they are needed.

    Raises UnreachableSource if the store does not give it, UnsupportedSource if the store's package is missing.
    """
    with _opened(source) as file:
        return (yield from remux_readable(file, source, around))


def _opened(source: str) -> AbstractContextManager[Any]:
    try:
        file = _filesystem(source).open(source.partition("://")[2], "rb", block_size=_BLOCK_BYTES)
        file.read(1)
        file.seek(0, io.SEEK_SET)
    except FileNotFoundError as error:
        raise UnreachableSource(source, "the store has no such object", transient=False) from error
    except _store_errors() as error:
        raise UnreachableSource(source, "the store did not give the object", transient=False) from error
    opened: AbstractContextManager[Any] = file
    return opened


def _filesystem(source: str) -> Any:
    """The store's file system; UnsupportedSource if its package is missing."""
    scheme, _, path = source.partition("://")
    package = OBJECT_STORES[scheme.lower()]
    if "@" in path.partition("/")[0]:
        raise UnsupportedSource(source, "a store's credentials belong in the operator's settings, not in the URL")
    if find_spec("fsspec") is None or find_spec(package) is None:
        raise UnsupportedSource(source, f"reading from this store needs the package {package}; install it")
    import fsspec

    return fsspec.filesystem(scheme.lower(), skip_instance_cache=True)


def _store_errors() -> tuple[type[Exception], ...]:
    """What the library of a store raises for what it cannot give."""
    if find_spec("botocore") is None:
        return (OSError, ValueError)
    import botocore.exceptions

    found: type[Exception] = botocore.exceptions.BotoCoreError
    return (OSError, ValueError, found)


def list_objects(source: str) -> list[str]:
    """The addresses of all objects below this one, in order; raises as `remux_object` does."""
    scheme, _, path = source.partition("://")
    try:
        found = _filesystem(source).find(path)
    except FileNotFoundError:
        found = []
    except _store_errors() as error:
        raise UnreachableSource(source, "the store did not list it", transient=False) from error
    return [f"{scheme}://{name}" for name in sorted(found)]

"""The recorded chain: each segment's hashes cover the ones before, by SHA-256 and by SM3 side by side."""

import hashlib
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Any

from ingest.errors import BrokenChain
from ingest.recording.disk import new_sm3
from ingest.recording.manifest import read_manifest
from ingest.recording.ring import read_trims
from ingest.types import Segment

GENESIS = "0" * 64


def chain_sha256(previous: str, own: str) -> str:
    """The link for a segment with hash `own` after the link `previous`; the first follows `GENESIS`."""
    return _link(hashlib.sha256, previous, own)


def chain_sm3(previous: str, own: str) -> str:
    """The same by SM3; where a recording began without it, the first segment that has it follows `GENESIS`."""
    return _link(new_sm3, previous, own)


def verify_links(folder: Path, segments: Iterable[Segment], trimmed: Container[int] = ()) -> str:
    """The last SHA-256 link; BrokenChain names the first segment whose file, hash or link is wrong.

    Segments in `trimmed` may be without a file: their hashes still hold the chain together.
    """
    previous = GENESIS
    previous_sm3 = ""
    for expected, segment in enumerate(segments):
        if segment.sequence != expected:
            raise BrokenChain(folder, expected, "it is missing from the manifest")
        _verify_file(folder, segment, may_be_gone=expected in trimmed)
        previous = chain_sha256(previous, segment.sha256)
        if previous != segment.chain_sha256:
            raise BrokenChain(folder, expected, "its link does not follow from the one before")
        if segment.sm3 or previous_sm3:
            if not segment.sm3:
                raise BrokenChain(folder, expected, "its SM3 hash is missing")
            previous_sm3 = chain_sm3(previous_sm3 or GENESIS, segment.sm3)
            if previous_sm3 != segment.chain_sm3:
                raise BrokenChain(folder, expected, "its SM3 link does not follow from the one before")
    return previous


def verify_chain(folder: Path) -> str:
    """The last link of a recorded folder's chain, after every file that is kept was read again."""
    return verify_links(folder, read_manifest(folder), read_trims(folder))


def _verify_file(folder: Path, segment: Segment, *, may_be_gone: bool) -> None:
    if not segment.path.is_file():
        if may_be_gone:
            return
        raise BrokenChain(folder, segment.sequence, "its file is missing")
    content = segment.path.read_bytes()
    if hashlib.sha256(content).hexdigest() != segment.sha256:
        raise BrokenChain(folder, segment.sequence, "its bytes do not give the recorded hash")
    if segment.sm3:
        digest = new_sm3()
        digest.update(content)
        if digest.hexdigest() != segment.sm3:
            raise BrokenChain(folder, segment.sequence, "its bytes do not give the recorded SM3 hash")


def _link(new_digest: Callable[[], Any], previous: str, own: str) -> str:
    digest = new_digest()
    digest.update(bytes.fromhex(previous) + bytes.fromhex(own))
    return str(digest.hexdigest())

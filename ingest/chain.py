"""The recorded chain: each segment's hash covers the one before, and a manifest row says what was received."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ingest.errors import BrokenChain
from ingest.types import Segment

MANIFEST = "manifest.jsonl"
GENESIS = "0" * 64


def chain_sha256(previous: str, own: str) -> str:
    """The link for a segment with hash `own` after the link `previous`; the first follows `GENESIS`."""
    return hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(own)).hexdigest()


def append_row(folder: Path, segment: Segment) -> None:
    """Adds the segment's row; its path is written relative to the folder, so that a folder can be moved."""
    row = asdict(segment) | {"path": segment.path.relative_to(folder).as_posix()}
    with (folder / MANIFEST).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def read_manifest(folder: Path) -> list[Segment]:
    """The recorded segments in order; empty if nothing was recorded. A last row cut off by a crash is left out."""
    path = folder / MANIFEST
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    segments: list[Segment] = []
    for line in lines[:-1]:
        try:
            row = json.loads(line)
            segments.append(Segment(**(row | {"path": folder / row["path"]})))
        except (ValueError, TypeError, KeyError) as error:
            raise BrokenChain(folder, len(segments), "its manifest row is not readable") from error
    return segments


def trim_manifest(folder: Path) -> None:
    """Drops a last row that a crash cut off, so that the next row starts on a line of its own."""
    path = folder / MANIFEST
    if not path.is_file():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def verify_links(folder: Path, segments: Iterable[Segment]) -> str:
    """The last link of the chain; BrokenChain names the first segment whose file, hash or link is wrong."""
    previous = GENESIS
    for expected, segment in enumerate(segments):
        if segment.sequence != expected:
            raise BrokenChain(folder, expected, "it is missing from the manifest")
        if not segment.path.is_file():
            raise BrokenChain(folder, expected, "its file is missing")
        if hashlib.sha256(segment.path.read_bytes()).hexdigest() != segment.sha256:
            raise BrokenChain(folder, expected, "its bytes do not give the recorded hash")
        previous = chain_sha256(previous, segment.sha256)
        if previous != segment.chain_sha256:
            raise BrokenChain(folder, expected, "its link does not follow from the one before")
    return previous


def verify_chain(folder: Path) -> str:
    """The last link of a recorded folder's chain, after every file was read again."""
    return verify_links(folder, read_manifest(folder))

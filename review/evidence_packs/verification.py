"""Checks a pack offline and names the first thing in it that is not what was signed."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.recording.chain import chain_sha256
from ingest.recording.disk import new_sm3
from review.audit.chain import canonical
from review.audit.errors import SignatureError
from review.audit.keys import Signature, check_signature
from review.evidence_packs.chain import check_record
from review.evidence_packs.errors import PackBroken
from review.evidence_packs.layout import (
    BAGIT,
    BAGIT_FILE,
    INFO,
    MANIFEST,
    MOST_FILES,
    SIGNATURE,
    SIGNED,
    SM3_LIST,
    TAGS,
)
from review.evidence_packs.source import PackSource, opened_pack

_SIGNATURE_KEYS = {"algorithm", "file", "public_key", "key_id", "signature"}
_CLIPS = "data/clips.json"
_CHAIN = "/chain.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A pack that is whole. `known_key`: the caller named the key; else the pack itself brought it."""

    case_id: str
    key_id: str
    known_key: bool
    file_count: int
    segment_count: int


def verify_pack(path: Path, keys: Mapping[str, str] | None = None) -> Verified:
    """What the pack is; PackBroken names the first broken thing, PackError a path that is no pack.

    `keys`: the publisher's public keys (base64 by id); None: the key within is taken, which shows that nothing was
    changed since, and not who made it.
    """
    with opened_pack(path) as pack:
        found = _verify(pack, keys)
        pack.check_spelling()
    return found


def _verify(pack: PackSource, keys: Mapping[str, str] | None) -> Verified:
    signature = _signature(pack)
    signed = pack.read(SIGNED)
    known = {str(signature["key_id"]): str(signature["public_key"])} if keys is None else keys
    _check_tags(pack, signed)
    try:
        made = Signature(key_id=str(signature["key_id"]), signature=str(signature["signature"]))
        check_signature(signed, made, known)
    except SignatureError as error:
        raise PackBroken("signature", SIGNATURE, str(error)) from error
    listed = _listed(pack.read(MANIFEST), MANIFEST)
    sm3 = _listed(pack.read(SM3_LIST), SM3_LIST)
    _check_present(pack, listed)
    for name in (_CLIPS, *(name for name in listed if name.endswith(_CHAIN))):
        pack.check_parsed(name)
    found = {name: _hashes(pack, name) for name in listed}
    _check_payload(listed, {name: pair[0] for name, pair in found.items()}, "SHA-256")
    _check_payload(sm3, {name: pair[1] for name, pair in found.items()}, "SM3")
    case_id = _check_bag(pack)
    return Verified(
        case_id=case_id,
        key_id=str(signature["key_id"]),
        known_key=keys is not None,
        file_count=len(listed),
        segment_count=check_content(pack, found),
    )


def _signature(pack: PackSource) -> dict[str, Any]:
    text = pack.read(SIGNATURE)
    try:
        record = json.loads(text)
        plain = isinstance(record, dict) and record.keys() == _SIGNATURE_KEYS
        whole = plain and (canonical(record) + "\n").encode() == text and record["algorithm"] == "Ed25519"
        for name in ("public_key", "signature"):
            whole = whole and base64.b64encode(base64.b64decode(record[name])).decode() == record[name]
        whole = whole and record["file"] == SIGNED
    except (ValueError, TypeError, RecursionError) as error:
        raise PackBroken("signature", SIGNATURE, "it is not as it was written") from error
    if not whole:
        raise PackBroken("signature", SIGNATURE, "it is not as it was written")
    found: dict[str, Any] = record
    return found


def _listed(content: bytes, name: str) -> dict[str, str]:
    """The hash of each file that the list names; a line that is none ends the reading."""
    listed: dict[str, str] = {}
    lines = content.split(b"\n", MOST_FILES)
    if lines.pop() != b"":
        raise PackBroken("changed", name, f"its end is missing, or it has more than {MOST_FILES} lines")
    for number, line in enumerate(lines, start=1):
        digest, gap, place = line.decode(errors="replace").partition("  ")
        if len(digest) != 64 or not gap or not place or ".." in place.split("/") or place.startswith("/"):
            raise PackBroken("changed", name, f"line {number} is none of a manifest")
        listed[place] = digest
    return listed


def _check_tags(pack: PackSource, signed: bytes) -> None:
    listed = _listed(signed, SIGNED)
    if listed.keys() != TAGS:
        raise PackBroken("changed", SIGNED, f"it does not list {', '.join(sorted(TAGS))}, and these alone")
    for name, expected in listed.items():
        content = pack.read(name)
        if hashlib.sha256(content).hexdigest() == expected:
            continue
        lines = content.split(b"\n", MOST_FILES)
        end = lines.pop()
        if hashlib.sha256(b"\n".join([*sorted(lines, key=_named), end])).hexdigest() == expected:
            raise PackBroken("reordered", name, "its lines are not in their order")
        raise PackBroken("changed", name, "it is not what was signed")
    beside = {name for name in pack.sizes if not name.startswith("data/")} - listed.keys() - {SIGNED, SIGNATURE}
    if beside:
        raise PackBroken("added", min(beside), "the pack was signed without it")


def _named(line: bytes) -> bytes:
    return line.partition(b"  ")[2]


def _check_present(pack: PackSource, listed: Mapping[str, str]) -> None:
    there = {name for name in pack.sizes if name.startswith("data/")}
    if missing := listed.keys() - there:
        raise PackBroken("missing", min(missing), "the manifest lists it")
    if added := there - listed.keys():
        raise PackBroken("added", min(added), "the manifest does not list it")


def _check_bag(pack: PackSource) -> str:
    """The case's id, as the bag has it; PackBroken if it is no bag, or of another size than it says."""
    if pack.read(BAGIT_FILE) != BAGIT.encode():
        raise PackBroken("changed", BAGIT_FILE, "it is no bag of this form")
    lines = pack.read(INFO).decode(errors="replace").split("\n")
    info = {label: value for label, _, value in (line.partition(": ") for line in lines)}
    payload = [size for name, size in pack.sizes.items() if name.startswith("data/")]
    if info.get("Payload-Oxum") != f"{sum(payload)}.{len(payload)}":
        why = f"Payload-Oxum is {info.get('Payload-Oxum')}, there are {sum(payload)} bytes in {len(payload)} files"
        raise PackBroken("changed", INFO, why)
    return info.get("External-Identifier", "")


def _check_payload(listed: Mapping[str, str], found: Mapping[str, str], algorithm: str) -> None:
    if listed.keys() != found.keys():
        raise PackBroken("changed", SM3_LIST, "it lists other files than the manifest")
    owner = {digest: name for name, digest in listed.items()}
    for name in sorted(listed):
        if found[name] == listed[name]:
            continue
        if found[name] in owner:
            raise PackBroken("reordered", name, f"it holds what {owner[found[name]]} should")
        raise PackBroken("changed", name, f"its bytes do not give the signed {algorithm}")


def _hashes(pack: PackSource, name: str) -> tuple[str, str]:
    sha256, sm3 = hashlib.sha256(), new_sm3()
    for block in pack.blocks(name):
        sha256.update(block)
        sm3.update(block)
    return sha256.hexdigest(), sm3.hexdigest()


def check_content(pack: PackSource, found: Mapping[str, tuple[str, str]]) -> int:
    """How many segments have their place in a chain; PackBroken if a segment, clip or passport is not what it says.

    `found`: SHA-256 and SM3 of each file by its place in the pack. Clips and pictures are hashed, never decoded.
    """
    count = _check_place(pack, found)
    _check_passports(found)
    return count


def _check_place(pack: PackSource, found: Mapping[str, tuple[str, str]]) -> int:
    """How many segments have their place in a chain; each clip's note must name such segments and follow its own."""
    chained: set[str] = set()
    count = 0
    for name in sorted(name for name in found if name.endswith(_CHAIN)):
        with _as_written(name):
            in_record = check_record(_json(pack, name), name, lambda place: found.get(f"data/{place}", ("", "")))
        chained |= set(in_record.values())
        count += len(in_record)
    with _as_written(_CLIPS):
        for clip in _json(pack, _CLIPS):
            if clip["noted"] is not None:
                _check_clip(clip["file"], clip["noted"], found[f"data/{clip['file']}"][0], chained)
    return count


def _check_clip(file: str, noted: Mapping[str, Any], sha256: str, chained: Set[str]) -> None:
    if sha256 != noted["sha256"]:
        raise PackBroken("chain", file, "it is not the clip that was noted when it was cut")
    if chain_sha256(noted["before_sha256"], noted["sha256"]) != noted["chain_sha256"]:
        raise PackBroken("chain", file, "its note does not follow from the one before")
    if not {part["sha256"] for part in noted["segments"]} <= chained:
        raise PackBroken("chain", file, "it names a segment that is not in the chain")


def _check_passports(found: Mapping[str, tuple[str, str]]) -> None:
    for name, (sha256, _) in sorted(found.items()):
        if name.startswith("data/passports/") and Path(name).stem != sha256:
            raise PackBroken("chain", name, "the passport is not the version that its name says")


@contextmanager
def _as_written(name: str) -> Iterator[None]:
    """PackBroken for a record that was signed and is of another form than those that are written here."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackBroken("chain", name, "it is not of the form that a pack has") from error


def _json(pack: PackSource, name: str) -> Any:
    try:
        return json.loads(pack.read(name))
    except (ValueError, RecursionError) as error:
        raise PackBroken("changed", name, "it is no JSON") from error

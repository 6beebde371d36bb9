"""Checks a pack offline and names the first thing in it that is not what was signed."""

import base64
import filecmp
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bagit  # type: ignore[import-untyped]

from ingest.chain import chain_sha256
from ingest.disk import new_sm3
from review.due.audit import canonical
from review.due.errors import PackBroken, PackError, SignatureError
from review.due.keys import Signature, check_signature
from review.due.pack_chain import check_record
from review.due.pack_layout import MANIFEST, SIGNATURE, SIGNED, SM3_LIST, zip_pack

_SIGNATURE_KEYS = {"algorithm", "file", "public_key", "key_id", "signature"}
_MOST_ZIP_BYTES = 64 << 30


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
    with _opened(path) as folder:
        return _verify(folder, keys)


@contextmanager
def _opened(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise PackError(f"pack {path}: no such folder or zip; name one that `zhenyan evidence pack` made")
    with tempfile.TemporaryDirectory(prefix="zhenyan-pack-") as made:
        _unzip(path, Path(made))
        yield Path(made)


def _unzip(path: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _MOST_ZIP_BYTES:
                raise PackError(f"pack {path}: is larger than any pack; unpack it yourself and name the folder")
            for entry in entries:
                place = (target / entry.filename).resolve()
                if not place.is_relative_to(target.resolve()) or entry.is_dir() or place.exists():
                    raise PackBroken("added", entry.filename, "the zip has it twice, or out of place")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(entry))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise PackBroken("changed", path.name, f"the zip can't be read: {error}") from error
    names = [entry.filename for entry in entries]
    if names != sorted(names):
        raise PackBroken("reordered", path.name, "its entries are not in their order")
    again = zip_pack(target, target.parent / f"{target.name}.zip")
    try:
        same = filecmp.cmp(path, again, shallow=False)
    finally:
        again.unlink()
    if not same:
        _verify(target, None)
        raise PackBroken("changed", path.name, "its files are whole, the zip around them is not as it was written")


def _verify(folder: Path, keys: Mapping[str, str] | None) -> Verified:
    signature = _signature(folder)
    signed = _read(folder, SIGNED)
    known = {str(signature["key_id"]): str(signature["public_key"])} if keys is None else keys
    _check_tags(folder, signed)
    try:
        made = Signature(key_id=str(signature["key_id"]), signature=str(signature["signature"]))
        check_signature(signed, made, known)
    except SignatureError as error:
        raise PackBroken("signature", SIGNATURE, str(error)) from error
    listed = _listed(_read(folder, MANIFEST), MANIFEST)
    sm3 = _listed(_read(folder, SM3_LIST), SM3_LIST)
    _check_present(folder, listed)
    found = {name: _hashes(folder / name) for name in listed}
    _check_payload(listed, {name: pair[0] for name, pair in found.items()}, "SHA-256")
    _check_payload(sm3, {name: pair[1] for name, pair in found.items()}, "SM3")
    segment_count = check_content(folder, found)
    bag = bagit.Bag(str(folder))
    try:
        bag.validate(completeness_only=True)
    except bagit.BagValidationError as error:
        raise PackBroken("changed", MANIFEST, f"it is no whole bag: {error}") from error
    return Verified(
        case_id=str(bag.info.get("External-Identifier", "")),
        key_id=str(signature["key_id"]),
        known_key=keys is not None,
        file_count=len(listed),
        segment_count=segment_count,
    )


def _signature(folder: Path) -> dict[str, Any]:
    text = _read(folder, SIGNATURE)
    try:
        record = json.loads(text)
        plain = isinstance(record, dict) and record.keys() == _SIGNATURE_KEYS
        whole = plain and (canonical(record) + "\n").encode() == text and record["algorithm"] == "Ed25519"
        for name in ("public_key", "signature"):
            whole = whole and base64.b64encode(base64.b64decode(record[name], validate=True)).decode() == record[name]
        whole = whole and record["file"] == SIGNED
    except (ValueError, TypeError) as error:
        raise PackBroken("signature", SIGNATURE, "it is not as it was written") from error
    if not whole:
        raise PackBroken("signature", SIGNATURE, "it is not as it was written")
    found: dict[str, Any] = record
    return found


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise PackBroken("missing", name, "the file is not there")
    return path.read_bytes()


def _listed(content: bytes, name: str) -> dict[str, str]:
    listed: dict[str, str] = {}
    for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
        digest, gap, place = line.partition("  ")
        if len(digest) != 64 or not gap or not place or ".." in place.split("/") or place.startswith("/"):
            raise PackBroken("changed", name, f"line {number} is none of a manifest")
        listed[place] = digest
    return listed


def _check_tags(folder: Path, signed: bytes) -> None:
    listed = _listed(signed, SIGNED)
    for name, expected in listed.items():
        content = _read(folder, name)
        if hashlib.sha256(content).hexdigest() == expected:
            continue
        lines: list[bytes] = content.splitlines(keepends=True)
        lines.sort(key=_named)
        if hashlib.sha256(b"".join(lines)).hexdigest() == expected:
            raise PackBroken("reordered", name, "its lines are not in their order")
        raise PackBroken("changed", name, "it is not what was signed")
    beside = {path.name for path in folder.iterdir()} - listed.keys() - {"data", SIGNED, SIGNATURE}
    if beside:
        raise PackBroken("added", min(beside), "the pack was signed without it")


def _named(line: bytes) -> bytes:
    return line.partition(b"  ")[2]


def _check_present(folder: Path, listed: Mapping[str, str]) -> None:
    there = {path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if not path.is_dir()}
    links = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink()}
    if links:
        raise PackBroken("added", min(links), "it is a link, not a file")
    if missing := listed.keys() - there:
        raise PackBroken("missing", min(missing), "the manifest lists it")
    if added := there - listed.keys():
        raise PackBroken("added", min(added), "the manifest does not list it")


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


def _hashes(path: Path) -> tuple[str, str]:
    sha256, sm3 = hashlib.sha256(), new_sm3()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
            sm3.update(block)
    return sha256.hexdigest(), sm3.hexdigest()


def check_content(folder: Path, found: Mapping[str, tuple[str, str]]) -> int:
    """How many segments have their place in a chain; PackBroken if a segment, clip or passport is not what it says.

    `found`: SHA-256 and SM3 of each file by its place in the pack.
    """
    count = _check_place(folder, found)
    _check_passports(found)
    return count


def _check_place(folder: Path, found: Mapping[str, tuple[str, str]]) -> int:
    """How many segments have their place in a chain; each clip's note must name such segments and follow its own."""
    chained: set[str] = set()
    count = 0
    for name in sorted(name for name in found if name.endswith("/chain.json")):
        record = _json(folder, name)
        in_record = check_record(record, name, lambda place: found.get(f"data/{place}", ("", "")))
        chained |= set(in_record.values())
        count += len(in_record)
    for clip in _json(folder, "data/clips.json"):
        noted = clip["noted"]
        if noted is None:
            continue
        if found[f"data/{clip['file']}"][0] != noted["sha256"]:
            raise PackBroken("chain", clip["file"], "it is not the clip that was noted when it was cut")
        if chain_sha256(noted["before_sha256"], noted["sha256"]) != noted["chain_sha256"]:
            raise PackBroken("chain", clip["file"], "its note does not follow from the one before")
        if not {part["sha256"] for part in noted["segments"]} <= chained:
            raise PackBroken("chain", clip["file"], "it names a segment that is not in the chain")
    return count


def _check_passports(found: Mapping[str, tuple[str, str]]) -> None:
    for name, (sha256, _) in sorted(found.items()):
        if name.startswith("data/passports/") and Path(name).stem != sha256:
            raise PackBroken("chain", name, "the passport is not the version that its name says")


def _json(folder: Path, name: str) -> Any:
    try:
        return json.loads(_read(folder, name))
    except ValueError as error:
        raise PackBroken("changed", name, "it is no JSON") from error

"""Policies as folders and as packed bytes, and which of them is in force on this machine."""

import io
import json
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from claims.errors import PolicyError
from claims.policy.policy import Policy
from review.policies.errors import PolicyPackError

POLICIES = "policies"
_IN_FORCE = "in-force.json"
_SUFFIXES = (".yaml", ".txt")
_MOST_BYTES = 50_000_000
_MOST_FILES = 1_000
_ALWAYS = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPolicy:
    """A policy that was read: its name and hash, and where it lies."""

    name: str
    digest: str
    folder: Path


def pack_policy(folder: Path) -> bytes:
    """The policy's files as a ZIP; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for suffix in _SUFFIXES for path in folder.rglob(f"*{suffix}")):
            name = path.relative_to(folder).as_posix()
            archive.writestr(zipfile.ZipInfo(name, _ALWAYS), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def unpack_policy(content: bytes, root: Path) -> Policy:
    """The packed policy, checked and lying in `root` under its hash; PolicyPackError and PolicyError say what is wrong.

    It is unpacked beside and moved into place as a whole: another process finds all of it or nothing.
    """
    root.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=".unpacking-", dir=root))
    try:
        for name, data in _files(content):
            target = beside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        try:
            digest = Policy(beside).digest
        except PolicyError as error:
            # The place where it was unpacked tells its author nothing.
            raise PolicyPackError(str(error).replace(f"{beside}/", "").replace(str(beside), ".")) from error
        target = root / digest
        if not target.is_dir():
            beside.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Policy(target)


def in_force_folder(data_dir: Path) -> Path | None:
    """The folder of the policy that went live; None: the packaged one is in force."""
    pointer = data_dir / POLICIES / _IN_FORCE
    try:
        digest = str(json.loads(pointer.read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    folder = data_dir / POLICIES / PurePosixPath(digest).name
    return folder if folder.is_dir() else None


def put_in_force(data_dir: Path, digest: str | None) -> None:
    """From now on `in_force_folder` gives this policy, which lies there; None: the packaged one."""
    pointer = data_dir / POLICIES / _IN_FORCE
    if digest is None:
        pointer.unlink(missing_ok=True)
        return
    beside = pointer.with_suffix(".part")
    beside.write_text(json.dumps({"digest": digest}) + "\n", encoding="utf-8")
    beside.replace(pointer)


def _files(content: bytes) -> list[tuple[PurePosixPath, bytes]]:
    """The policy's files; a folder that holds all of them is left out of their names."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
            if len(entries) > _MOST_FILES or sum(info.file_size for info in entries) > _MOST_BYTES:
                raise PolicyPackError(f"holds more than {_MOST_FILES} files or {_MOST_BYTES // 1_000_000} MB")
            found = [(_name(info.filename), archive.read(info)) for info in entries]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise PolicyPackError("is no ZIP that can be read") from error
    names = [name for name, _ in found]
    top = names[0].parts[0] if names else ""
    if names and all(len(name.parts) > 1 and name.parts[0] == top for name in names):
        found = [(name.relative_to(top), data) for name, data in found]
    kept = [(name, data) for name, data in found if name.suffix in _SUFFIXES]
    if PurePosixPath("policy.yaml") not in {name for name, _ in kept}:
        raise PolicyPackError("holds no policy.yaml")
    return kept


def _name(filename: str) -> PurePosixPath:
    name = PurePosixPath(filename)
    if name.is_absolute() or ".." in name.parts or "\\" in filename or not name.parts or "\0" in filename:
        raise PolicyPackError(f"names a file outside of its folder: {filename[:80]!r}")
    return name

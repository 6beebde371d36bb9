"""An append-only trail: each entry carries the hash of the one before, so that no change of the past stays hidden."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from review.audit.errors import AuditFileError

Detail = str | int | bool | None | Sequence[str]
FORMAT = "zhenyan-audit/1"
ORIGIN = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to what, and when.

    `details` is canonical JSON (sorted keys, no spaces): kept as text, so that every byte of it is covered.
    """

    sequence: int
    at_ms: int
    actor: str
    action: str
    subject: str
    details: str
    previous_sha256: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry's number and hash: kept elsewhere, it shows that nothing before it was changed or cut off."""

    sequence: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place at which the trail is not what it was."""

    sequence: int
    kind: Literal["changed", "dropped", "added", "reordered"]
    why: str

    def __str__(self) -> str:
        return f"entry {self.sequence} {self.kind}: {self.why}"


def canonical(value: Mapping[str, object]) -> str:
    """The one spelling of this JSON object: sorted keys, no spaces, UTF-8 as it is; TypeError for a float."""
    _refuse_floats(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a float has more than one spelling; use an integer")
    if isinstance(value, Mapping):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)


def hash_of(entry: AuditEntry) -> str:
    """SHA-256 over the canonical JSON of everything but the hash itself."""
    content = asdict(entry)
    del content["sha256"]
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def next_entry(
    head: Head, *, at_ms: int, actor: str, action: str, subject: str, details: Mapping[str, Detail]
) -> AuditEntry:
    """The entry that follows this head."""
    entry = AuditEntry(
        sequence=head.sequence + 1,
        at_ms=at_ms,
        actor=actor,
        action=action,
        subject=subject,
        details=canonical(details),
        previous_sha256=head.sha256,
        sha256="",
    )
    return replace(entry, sha256=hash_of(entry))


def verify(entries: Iterable[AuditEntry], head: Head | None = None, anchors: Sequence[Head] = ()) -> Break | None:
    """The first break; None: the trail is whole.

    `head`: what the store says is the last entry; without it, entries cut off the end are not missed. `anchors`: heads
    kept outside, which even somebody who can rewrite the whole store can't change.
    """
    expected = Head(sequence=0, sha256=ORIGIN)
    anchored = {anchor.sequence: anchor.sha256 for anchor in anchors}
    rest = iter(entries)
    for entry in rest:
        found = _follows(entry, expected, rest)
        if found is not None:
            return found
        if anchored.get(entry.sequence, entry.sha256) != entry.sha256:
            return Break(sequence=entry.sequence, kind="changed", why="its hash is not the one anchored outside")
        expected = Head(sequence=entry.sequence, sha256=entry.sha256)
    last = max([expected.sequence, *anchored, *([head.sequence] if head else [])])
    if last > expected.sequence:
        return Break(sequence=expected.sequence + 1, kind="dropped", why=f"the trail goes up to {last}")
    if head is not None and head != expected:
        kind: Literal["added", "changed"] = "added" if head.sequence < expected.sequence else "changed"
        return Break(sequence=min(head.sequence + 1, expected.sequence), kind=kind, why="it is not what the head says")
    return None


def _follows(entry: AuditEntry, before: Head, rest: Iterator[AuditEntry]) -> Break | None:
    if hash_of(entry) != entry.sha256:
        return Break(sequence=entry.sequence, kind="changed", why="its content does not give its hash")
    wanted = before.sequence + 1
    if entry.sequence == wanted:
        if entry.previous_sha256 == before.sha256:
            return None
        return Break(sequence=entry.sequence, kind="changed", why="it does not follow from the entry before")
    if entry.sequence < wanted:
        return Break(sequence=entry.sequence, kind="added", why=f"it stands where entry {wanted} should")
    if any(later.sequence == wanted for later in rest):
        return Break(sequence=wanted, kind="reordered", why=f"it comes after entry {entry.sequence}")
    return Break(sequence=wanted, kind="dropped", why=f"entry {entry.sequence} comes after entry {wanted - 1}")


def export_lines(entries: Iterable[AuditEntry], head: Head) -> Iterator[str]:
    """The trail as JSONL: the head first, then each entry, every line in its one spelling."""
    yield canonical({"format": FORMAT, "sequence": head.sequence, "sha256": head.sha256}) + "\n"
    for entry in entries:
        yield canonical(asdict(entry)) + "\n"


def read_export(path: Path) -> tuple[Head, list[AuditEntry]]:
    """Head and entries of an exported trail; AuditFileError names the line that is not as it was written."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise AuditFileError(f"audit trail {path}: cannot be read: {error.strerror}; name an exported file") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise AuditFileError(f"audit trail {path}: line {line} changed: it is no UTF-8") from error
    lines = text.split("\n")
    if lines.pop() != "":
        raise AuditFileError(f"audit trail {path}: line {len(lines) + 1} changed: its end is missing")
    if not lines:
        raise AuditFileError(f"audit trail {path}: line 1 dropped: the file is empty")
    header = _object(path, 1, lines[0])
    if header.keys() != {"format", "sequence", "sha256"} or header["format"] != FORMAT:
        raise AuditFileError(f"audit trail {path}: line 1 changed: it is no head of {FORMAT}")
    head = Head(sequence=_number(path, 1, header["sequence"]), sha256=str(header["sha256"]))
    return head, [_entry(path, number, line) for number, line in enumerate(lines[1:], start=2)]


def _object(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        content = json.loads(line)
        whole = isinstance(content, dict) and canonical(content) == line
    except (ValueError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise AuditFileError(f"audit trail {path}: line {number} changed: it is not spelled as it was written")
    found: dict[str, object] = content
    return found


def _number(path: Path, number: int, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise AuditFileError(f"audit trail {path}: line {number} changed: {value!r} is no number")
    return value


def _entry(path: Path, number: int, line: str) -> AuditEntry:
    content = _object(path, number, line)
    if content.keys() != {field.name for field in fields(AuditEntry)}:
        raise AuditFileError(f"audit trail {path}: line {number} changed: it is no entry")
    numbers = {name: _number(path, number, content[name]) for name in ("sequence", "at_ms")}
    texts = {name: str(value) for name, value in content.items() if name not in numbers}
    return AuditEntry(**numbers, **texts)  # type: ignore[arg-type]

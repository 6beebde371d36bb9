"""By what a broadcast is judged, kept beside its recording: passports, the platform's facts, steps, what was read."""

import base64
import binascii
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from claims.classifier.encoding_cache import Directions, keeps_directions
from claims.classifier.reading import Reader
from claims.types import Passage, PlatformFact
from ingest.recording.disk import append_line, is_full
from ingest.recording.manifest import MANIFEST
from vision.products.timeline import Evidence, EvidenceKind

BASIS = "basis"
_FACTS = "facts.jsonl"
_STEPS = "steps.jsonl"
_READ = "read-{encoder}.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What was judged together: which passages, and what was seen of products, once all up to `until_ms` was there.

    `sequence`: the segment; None: the broadcast was over.
    """

    sequence: int | None
    until_ms: int
    passage_ids: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()


def keep_basis(recording: Path, passports: Mapping[str, str], facts: Iterable[PlatformFact]) -> None:
    """Keeps each passport's text under its version, and the facts; what is there already stays.

    `passports`: text by version, as `claims.passports.load.passport_texts` gives it.
    """
    folder = recording / BASIS
    folder.mkdir(parents=True, exist_ok=True)
    for version, text in passports.items():
        path = folder / _name(version)
        if not path.is_file():
            path.write_text(text, encoding="utf-8")
    (folder / _FACTS).write_text("".join(f"{fact.model_dump_json()}\n" for fact in facts), encoding="utf-8")


def drop_unused_basis(recording: Path) -> None:
    """Removes what was kept for a broadcast of which nothing was recorded."""
    if (recording / MANIFEST).is_file() or not recording.is_dir():
        return
    shutil.rmtree(recording / BASIS, ignore_errors=True)
    if not any(recording.iterdir()):
        recording.rmdir()


def passport_text(recording: Path, version: str) -> str | None:
    """The passport's text whose SHA-256 is its version; None where it was not kept."""
    path = recording / BASIS / _name(version)
    return path.read_text(encoding="utf-8") if path.is_file() else None


def read_kept_facts(recording: Path) -> list[PlatformFact]:
    """The platform's facts by which the broadcast was judged; none for a recording made before they were kept."""
    path = recording / BASIS / _FACTS
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [PlatformFact.model_validate_json(line) for line in lines]


def keep_step(
    recording: Path,
    sequence: int | None,
    until_ms: int,
    passages: Sequence[Passage],
    evidence: Sequence[Evidence] = (),
) -> None:
    """Keeps a step of the judging, so that it can be repeated; a full disk costs the step and nothing else."""
    row = {
        "n": sequence,
        "until_ms": until_ms,
        "passages": [passage.id for passage in passages],
        "evidence": [asdict(one) for one in evidence],
    }
    try:
        (recording / BASIS).mkdir(parents=True, exist_ok=True)
        append_line(recording / BASIS / _STEPS, json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    except OSError as error:
        if not is_full(error):
            raise


def read_kept_steps(recording: Path) -> tuple[Step, ...]:
    """The steps in their order, each as it was taken last; none for a recording made before they were kept."""
    path = recording / BASIS / _STEPS
    if not path.is_file():
        return ()
    taken: dict[int | None, Step] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        taken[row["n"]] = Step(
            sequence=row["n"],
            until_ms=row["until_ms"],
            passage_ids=tuple(row["passages"]),
            evidence=tuple(Evidence(**(one | {"kind": EvidenceKind(one["kind"])})) for one in row["evidence"]),
        )
    return tuple(sorted(taken.values(), key=lambda step: (step.sequence is None, step.sequence or 0)))


def keep_directions(recording: Path, directions: Directions) -> None:
    """Keeps what the semantic layer's encoder read, so that nobody need read it again.

    It can be read anew: a crash or a full disk may cost it, and nothing waits for it.
    """
    if not directions.by_text:
        return
    row = {key: base64.b64encode(direction).decode("ascii") for key, direction in directions.by_text.items()}
    try:
        (recording / BASIS).mkdir(parents=True, exist_ok=True)
        path = recording / BASIS / _READ.format(encoder=directions.encoder)
        append_line(path, json.dumps(row, separators=(",", ":")), durable=False)
    except OSError as error:
        if not is_full(error):
            raise


def read_kept_directions(recording: Path, encoder: str) -> Directions:
    """What this encoder read of the broadcast; a line that can't be read is left out."""
    path = recording / BASIS / _READ.format(encoder=encoder)
    by_text: dict[str, bytes] = {}
    for line in path.read_text(encoding="ascii", errors="replace").splitlines() if path.is_file() else ():
        try:
            row = json.loads(line)
            by_text |= {key: base64.b64decode(direction, validate=True) for key, direction in row.items()}
        except (ValueError, AttributeError, TypeError, binascii.Error):
            continue
    return Directions(encoder=encoder, by_text=by_text)


def recall_directions(recording: Path, reader: Reader) -> None:
    """Has the semantic layer go on with what its encoder read when the broadcast was judged first."""
    if keeps_directions(reader) and reader.encoder_key is not None:
        reader.recall(read_kept_directions(recording, reader.encoder_key).by_text)


def _name(version: str) -> str:
    digits = "".join(char for char in version.removeprefix("sha256:") if char in "0123456789abcdef")
    return f"passport-{digits}.json"

"""A case's evidence as a signed BagIt folder or zip that plays by itself, without a network."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from claims.law.texts import StatuteTexts
from ingest.recording.disk import new_sm3
from review.audit.chain import canonical
from review.audit.keys import KeyRing
from review.cases.types import Decision
from review.evidence_packs.chain import chain_record
from review.evidence_packs.contents import Dossier, PackedClip, PackedStream, coverage_record
from review.evidence_packs.errors import PackError
from review.evidence_packs.layout import (
    BAGIT,
    BAGIT_FILE,
    BLOCK_BYTES,
    FORMAT,
    INFO,
    MANIFEST,
    SIGNATURE,
    SIGNED,
    SM3_LIST,
)
from review.evidence_packs.pages import pages
from review.evidence_packs.pictures import shown
from review.evidence_packs.source import FolderSource
from review.evidence_packs.verification import check_content


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    """A file of the payload: its place under `data/`, and its bytes or where they lie."""

    place: str
    content: bytes | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who makes the pack: the person or program that asked, by name or id, and when."""

    name: str
    at_ms: int


def contents(
    dossier: Dossier, maker: Maker, class_names: Mapping[str, tuple[str, str]], laws: StatuteTexts | None = None
) -> Iterator[PackFile]:
    """Every file of the payload, the pages first; `laws`: by which citations are printed."""
    places = {clip.finding_id: f"clips/{number:03}.mp4" for number, clip in enumerate(dossier.clips)}
    posters = {clip.finding_id: places[clip.finding_id][:-4] + ".jpg" for clip in dossier.clips if clip.poster}
    drawn = {each.finding_id: each for each in shown(dossier)}
    pictures = {finding_id: tuple(_pictures(places[finding_id], len(each.crops))) for finding_id, each in drawn.items()}
    texts = laws or StatuteTexts.none()
    for name, page in pages(dossier, places, posters, pictures, class_names, texts, maker.name, maker.at_ms).items():
        yield PackFile(place=name, content=page.encode())
    yield _json("case.json", _case(dossier, maker))
    yield _json("findings.json", [stored.finding.to_json() for stored in dossier.findings])
    if dossier.corrections:
        yield _json("corrections.json", _corrections(dossier))
    yield _json("decisions.json", [_decision(dossier, each) for each in dossier.decisions])
    yield _json("clips.json", [_clip(clip, places) for clip in dossier.clips])
    for version_id, text in dossier.passports:
        yield PackFile(place=f"passports/{version_id.removeprefix('sha256:')}.json", content=text.encode())
    for clip in dossier.clips:
        yield PackFile(place=places[clip.finding_id], content=clip.path)
        if clip.poster is not None:
            yield PackFile(place=posters[clip.finding_id], content=clip.poster)
    for finding_id, each in drawn.items():
        for place, content in zip(pictures[finding_id], (each.frame, *each.crops), strict=True):
            yield PackFile(place=place, content=content)
    for number, packed in enumerate(dossier.streams):
        yield from _stream(f"streams/{number:02}", packed)


def _pictures(clip: str, crops: int) -> Iterator[str]:
    """Where the marked still of this clip stands, and each of its words."""
    yield clip.replace(".mp4", "-screen.jpg")
    yield from (clip.replace(".mp4", f"-words-{number}.jpg") for number in range(1, crops + 1))


def _stream(folder: str, packed: PackedStream) -> Iterator[PackFile]:
    kept = {segment.sequence: f"{folder}/segments/{segment.path.name}" for segment in packed.kept}
    stream = packed.stream
    yield _json(
        f"{folder}/capture.json",
        {
            "stream_id": stream.stream_id,
            "source": stream.source,
            "title": stream.title,
            "host": asdict(stream.host),
            "started_at": stream.started_at.isoformat() if stream.started_at else None,
            "log": list(packed.log),
            "coverage": coverage_record(packed.coverage),
        },
    )
    yield _json(f"{folder}/chain.json", chain_record(stream.stream_id, packed.segments, packed.runs, kept))
    yield _lines(f"{folder}/transcript.jsonl", [passage.model_dump_json() for passage in packed.passages])
    yield _lines(f"{folder}/facts.jsonl", [fact.model_dump_json() for fact in packed.facts])
    for segment in packed.kept:
        yield PackFile(place=kept[segment.sequence], content=segment.path)


def _case(dossier: Dossier, maker: Maker) -> dict[str, object]:
    case = dossier.case
    return {
        "format": FORMAT,
        "case_id": case.id,
        "host": {"id": case.host_id, "name": case.host_name, "platform": case.platform},
        "product_id": case.product_id,
        "product_name": case.product_name,
        "class": case.class_id,
        "severity": case.severity,
        "state": case.state.value,
        "quote": case.quote,
        "opened_at_ms": case.opened_at_ms,
        "changed_at_ms": case.changed_at_ms,
        "made_by": maker.name,
        "made_at_ms": maker.at_ms,
        "made_with": f"zhenyan {version('zhenyan')}",
        "method": "copied from the store and the recordings; clips hold the received packets where `copied` is true",
    }


def _decision(dossier: Dossier, decision: Decision) -> dict[str, object]:
    record: dict[str, object] = asdict(decision)
    record |= {name: str(record[name]) for name in ("choice", "before", "after")}
    return record | {"person": dossier.names.get(decision.person_id, decision.person_id)}


def _corrections(dossier: Dossier) -> dict[str, object]:
    """What was corrected, original and correction, and the findings as they stood before; outside nobody is named."""
    corrections = []
    for correction in dossier.corrections:
        record: dict[str, object] = asdict(correction)
        name = dossier.names.get(correction.person_id, correction.person_id)
        corrections.append(record | ({"person": name} if dossier.inside else {"person_id": None, "why": ""}))
    return {
        "corrections": corrections,
        "superseded": [
            one.finding.to_json() | {"superseded_by": one.heir, "correction_id": one.correction_id}
            for one in dossier.superseded
        ],
    }


def _clip(clip: PackedClip, places: Mapping[str, str]) -> dict[str, object]:
    return {
        "finding_id": clip.finding_id,
        "file": places[clip.finding_id],
        "start_ms": clip.start_ms,
        "noted": clip.row,
    }


def _json(place: str, value: object) -> PackFile:
    return PackFile(place=place, content=(json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def _lines(place: str, lines: Sequence[str]) -> PackFile:
    return PackFile(place=place, content="".join(f"{line}\n" for line in lines).encode())


def write_pack(files: Iterator[PackFile], folder: Path, keys: KeyRing, maker: Maker, case_id: str) -> Path:
    """The pack as a folder that must not exist yet: there whole or not at all.

    PackError where it can't be written; PackBroken, and nothing is signed, if its content contradicts itself.
    """
    if folder.exists():
        raise PackError(f"pack {folder}: exists already; name another folder, or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".pack-"))
    try:
        _fill(files, unfinished, keys, maker, case_id)
        unfinished.rename(folder)
    except OSError as error:
        raise PackError(f"pack {folder}: cannot be written: {error.strerror}; name another folder") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _fill(files: Iterator[PackFile], folder: Path, keys: KeyRing, maker: Maker, case_id: str) -> None:
    sums: dict[str, tuple[str, str]] = {}
    byte_count = 0
    for file in files:
        target = folder / "data" / file.place
        target.parent.mkdir(parents=True, exist_ok=True)
        sha256, sm3, length = _copy(file.content, target)
        sums[f"data/{file.place}"] = sha256, sm3
        byte_count += length
    check_content(FolderSource(folder), sums)
    day = datetime.fromtimestamp(maker.at_ms / 1000, UTC).strftime("%Y-%m-%d")
    tags = {
        BAGIT_FILE: BAGIT,
        INFO: f"Bag-Software-Agent: zhenyan {version('zhenyan')}\nBagging-Date: {day}\n"
        f"External-Identifier: {case_id}\nPayload-Oxum: {byte_count}.{len(sums)}\n",
        MANIFEST: "".join(f"{sums[name][0]}  {name}\n" for name in sorted(sums)),
        SM3_LIST: "".join(f"{sums[name][1]}  {name}\n" for name in sorted(sums)),
    }
    tags[SIGNED] = "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(tags.items())
    )
    for name, text in tags.items():
        (folder / name).write_text(text, encoding="utf-8")
    signed = keys.sign(tags[SIGNED].encode(), maker.at_ms)
    public = keys.public_keys()[signed.key_id]
    record = {"algorithm": "Ed25519", "file": SIGNED, "public_key": public} | asdict(signed)
    (folder / SIGNATURE).write_text(canonical(record) + "\n", encoding="utf-8")


def _copy(content: bytes | Path, target: Path) -> tuple[str, str, int]:
    """Writes the file; gives SHA-256, SM3 and length of what was written."""
    sha256, sm3, length = hashlib.sha256(), new_sm3(), 0
    with target.open("wb") as written:
        for block in _blocks(content):
            sha256.update(block)
            sm3.update(block)
            written.write(block)
            length += len(block)
    return sha256.hexdigest(), sm3.hexdigest(), length


def _blocks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while block := source.read(BLOCK_BYTES):
            yield block

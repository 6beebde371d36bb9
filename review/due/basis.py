"""By what a broadcast is judged, kept beside its recording: passports as they were, and the platform's facts."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from claims.types import PlatformFact
from ingest.manifest import MANIFEST

BASIS = "basis"
_FACTS = "facts.jsonl"


def keep_basis(recording: Path, passports: Mapping[str, str], facts: Iterable[PlatformFact]) -> None:
    """Keeps each passport's text under its version, and the facts; what is there already stays.

    `passports`: text by version, as `claims.passport_load.passport_texts` gives it.
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


def _name(version: str) -> str:
    digits = "".join(char for char in version.removeprefix("sha256:") if char in "0123456789abcdef")
    return f"passport-{digits}.json"

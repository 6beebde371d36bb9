"""The static pages of a pack: they play from a file URL with nothing but what lies beside them."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from claims.law.texts import StatuteTexts
from claims.types import Passage
from review.enforcement.notice_pages import shown_time
from review.evidence_packs.contents import Dossier, PackedClip, PackedStream
from review.presentation.catalogues import LANGUAGES, Language
from review.presentation.findings import stream_clock
from review.presentation.language import Words
from review.streams.types import StoredFinding

_PAGE_NAMES: Mapping[Language, str] = {"zh": "index.html", "en": "index.en.html"}
_NEAR_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A finding with what is shown beside it; `file` None: no clip. `pictures`: the marked still, then its words."""

    stored: StoredFinding
    clip: PackedClip | None
    file: str | None
    poster: str | None
    pictures: tuple[str, ...]
    lines: tuple[Passage, ...]


def pages(
    dossier: Dossier,
    places: Mapping[str, str],
    posters: Mapping[str, str],
    pictures: Mapping[str, tuple[str, ...]],
    class_names: Mapping[str, tuple[str, str]],
    laws: StatuteTexts,
    made_by: str,
    made_at_ms: int,
) -> dict[str, str]:
    """The page in each language, by file name."""
    clips = {clip.finding_id: clip for clip in dossier.clips}
    shown = [
        _Shown(
            stored=stored,
            clip=clips.get(stored.finding.finding_id),
            file=places.get(stored.finding.finding_id),
            poster=posters.get(stored.finding.finding_id),
            pictures=pictures.get(stored.finding.finding_id, ()),
            lines=_lines(dossier, stored),
        )
        for stored in dossier.findings
    ]
    script = (Path(__file__).parent / "templates" / "pack.js").read_text(encoding="utf-8")
    values = {
        "dossier": dossier,
        "case": dossier.case,
        "shown": shown,
        "streams": [(f"streams/{number:02}", stream) for number, stream in enumerate(dossier.streams)],
        "passports": [
            (version_id, json.dumps(json.loads(text), ensure_ascii=False, indent=2))
            for version_id, text in dossier.passports
        ],
        "class_names": class_names,
        "laws": laws,
        "made_by": made_by,
        "made_at": shown_time(made_at_ms),
        "made_with": f"zhenyan {version('zhenyan')}",
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "page_names": _PAGE_NAMES,
    }
    template = _templates().get_template("pack.html")
    return {
        _PAGE_NAMES[language]: template.render(t=Words(language), language=language, **values) for language in LANGUAGES
    }


def _lines(dossier: Dossier, stored: StoredFinding) -> tuple[Passage, ...]:
    finding = stored.finding
    stream: PackedStream | None = next(
        (packed for packed in dossier.streams if packed.stream.stream_id == finding.stream_id), None
    )
    if stream is None:
        return ()
    start_ms, end_ms = finding.start_ms - _NEAR_MS, finding.end_ms + _NEAR_MS
    return tuple(passage for passage in stream.passages if passage.end_ms > start_ms and passage.start_ms < end_ms)


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(at=shown_time, clock=stream_clock, utc=_utc)
    return templates

"""What the pages show of a finding, worked out before any template is filled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from claims.types import ExemptionTrial, Finding, Passage
from review.highlight import Piece, mark_quote
from review.laws import Article, Laws
from review.types import StoredFinding, StreamRecord

CONTEXT_MS = 15_000
RUN_UP_MS = 3_000
_PLACED = re.compile(r"f\d+-(?P<left>\d+)-(?P<top>\d+)")
_MITIGATING = frozenset({"corrected"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding with what a reviewer reads it by; `at` is stream time, `wall_clock` the host's clock.

    `laws`: each citation with its text, None where that is not packaged. `mitigating`: trials that apply and speak for
    the host without making the claim lawful; `tried`: all others, those that apply first.
    """

    finding: Finding
    stream: StreamRecord
    product_name: str
    at: str
    wall_clock: str
    laws: tuple[tuple[str, Article | None], ...]
    mitigating: tuple[ExemptionTrial, ...]
    tried: tuple[ExemptionTrial, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLine:
    """A passage near the finding; `own` says that the finding was made from it."""

    passage: Passage
    at: str
    own: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipView:
    """Where the hit lies in the clip and where playing starts, in ms from the clip's first frame.

    `start_ms` is the stream time of that frame. `corner_px`: left and top of the words on the frame, for a finding
    from the screen; None: it was heard, or its place is not known.
    """

    finding_id: str
    start_ms: int
    hit_start_ms: int
    hit_end_ms: int
    play_from_ms: int
    corner_px: tuple[int, int] | None = None


def stream_clock(at_ms: int) -> str:
    """Stream time as people read it: `12:07`, from the first hour on `1:02:07`."""
    minutes, seconds = divmod(at_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def hours_clock(length_ms: int) -> str:
    """A wait in hours and minutes: `1:42`."""
    hours, minutes = divmod(max(0, length_ms) // 60_000, 60)
    return f"{hours}:{minutes:02}"


def finding_view(stored: StoredFinding, stream: StreamRecord, laws: Laws) -> FindingView:
    """The finding as the claim card shows it."""
    finding = stored.finding
    names = {product.product_id: product.name for product in stream.products}
    moment = None if stream.started_at is None else stream.started_at + timedelta(milliseconds=finding.start_ms)
    mitigating = tuple(trial for trial in finding.exemptions if trial.applies and trial.id in _MITIGATING)
    others = [trial for trial in finding.exemptions if trial not in mitigating]
    return FindingView(
        finding=finding,
        stream=stream,
        product_name="" if finding.product_id is None else names.get(finding.product_id, finding.product_id),
        at=stream_clock(finding.start_ms),
        wall_clock="" if moment is None else moment.strftime("%H:%M:%S"),
        laws=tuple((cited, laws.article(cited)) for cited in finding.law),
        mitigating=mitigating,
        tried=tuple(sorted(others, key=lambda trial: not trial.applies)),
    )


def context_lines(finding: Finding, passages: Sequence[Passage]) -> tuple[ContextLine, ...]:
    """The passages around a finding in the order of the broadcast, with the quotation marked in its own."""
    own = [passage for passage in passages if passage.id in finding.passage_ids]
    marked = dict(
        zip((passage.id for passage in own), mark_quote([passage.text for passage in own], finding.quote), strict=True)
    )
    return tuple(
        ContextLine(
            passage=passage,
            at=stream_clock(passage.start_ms),
            own=passage.id in marked,
            pieces=marked.get(passage.id, (Piece(text=passage.text, quoted=False),)),
        )
        for passage in passages
    )


def clip_view(stored: StoredFinding) -> ClipView | None:
    """The clip and the hit in it; None: there is no clip yet. A clip of unknown start is taken to have the run-up."""
    finding = stored.finding
    if finding.clip is None:
        return None
    clip_start_ms = finding.start_ms - RUN_UP_MS if stored.clip_start_ms is None else stored.clip_start_ms
    hit_start_ms = max(0, finding.start_ms - clip_start_ms)
    return ClipView(
        finding_id=finding.finding_id,
        start_ms=clip_start_ms,
        hit_start_ms=hit_start_ms,
        hit_end_ms=max(hit_start_ms, finding.end_ms - clip_start_ms),
        play_from_ms=max(0, hit_start_ms - RUN_UP_MS),
        corner_px=_corner(finding),
    )


def _corner(finding: Finding) -> tuple[int, int] | None:
    if finding.channel != "screen":
        return None
    placed = next((found for found in map(_PLACED.fullmatch, finding.passage_ids) if found), None)
    return None if placed is None else (int(placed["left"]), int(placed["top"]))

"""What the pages show of a finding, worked out before any template is filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from claims.types import Finding, Passage
from review.highlight import Piece, mark_quote
from review.labels import CHANNELS, LAW_STATUS, SEVERITIES, Label, label_of
from review.types import StoredFinding, StreamRecord

CONTEXT_MS = 15_000
RUN_UP_MS = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding with the words a reviewer reads it in; `at` is stream time, `wall_clock` the host's clock."""

    finding: Finding
    stream: StreamRecord
    class_label: Label
    severity: Label
    channel: Label
    law_status: Label
    product_name: str
    at: str
    wall_clock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLine:
    """A passage near the finding; `own` says that the finding was made from it."""

    passage: Passage
    channel: Label
    at: str
    own: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipView:
    """Where the hit lies in the clip and where playing starts, in ms from the clip's first frame.

    `start_ms` is the stream time of that frame.
    """

    finding_id: str
    start_ms: int
    hit_start_ms: int
    hit_end_ms: int
    play_from_ms: int


def stream_clock(at_ms: int) -> str:
    """Stream time as people read it: `12:07`, from the first hour on `1:02:07`."""
    minutes, seconds = divmod(at_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def finding_view(
    stored: StoredFinding, stream: StreamRecord, class_names: Mapping[str, tuple[str, str]]
) -> FindingView:
    """The finding in words; a class that the mapping does not hold is shown by its id."""
    finding = stored.finding
    names = {product.product_id: product.name for product in stream.products}
    moment = None if stream.started_at is None else stream.started_at + timedelta(milliseconds=finding.start_ms)
    return FindingView(
        finding=finding,
        stream=stream,
        class_label=Label(*class_names.get(finding.class_id, (finding.class_id, ""))),
        severity=label_of(SEVERITIES, finding.severity),
        channel=CHANNELS[finding.channel],
        law_status=label_of(LAW_STATUS, finding.law_status),
        product_name="" if finding.product_id is None else names.get(finding.product_id, finding.product_id),
        at=stream_clock(finding.start_ms),
        wall_clock="" if moment is None else moment.strftime("%H:%M:%S"),
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
            channel=CHANNELS[passage.channel],
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
    )

"""What the pages show of a finding, worked out before any template is filled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from claims.law.texts import Article, StatuteTexts, day_of
from claims.types import ExemptionTrial, Finding, FrameBox, Passage
from review.presentation.highlight import Piece, mark_quote, timed
from review.streams.corrections import Correction
from review.streams.types import StoredFinding, StreamRecord

CONTEXT_MS = 15_000
RUN_UP_MS = 3_000
_MITIGATING = frozenset({"corrected"})
_AGGRAVATING = frozenset({"own_experience"})
# These tell what was measured, whether they apply or not.
_MEASURED = frozenset({"within_tolerance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding with what a reviewer reads it by; `at` is stream time, `wall_clock` the host's clock.

    `laws`: each citation with its text, None where that is not packaged. `mitigating`: trials that apply and speak for
    the host without making the claim lawful; `aggravating`: those that apply and speak against; `applied`: exemptions
    that apply; `in_vain`: all that don't, those that measure first.
    """

    finding: Finding
    stream: StreamRecord
    product_name: str
    at: str
    wall_clock: str
    laws: tuple[tuple[str, Article | None], ...]
    mitigating: tuple[ExemptionTrial, ...]
    aggravating: tuple[ExemptionTrial, ...]
    applied: tuple[ExemptionTrial, ...]
    in_vain: tuple[ExemptionTrial, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLine:
    """A passage near the finding; `own` says that the finding was made from it. `correction`: its last one."""

    passage: Passage
    at: str
    own: bool
    pieces: tuple[Piece, ...]
    correction: Correction | None = None

    @property
    def runs(self) -> list[tuple[bool, list[Piece]]]:
        """The pieces, those inside the quotation together."""
        return [(quoted, list(run)) for quoted, run in groupby(self.pieces, key=lambda piece: piece.quoted)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxView:
    """Words on the picture: pixels of the full-size frame, and while they stood, in ms from the clip's first frame."""

    box: FrameBox
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipView:
    """Where the hit lies in the clip and where playing starts, in ms from the clip's first frame.

    `start_ms` is the stream time of that frame. `boxes`: where the finding's words stood, if it was read.
    """

    finding_id: str
    start_ms: int
    hit_start_ms: int
    hit_end_ms: int
    play_from_ms: int
    boxes: tuple[BoxView, ...] = ()


def stream_clock(at_ms: int) -> str:
    """Stream time as people read it: `12:07`, from the first hour on `1:02:07`."""
    minutes, seconds = divmod(at_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def finding_view(stored: StoredFinding, stream: StreamRecord, laws: StatuteTexts) -> FindingView:
    """The finding as the claim card shows it."""
    finding = stored.finding
    names = {product.product_id: product.name for product in stream.products}
    moment = None if stream.started_at is None else stream.started_at + timedelta(milliseconds=finding.start_ms)
    on = None if moment is None else day_of(moment)
    mitigating = tuple(trial for trial in finding.exemptions if trial.applies and trial.id in _MITIGATING)
    aggravating = tuple(trial for trial in finding.exemptions if trial.applies and trial.id in _AGGRAVATING)
    others = [trial for trial in finding.exemptions if trial not in (*mitigating, *aggravating)]
    return FindingView(
        finding=finding,
        stream=stream,
        product_name="" if finding.product_id is None else names.get(finding.product_id, finding.product_id),
        at=stream_clock(finding.start_ms),
        wall_clock="" if moment is None else moment.strftime("%H:%M:%S"),
        laws=tuple((cited, laws.article(cited, on)) for cited in finding.law),
        mitigating=mitigating,
        aggravating=aggravating,
        applied=tuple(trial for trial in others if trial.applies),
        in_vain=tuple(
            sorted((trial for trial in others if not trial.applies), key=lambda trial: trial.id not in _MEASURED)
        ),
    )


def context_lines(
    finding: Finding, passages: Sequence[Passage], corrections: Sequence[Correction] = ()
) -> tuple[ContextLine, ...]:
    """The passages around a finding in the order of the broadcast, with the quotation marked in its own."""
    own = [passage for passage in passages if passage.id in finding.passage_ids]
    marked = dict(
        zip((passage.id for passage in own), mark_quote([passage.text for passage in own], finding.quote), strict=True)
    )
    latest = {one.passage_id: one for one in corrections}
    return tuple(
        ContextLine(
            passage=passage,
            at=stream_clock(passage.start_ms),
            own=passage.id in marked,
            pieces=timed(marked.get(passage.id, (Piece(text=passage.text, quoted=False),)), passage.words),
            correction=latest.get(passage.id),
        )
        for passage in passages
    )


def context_rows(lines: Sequence[ContextLine]) -> list[tuple[bool, list[ContextLine]]]:
    """The lines as the page sets them: words on screen that stood between two passages of speech in one row.

    True: such a row. A line that the finding was made from, or that a person corrected, has a row of its own.
    """
    rows: list[tuple[bool, list[ContextLine]]] = []
    for line in lines:
        is_chip = line.passage.channel == "screen" and not line.own and line.correction is None
        if is_chip and rows and rows[-1][0]:
            rows[-1][1].append(line)
        else:
            rows.append((is_chip, [line]))
    return rows


def clip_view(stored: StoredFinding, passages: Sequence[Passage] = ()) -> ClipView | None:
    """The clip and the hit in it; None: there is no clip yet. A clip of unknown start is taken to have the run-up.

    `passages`: those around the finding, for the place of its words on the picture.
    """
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
        boxes=tuple(
            BoxView(
                box=passage.box,
                from_ms=passage.start_ms - clip_start_ms,
                until_ms=passage.end_ms - clip_start_ms,
            )
            for passage in passages
            if passage.box is not None and passage.id in finding.passage_ids
        ),
    )

"""What proposed words would match among what is stored, before they are proposed: a bounded look, told as such."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from claims.tenant_words import ListedWord, WordList, Words
from review.cases.types import FINAL, CaseState
from review.db.ownership import Owner, host_is_of, is_of
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.streams import FindingRow, PassageRow, StreamRow

_MOST_PASSAGES, _MOST_STREAMS, _MOST_JUDGED = 20_000, 2_000, 2_000
_MOST_EXAMPLES = 6
_MOST_SECONDS = 2.0
_AT_ONCE = 300
_MOST_SHOWN_CHARS = 160

_Place = tuple[str, str]
_Text = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A stored sentence that the words are in; `state` None: nobody judged it."""

    stream_id: str
    text: str
    state: CaseState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPreview:
    """In how many sentences the words are, of how many that were looked at.

    `violates` and `lawful` count the sentences among them that people judged. `is_all`: nothing else is stored; else
    what was judged last was looked at first, then what was said last.
    """

    looked_at: int
    is_all: bool
    matched: int
    violates: int
    lawful: int
    examples: tuple[Example, ...]


def preview_words(engine: Engine, words: str, tenants: Owner | None, seconds: float = _MOST_SECONDS) -> ProposalPreview:
    """What the words would match, as they are written; ValueError for words without a letter or figure.

    `tenants` None: everybody's broadcasts. No more than 20 000 sentences and so many seconds are spent on it.
    """
    said = words.partition("=")[0]
    sought = Words(WordList(words=(ListedWord(kind="watch", word=said),)), "preview")
    until, at = time.monotonic() + seconds, datetime.now(UTC)
    seen: set[_Place] = set()
    hits: list[Example] = []
    is_all = True
    with Session(engine) as session:
        judged = _judged(session, tenants)
        for stream_id, passage_id, text in _texts(session, judged, tenants):
            place = (stream_id, passage_id)
            if place in seen:
                continue
            if len(seen) >= _MOST_PASSAGES or time.monotonic() > until:
                is_all = False
                break
            seen.add(place)
            if any(sought.found(text, at)):
                hits.append(Example(stream_id=stream_id, text=text[:_MOST_SHOWN_CHARS], state=judged.get(place)))
    return ProposalPreview(
        looked_at=len(seen),
        is_all=is_all,
        matched=len(hits),
        violates=sum(hit.state is CaseState.CONFIRMED for hit in hits),
        lawful=sum(hit.state is CaseState.CLEARED for hit in hits),
        examples=_shown_examples(hits),
    )


def _judged(session: Session, tenants: Owner | None) -> dict[_Place, CaseState]:
    """The sentences of the cases that were decided last; one of a case that violates counts as that."""
    rows = (
        select(CaseRow.state, FindingRow.stream_id, FindingRow.record["passage_ids"])
        .join(CaseFindingRow, CaseFindingRow.case_id == CaseRow.case_id)
        .join(FindingRow, FindingRow.finding_id == CaseFindingRow.finding_id)
        .where(CaseRow.state.in_([state.value for state in FINAL]))
        .order_by(CaseRow.changed_seq.desc())
        .limit(_MOST_JUDGED)
    )
    if tenants is not None:
        rows = rows.where(host_is_of(CaseRow.host_id, tenants))
    found: dict[_Place, CaseState] = {}
    for state, stream_id, passage_ids in session.execute(rows):
        for passage_id in passage_ids:
            if found.get((stream_id, passage_id)) is not CaseState.CONFIRMED:
                found[stream_id, passage_id] = CaseState(state)
    return found


def _texts(session: Session, judged: Iterable[_Place], tenants: Owner | None) -> Iterator[_Text]:
    """The sentences that were judged, then those of the latest broadcasts, one broadcast at a time."""
    columns = select(PassageRow.stream_id, PassageRow.id, PassageRow.text)
    places = sorted(judged)
    for first in range(0, len(places), _AT_ONCE):
        part = places[first : first + _AT_ONCE]
        rows = session.execute(columns.where(tuple_(PassageRow.stream_id, PassageRow.id).in_(part)))
        yield from ((stream_id, passage_id, text) for stream_id, passage_id, text in rows)
    latest = select(StreamRow.stream_id).order_by(StreamRow.created_at_ms.desc(), StreamRow.stream_id)
    if tenants is not None:
        latest = latest.where(is_of(tenants))
    for stream_id in session.scalars(latest.limit(_MOST_STREAMS)).all():
        rows = session.execute(
            columns.where(PassageRow.stream_id == stream_id).order_by(PassageRow.start_ms.desc()).limit(_MOST_PASSAGES)
        )
        yield from ((stream_id, passage_id, text) for stream_id, passage_id, text in rows)


def _shown_examples(hits: list[Example]) -> tuple[Example, ...]:
    """Some of the sentences, each text once; those that were judged lawful first, as they speak against the words."""
    order = {CaseState.CLEARED: 0, None: 1}
    by_text = {hit.text: hit for hit in sorted(hits, key=lambda hit: -order.get(hit.state, 2))}
    ordered = sorted(by_text.values(), key=lambda hit: order.get(hit.state, 2))
    return tuple(ordered[:_MOST_EXAMPLES])

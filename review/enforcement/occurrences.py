"""When and where the words of cases fell: on the calendar, in which broadcast, how far into it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from claims.types import Disposition, Finding
from review.db.tables.cases import CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.scheduling import OrderRow
from review.db.tables.streams import FindingRow, StreamRow
from review.enforcement.types import Broadcast, Occurrence
from review.streams.rows import finding_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding's words: where they stood, and what was claimed against what is registered ("": nothing)."""

    occurrences: tuple[Occurrence, ...]
    claimed: str
    registered: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A case's words as they stand now, the first said first. `decision_id` "": nobody's decision stands.

    `said`: what is flagged, or all where nothing is flagged any more.
    """

    case_id: str
    product: str
    decision_id: str
    said: tuple[Said, ...]


def said_at_ms(started_at: str | None, at_ms: int) -> int | None:
    """The moment on the calendar of a moment on the stream clock, which starts with the broadcast; None: not known."""
    if started_at is None:
        return None
    return int(datetime.fromisoformat(started_at).timestamp() * 1000) + at_ms


def broadcasts_of(connection: Connection, case_ids: Iterable[str]) -> dict[str, tuple[Broadcast, ...]]:
    """The broadcasts in which the words of each case fell; one whose start is not known began when it was ordered."""
    rows = connection.execute(
        select(
            CaseFindingRow.case_id,
            StreamRow.stream_id,
            StreamRow.started_at,
            StreamRow.created_at_ms,
            func.min(FindingRow.start_ms).label("first_ms"),
            func.max(FindingRow.start_ms).label("last_ms"),
        )
        .join(FindingRow, FindingRow.finding_id == CaseFindingRow.finding_id)
        .join(StreamRow, StreamRow.stream_id == FindingRow.stream_id)
        .where(CaseFindingRow.case_id.in_(list(case_ids)))
        .group_by(CaseFindingRow.case_id, StreamRow.stream_id, StreamRow.started_at, StreamRow.created_at_ms)
    )
    found: defaultdict[str, list[Broadcast]] = defaultdict(list)
    for row in rows:
        start_ms = said_at_ms(row.started_at, 0)
        began_ms = row.created_at_ms if start_ms is None else start_ms
        found[row.case_id].append(
            Broadcast(
                stream_id=row.stream_id,
                first_ms=began_ms + row.first_ms,
                last_ms=began_ms + row.last_ms,
                known_ms=row.created_at_ms,
            )
        )
    return {case_id: tuple(sorted(each, key=lambda b: (b.first_ms, b.stream_id))) for case_id, each in found.items()}


def words_of(connection: Connection, case_ids: Iterable[str]) -> dict[str, Words]:
    """Each of these cases with its words, in the caller's transaction."""
    wanted = sorted(set(case_ids))
    decisions = _effective_decisions(connection, wanted)
    found: defaultdict[str, list[tuple[Finding, Said]]] = defaultdict(list)
    rows = connection.execute(
        select(
            CaseFindingRow.case_id,
            FindingRow.record,
            StreamRow.stream_id,
            StreamRow.title,
            StreamRow.started_at,
            OrderRow.external_id,
        )
        .join(FindingRow, FindingRow.finding_id == CaseFindingRow.finding_id)
        .join(StreamRow, StreamRow.stream_id == FindingRow.stream_id)
        .join(OrderRow, OrderRow.stream_id == StreamRow.stream_id, isouter=True)
        .where(CaseFindingRow.case_id.in_(wanted))
    )
    for row in rows:
        finding = finding_from_json(row.record)
        title = row.title.strip() or row.external_id or row.stream_id
        found[row.case_id].append((finding, _said(finding, title, row.started_at)))
    cases = connection.execute(
        select(CaseRow.case_id, CaseRow.product_id, CaseRow.product_name).where(CaseRow.case_id.in_(wanted))
    )
    return {
        case.case_id: Words(
            case_id=case.case_id,
            product=case.product_name or case.product_id or "",
            decision_id=decisions.get(case.case_id, ""),
            said=_in_order(found[case.case_id]),
        )
        for case in cases
    }


def _said(finding: Finding, title: str, started_at: str | None) -> Said:
    """The finding's words, on each channel on which they stood."""
    seen = [(w.channel, w.quote, w.start_ms) for w in finding.witnesses]
    places = seen or [(finding.channel, finding.quote, finding.start_ms)]
    return Said(
        occurrences=tuple(
            Occurrence(
                finding_id=finding.finding_id,
                stream_id=finding.stream_id,
                title=title,
                channel=channel,
                quote=quote,
                at_ms=at_ms,
                said_at_ms=said_at_ms(started_at, at_ms),
            )
            for channel, quote, at_ms in sorted(places, key=lambda place: place[2])
        ),
        claimed=finding.claimed if finding.registered else "",
        registered=finding.registered or "",
    )


def _in_order(found: list[tuple[Finding, Said]]) -> tuple[Said, ...]:
    flagged = [said for finding, said in found if finding.disposition is Disposition.FLAG]
    return tuple(sorted(flagged or [said for _, said in found], key=_place))


def _place(said: Said) -> tuple[int, str, int, str]:
    first = said.occurrences[0]
    return (first.said_at_ms or 0, first.stream_id, first.at_ms, first.finding_id)


def _effective_decisions(connection: Connection, case_ids: list[str]) -> dict[str, str]:
    """The last decision on each case that was not taken back."""
    rows = connection.execute(
        select(DecisionRow.case_id, DecisionRow.decision_id)
        .where(DecisionRow.case_id.in_(case_ids), DecisionRow.undone_at_ms.is_(None))
        .order_by(DecisionRow.decided_at_ms, DecisionRow.decision_id)
    )
    return {row.case_id: row.decision_id for row in rows}

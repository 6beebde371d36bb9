"""What the findings of cases weigh together, read in a few statements however many cases and findings there are."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from claims.types import Disposition
from review.db.tables.cases import CaseFindingRow
from review.db.tables.streams import HIDDEN, FindingRow, StreamRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A case's findings together: the gravest of them, the flagged ones before notes, and how many in how many
    broadcasts.

    `rule`, `policy`: what found the gravest. `all_notes`: none is flagged any more; `lowered`: a second reader took one
    of them for lawful. `reach`: viewers of its broadcasts, as far as they are known.
    """

    top_finding_id: str
    severity: str
    score: float
    quote: str
    rule: str
    policy: str
    finding_count: int
    stream_count: int
    said_count: int
    reach: int
    all_notes: bool
    lowered: bool


def weights_of(connection: Connection, case_ids: Collection[str]) -> dict[str, Weight]:
    """What each of these cases weighs; one without a finding has no weight and is left out."""
    parts = _by_stream(connection, case_ids)
    tops = _tops(connection, case_ids)
    notes = {case_id for case_id, of_case in parts.items() if not any(part.flags for part in of_case)}
    lowered = _lowered(connection, notes)
    return {
        case_id: Weight(
            top_finding_id=tops[case_id].finding_id,
            severity=tops[case_id].severity,
            score=tops[case_id].score,
            quote=tops[case_id].record["quote"],
            rule=tops[case_id].record["rule"],
            policy=tops[case_id].record["policy"],
            finding_count=sum(part.findings for part in of_case),
            stream_count=len(of_case),
            said_count=int(sum(part.said for part in of_case)),
            reach=sum(part.viewers for part in of_case),
            all_notes=case_id in notes,
            lowered=case_id in lowered,
        )
        for case_id, of_case in parts.items()
    }


# One that is looked at blind is laid out as a flag.
_FLAGGED = case((FindingRow.disposition.in_((Disposition.FLAG.value, HIDDEN)), 1), else_=0)


def _by_stream(connection: Connection, case_ids: Collection[str]) -> Mapping[str, list[Any]]:
    """Of each case and each of its broadcasts: findings, flags among them, how often they were said, viewers."""
    columns = (CaseFindingRow.case_id, FindingRow.stream_id, StreamRow.viewers)
    rows = connection.execute(
        select(
            *columns,
            func.count().label("findings"),
            func.sum(_FLAGGED).label("flags"),
            func.sum(FindingRow.count).label("said"),
        )
        .join(FindingRow, FindingRow.finding_id == CaseFindingRow.finding_id)
        .join(StreamRow, StreamRow.stream_id == FindingRow.stream_id)
        .where(CaseFindingRow.case_id.in_(case_ids))
        .group_by(*columns)
    )
    parts: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        parts[row.case_id].append(row)
    return parts


def _tops(connection: Connection, case_ids: Collection[str]) -> dict[str, Any]:
    """The gravest finding of each case: flagged before notes, by score, then by id."""
    binary = "C" if connection.dialect.name == "postgresql" else "BINARY"
    place = func.row_number().over(
        partition_by=CaseFindingRow.case_id,
        order_by=(_FLAGGED.desc(), FindingRow.score.desc(), FindingRow.finding_id.collate(binary).desc()),
    )
    ranked = (
        select(CaseFindingRow.case_id, CaseFindingRow.finding_id, place.label("place"))
        .join(FindingRow, FindingRow.finding_id == CaseFindingRow.finding_id)
        .where(CaseFindingRow.case_id.in_(case_ids))
        .subquery()
    )
    columns = (FindingRow.finding_id, FindingRow.severity, FindingRow.score, FindingRow.record)
    rows = connection.execute(
        select(ranked.c.case_id, *columns)
        .join(FindingRow, FindingRow.finding_id == ranked.c.finding_id)
        .where(ranked.c.place == 1)
    )
    return {row.case_id: row for row in rows}


def _lowered(connection: Connection, case_ids: Collection[str]) -> frozenset[str]:
    """Those of these cases of which a second reader lowered a finding."""
    if not case_ids:
        return frozenset()
    rows = connection.execute(
        select(CaseFindingRow.case_id, FindingRow.record)
        .join(FindingRow, FindingRow.finding_id == CaseFindingRow.finding_id)
        .where(CaseFindingRow.case_id.in_(case_ids))
    )
    return frozenset(row.case_id for row in rows if (row.record.get("second_reading") or {}).get("effect") == "lowered")

"""How findings become cases: inside the transaction that stores them, so that the queue is never behind."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, select, update

from claims.types import Disposition, Finding
from review.cases.grouping import case_key, language_of_words, script_bands, script_of
from review.cases.priority import Standing, rank_of, reasons
from review.cases.state import after_finding
from review.cases.tally import Filed, said_at, write_tallies
from review.cases.types import CaseState
from review.db.tables.cases import CaseBandRow, CaseFindingRow, CaseRow
from review.db.tables.streams import FindingRow, StreamRow
from review.db.upsert import insert_missing
from review.streams.filing import count_up
from review.streams.rows import finding_from_json

_SHARES = 1 << 32


def file_findings(
    connection: Connection, findings: Sequence[Finding], *, now_ms: int, flag_at: float, second_share: float
) -> None:
    """Puts each flagged finding into its case, opening one where there is none, and ranks what changed anew.

    A finding that is in a case already stays there whatever becomes of it: a slip corrected on the spot is a fact for
    the person who decides. `second_share`: how many of the cases are decided twice.
    """
    filed = {
        row.finding_id: row.case_id
        for row in connection.execute(
            select(CaseFindingRow.finding_id, CaseFindingRow.case_id).where(
                CaseFindingRow.finding_id.in_([f.finding_id for f in findings])
            )
        )
    }
    flagged = [f for f in findings if f.disposition is Disposition.FLAG or f.finding_id in filed]
    if not flagged:
        return
    streams = {
        row.stream_id: row
        for row in connection.execute(
            select(StreamRow.__table__).where(StreamRow.stream_id.in_({f.stream_id for f in flagged}))
        )
    }
    changed: set[str] = set()
    joined: set[str] = set()
    counted: list[Filed] = []
    for finding in flagged:
        case_id = filed.get(finding.finding_id)
        if case_id is None:
            case_id = _case_of(connection, finding, streams[finding.stream_id], now_ms, second_share)
            joined.add(case_id)
            counted.append(_filed(finding, streams[finding.stream_id], now_ms))
            insert_missing(
                connection,
                CaseFindingRow,
                [{"finding_id": finding.finding_id, "case_id": case_id, "stream_id": finding.stream_id}],
            )
        changed.add(case_id)
    write_tallies(connection, counted)
    for case_id in sorted(changed):
        refresh_case(connection, case_id, now_ms=now_ms, flag_at=flag_at, joined=case_id in joined)


def _filed(finding: Finding, stream: object, now_ms: int) -> Filed:
    row: Mapping[str, Any] = stream._mapping  # type: ignore[attr-defined]
    product: Mapping[str, str] = next((p for p in row["products"] if p["product_id"] == finding.product_id), {})
    return Filed(
        tenant_id=str(row["tenant_id"]),
        class_id=finding.class_id,
        host_id=str(row["host_id"]),
        category=product.get("category"),
        said_at=said_at(row["started_at"], finding.start_ms, now_ms),
    )


def _case_of(connection: Connection, finding: Finding, stream: object, now_ms: int, second_share: float) -> str:
    """The id of the finding's case, which is opened if there is none."""
    row: Mapping[str, object] = stream._mapping  # type: ignore[attr-defined]
    host_id = str(row["host_id"])
    key = case_key(finding, host_id)
    product = next((p for p in row["products"] if p["product_id"] == finding.product_id), None)  # type: ignore[attr-defined]
    known = connection.scalar(select(CaseRow.case_id).where(CaseRow.case_key == key))
    if known is not None:
        return str(known)
    script = script_of(finding)
    case_id = str(uuid.uuid4())
    insert_missing(
        connection,
        CaseRow,
        [
            {
                "case_id": case_id,
                "case_key": key,
                "host_id": host_id,
                "host_name": row["host_name"],
                "platform": row["platform"],
                "product_id": finding.product_id,
                "product_name": product["name"] if product else None,
                "class": finding.class_id,
                "category": product.get("category") if product else None,
                "severity": finding.severity,
                "quote": finding.quote,
                "script": script,
                "state": CaseState.OPEN.value,
                "rank": 0.0,
                "why": [],
                "opened_at_ms": now_ms,
                "changed_at_ms": now_ms,
                "changed_seq": 0,
                "finding_count": 0,
                "stream_count": 0,
                "said_count": 0,
                "top_finding_id": finding.finding_id,
                "score": finding.score,
                "reach": 0,
                "complained": False,
                "sampled": int(key[:8], 16) < second_share * _SHARES,
                "version": 0,
                "number": count_up(connection, "case_number"),
                "language": language_of_words(finding.quote),
            }
        ],
    )
    found = connection.execute(select(CaseRow.case_id).where(CaseRow.case_key == key)).scalar_one()
    if found == case_id:
        bands = [{"band": band, "case_id": case_id} for band in sorted(set(script_bands(script, finding.class_id)))]
        insert_missing(connection, CaseBandRow, bands)
    return found


def refresh_case(
    connection: Connection, case_id: str, *, now_ms: int, flag_at: float, joined: bool = False, changed: bool = False
) -> None:
    """Counts and ranks the case anew from its findings.

    `joined`: one of them is new to it; `changed`: they are not those that anybody saw who looks at the case.
    """
    case = connection.execute(
        select(CaseRow.state, CaseRow.complained, CaseRow.opened_at_ms, CaseRow.finding_count)
        .where(CaseRow.case_id == case_id)
        .with_for_update()
    ).one()
    rows = connection.execute(
        select(FindingRow.record)
        .join(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .where(CaseFindingRow.case_id == case_id)
    ).scalars()
    findings = [finding_from_json(record) for record in rows]
    all_notes = all(f.disposition is not Disposition.FLAG for f in findings)
    lowered = any(f.second_reading is not None and f.second_reading.effect == "lowered" for f in findings)
    top = max(findings, key=lambda f: (f.disposition is Disposition.FLAG, f.score, f.finding_id))
    streams = {f.stream_id for f in findings}
    reach = connection.scalar(select(func.sum(StreamRow.viewers)).where(StreamRow.stream_id.in_(streams))) or 0
    before = CaseState(case.state)
    state = after_finding(before) if joined and case.finding_count else before
    reopened = state is not before
    standing = Standing(
        severity=top.severity,
        score=top.score,
        flag_at=flag_at,
        said_count=sum(f.count for f in findings),
        stream_count=len(streams),
        reach=int(reach),
        opened_at_ms=now_ms if reopened else case.opened_at_ms,
        complained=case.complained,
        corrected=all_notes and not lowered,
        lowered=all_notes and lowered,
    )
    connection.execute(
        update(CaseRow)
        .where(CaseRow.case_id == case_id)
        .values(
            state=state.value,
            severity=top.severity,
            quote=top.quote,
            rank=rank_of(standing),
            why=[asdict(reason) for reason in reasons(standing)],
            opened_at_ms=standing.opened_at_ms,
            changed_at_ms=now_ms,
            changed_seq=next_change(connection),
            finding_count=len(findings),
            stream_count=standing.stream_count,
            said_count=standing.said_count,
            top_finding_id=top.finding_id,
            score=top.score,
            reach=standing.reach,
            version=CaseRow.version + int(reopened or changed),
        )
    )


def next_change(connection: Connection) -> int:
    """The next number of the cases' change counter; its row stays locked until the caller commits."""
    return count_up(connection, "case")

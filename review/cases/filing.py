"""How findings become cases: inside the transaction that stores them, so that the queue is never behind."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from claims.types import Disposition, Finding
from review.cases.grouping import case_key, language_of_words, script_bands, script_of
from review.cases.priority import PriorityFactors, rank_of, reasons
from review.cases.state import after_finding
from review.cases.tally import Filed, said_at, write_tallies
from review.cases.types import CaseState
from review.cases.weights import weights_of
from review.db.tables.cases import CaseBandRow, CaseFindingRow, CaseRow
from review.db.tables.streams import StreamRow
from review.db.upsert import insert_missing, table_of
from review.streams.filing import count_up

_SHARES = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Where findings go: `filed` are in a case, by finding; `known`: the cases that are there, by their key.

    `joining` are in none yet, `streams` are the broadcasts of them all, `changed` cases are to be ranked anew.
    """

    joining: Sequence[Finding] = ()
    changed: frozenset[str] = frozenset()
    streams: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)


def file_findings(
    connection: Connection, findings: Sequence[Finding], *, now_ms: int, flag_at: float, second_share: float
) -> None:
    """Puts each flagged finding into its case, opening one where there is none, and ranks what changed anew.

    A finding that is in a case already stays there whatever becomes of it: a slip corrected on the spot is a fact for
    the person who decides. `second_share`: how many of the cases are decided twice.
    """
    file_looked_up(connection, look_up(connection, findings), now_ms=now_ms, flag_at=flag_at, second_share=second_share)


def look_up(connection: Connection, findings: Sequence[Finding], new: Collection[str] = ()) -> Filing:
    """Where these findings go, before anything is held; `new`: those that were not stored before, so are in no case."""
    old = [f.finding_id for f in findings if f.finding_id not in new]
    filed: dict[str, str] = {}
    if old:
        rows = connection.execute(
            select(CaseFindingRow.finding_id, CaseFindingRow.case_id).where(CaseFindingRow.finding_id.in_(old))
        )
        filed = {row.finding_id: row.case_id for row in rows}
    joining = [f for f in findings if f.disposition is Disposition.FLAG and f.finding_id not in filed]
    if not joining:
        return Filing(changed=frozenset(filed.values()))
    of_them = select(StreamRow.__table__).where(StreamRow.stream_id.in_({f.stream_id for f in joining}))
    streams = {row.stream_id: row for row in connection.execute(of_them)}
    known = _known(connection, {case_key(f, str(streams[f.stream_id].host_id)) for f in joining})
    return Filing(joining=joining, changed=frozenset(filed.values()), streams=streams, known=known)


def file_looked_up(connection: Connection, filing: Filing, *, now_ms: int, flag_at: float, second_share: float) -> None:
    """Files as `file_findings` does what was looked up in the same transaction, and is stored by now."""
    case_ids = _cases_of(connection, filing, now_ms, second_share)
    rows = [
        {"finding_id": f.finding_id, "case_id": case_ids[f.finding_id], "stream_id": f.stream_id}
        for f in filing.joining
    ]
    insert_missing(connection, CaseFindingRow, rows)
    write_tallies(connection, [_filed(f, filing.streams[f.stream_id], now_ms) for f in filing.joining])
    joined = set(case_ids.values())
    refresh_cases(connection, filing.changed | joined, now_ms=now_ms, flag_at=flag_at, joined=joined)


def _filed(finding: Finding, stream: Any, now_ms: int) -> Filed:
    product: Mapping[str, str] = next((p for p in stream.products if p["product_id"] == finding.product_id), {})
    return Filed(
        tenant_id=str(stream.tenant_id),
        class_id=finding.class_id,
        rule=finding.rule,
        policy=finding.policy,
        host_id=str(stream.host_id),
        category=product.get("category"),
        said_at=said_at(stream.started_at, finding.start_ms, now_ms),
    )


def _cases_of(connection: Connection, filing: Filing, now_ms: int, second_share: float) -> dict[str, str]:
    """The id of each finding's case, by finding; those that are not there yet are opened."""
    streams, known = filing.streams, dict(filing.known)
    keys = {f.finding_id: case_key(f, str(streams[f.stream_id].host_id)) for f in filing.joining}
    new = {keys[f.finding_id]: f for f in reversed(filing.joining) if keys[f.finding_id] not in known}
    if new:
        last = count_up(connection, "case_number", len(new))
        # Rows in one order for all writers, numbers in that of the findings.
        numbers = dict(zip(reversed(new), range(last - len(new) + 1, last + 1), strict=True))
        opened = {
            key: _opened(new[key], key, numbers[key], streams[new[key].stream_id], now_ms, second_share)
            for key in sorted(new)
        }
        insert_missing(connection, CaseRow, list(opened.values()))
        known |= _known(connection, set(new))
        bands = [
            {"band": band, "case_id": row["case_id"]}
            for key, row in opened.items()
            if known[key] == row["case_id"]
            for band in sorted(set(script_bands(str(row["script"]), str(row["class"]))))
        ]
        insert_missing(connection, CaseBandRow, bands)
    return {finding_id: known[key] for finding_id, key in keys.items()}


def _known(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    rows = connection.execute(select(CaseRow.case_key, CaseRow.case_id).where(CaseRow.case_key.in_(keys)))
    return {row.case_key: row.case_id for row in rows}


def _opened(
    finding: Finding, key: str, number: int, stream: Any, now_ms: int, second_share: float
) -> dict[str, object]:
    """The row of the case that this finding opens; it is counted and ranked after."""
    product: Mapping[str, str] = next((p for p in stream.products if p["product_id"] == finding.product_id), {})
    return {
        "case_id": str(uuid.uuid4()),
        "case_key": key,
        "host_id": str(stream.host_id),
        "host_name": stream.host_name,
        "platform": stream.platform,
        "product_id": finding.product_id,
        "product_name": product.get("name"),
        "class": finding.class_id,
        "category": product.get("category"),
        "severity": finding.severity,
        "quote": finding.quote,
        "script": script_of(finding),
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
        "number": number,
        "language": language_of_words(finding.quote),
    }


def refresh_case(
    connection: Connection, case_id: str, *, now_ms: int, flag_at: float, joined: bool = False, changed: bool = False
) -> None:
    """Counts and ranks the case anew from its findings.

    `joined`: one of them is new to it; `changed`: they are not those that anybody saw who looks at the case.
    """
    of_it = {case_id}
    refresh_cases(
        connection,
        of_it,
        now_ms=now_ms,
        flag_at=flag_at,
        joined=of_it if joined else (),
        changed=of_it if changed else (),
    )


def refresh_cases(
    connection: Connection,
    case_ids: Collection[str],
    *,
    now_ms: int,
    flag_at: float,
    joined: Collection[str] = (),
    changed: Collection[str] = (),
) -> None:
    """Counts and ranks these cases anew from their findings, as `refresh_case` does.

    All of them are held before the counter of changes is: who holds a case may wait for the counter, never the other
    way about.
    """
    if not case_ids:
        return
    cases = connection.execute(
        select(CaseRow.case_id, CaseRow.state, CaseRow.complained, CaseRow.opened_at_ms, CaseRow.finding_count)
        .where(CaseRow.case_id.in_(case_ids))
        .order_by(CaseRow.case_id)
        .with_for_update()
    ).all()
    weights = weights_of(connection, case_ids)
    first = count_up(connection, "case", len(cases)) - len(cases) + 1
    rows = []
    for number, case in enumerate(cases, start=first):
        weight = weights[case.case_id]
        before = CaseState(case.state)
        state = after_finding(before) if case.case_id in joined and case.finding_count else before
        reopened = state is not before
        factors = PriorityFactors(
            severity=weight.severity,
            score=weight.score,
            flag_at=flag_at,
            said_count=weight.said_count,
            stream_count=weight.stream_count,
            reach=weight.reach,
            opened_at_ms=now_ms if reopened else case.opened_at_ms,
            complained=case.complained,
            corrected=weight.all_notes and not weight.lowered,
            lowered=weight.all_notes and weight.lowered,
        )
        rows.append(
            {
                "of_case": case.case_id,
                "state": state.value,
                "severity": weight.severity,
                "quote": weight.quote,
                "rank": rank_of(factors),
                "why": [asdict(reason) for reason in reasons(factors)],
                "opened_at_ms": factors.opened_at_ms,
                "changed_at_ms": now_ms,
                "changed_seq": number,
                "finding_count": weight.finding_count,
                "stream_count": factors.stream_count,
                "said_count": factors.said_count,
                "top_finding_id": weight.top_finding_id,
                "score": weight.score,
                "rule": weight.rule,
                "policy": weight.policy,
                "reach": factors.reach,
                "later": int(reopened or case.case_id in changed),
            }
        )
    table = table_of(CaseRow)
    values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in ("of_case", "later")}
    ranked = update(table).where(table.c.case_id == bindparam("of_case"))
    connection.execute(ranked.values(values | {"version": table.c.version + bindparam("later")}), rows)


def next_change(connection: Connection) -> int:
    """The next number of the cases' change counter; its row stays locked until the caller commits."""
    return count_up(connection, "case")

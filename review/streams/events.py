"""The events that follow from what is stored: findings, states of broadcasts, gaps, decisions."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from claims.types import Finding
from ingest.types import Gap, GapKind
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.scheduling import OrderRow
from review.db.tables.streams import HIDDEN, FindingRow, StreamRow
from review.events.types import NewEvent
from review.streams.types import StreamState, Wanted


def finding_events(connection: Connection, changed: Sequence[Finding], new: Collection[str]) -> list[NewEvent]:
    """For findings as just written: `finding.created` for those whose ids are new, else `finding.updated`.

    Flags and notes alike, with the whole finding: its `disposition` says which it is.
    """
    if not changed:
        return []
    streams = _streams(connection, {finding.stream_id for finding in changed})
    return [
        NewEvent(
            kind="finding.created" if finding.finding_id in new else "finding.updated",
            subject=finding.finding_id,
            host_id=streams[finding.stream_id][0],
            tenant_id=streams[finding.stream_id][1],
            stream_id=finding.stream_id,
            body={"finding": finding.to_json()},
        )
        for finding in changed
    ]


def clip_events(connection: Connection, finding_id: str) -> list[NewEvent]:
    """For a finding whose clip was just named; nothing is told of what is none."""
    row = connection.execute(
        select(FindingRow.stream_id, FindingRow.record, FindingRow.disposition).where(
            FindingRow.finding_id == finding_id
        )
    ).one()
    if row.disposition == HIDDEN:
        return []
    host_id, tenant_id = _streams(connection, {row.stream_id})[row.stream_id]
    return [
        NewEvent(
            kind="finding.updated",
            subject=finding_id,
            host_id=host_id,
            tenant_id=tenant_id,
            stream_id=row.stream_id,
            body={"finding": row.record},
        )
    ]


def state_events(
    connection: Connection,
    stream_id: str,
    before: str | None,
    state: StreamState,
    error: str | None,
    *,
    is_again: bool = False,
    more: Mapping[str, object] | None = None,
) -> list[NewEvent]:
    """`stream.live`, `.resumed` (live `is_again`), `.unreachable`, `.interrupted`, `.ended`, `.stopped` (its customer
    wanted so) or `.failed` for a broadcast that moved; `more` joins its body.

    None where it only waits.
    """
    if before == state.value or state is StreamState.WAITING:
        return []
    host_id, tenant_id = _streams(connection, {stream_id})[stream_id]
    return [
        NewEvent(
            kind=_state_kind(connection, stream_id, state, is_again=is_again),
            subject=stream_id,
            host_id=host_id,
            tenant_id=tenant_id,
            stream_id=stream_id,
            body=({"error": error} if error else {}) | dict(more or {}),
        )
    ]


def _state_kind(connection: Connection, stream_id: str, state: StreamState, *, is_again: bool) -> str:
    if state is StreamState.LIVE and is_again:
        return "stream.resumed"
    if state is StreamState.ENDED:
        wanted = connection.scalar(select(OrderRow.wanted).where(OrderRow.stream_id == stream_id))
        return "stream.stopped" if wanted == Wanted.STOP.value else "stream.ended"
    return f"stream.{state.value}"


def gap_events(connection: Connection, stream_id: str, gaps: Iterable[Gap]) -> list[NewEvent]:
    """`stream.gap` for stretches that the ledger has not known before; how far they go may grow later.

    What its customer ordered to be left out is in the ledger and no news.
    """
    found = [gap for gap in gaps if gap.kind is not GapKind.ORDERED]
    if not found:
        return []
    host_id, tenant_id = _streams(connection, {stream_id})[stream_id]
    return [
        NewEvent(
            kind="stream.gap",
            subject=stream_id,
            host_id=host_id,
            tenant_id=tenant_id,
            stream_id=stream_id,
            body={"kind": gap.kind.value, "start_ms": gap.start_ms, "end_ms": gap.end_ms, "why": gap.why},
        )
        for gap in found
    ]


def decision_event(connection: Connection, case_id: str, kind: str, **body: object) -> NewEvent:
    """`decision.made` or `decision.reversed` of a case, with its findings and broadcasts; who decided is not told."""
    case = connection.execute(
        select(CaseRow.host_id, CaseRow.state, CaseRow.product_id, CaseRow.__table__.c["class"]).where(
            CaseRow.case_id == case_id
        )
    ).one()
    rows = connection.execute(
        select(CaseFindingRow.finding_id, CaseFindingRow.stream_id)
        .where(CaseFindingRow.case_id == case_id)
        .order_by(CaseFindingRow.finding_id)
    ).all()
    return NewEvent(
        kind=kind,
        subject=case_id,
        host_id=case.host_id,
        body={
            "case_id": case_id,
            "state": case.state,
            "class": case._mapping["class"],
            "product_id": case.product_id,
            "findings": [row.finding_id for row in rows],
            "streams": sorted({row.stream_id for row in rows}),
        }
        | body,
    )


def _streams(connection: Connection, stream_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Host and customer of each broadcast."""
    rows = connection.execute(
        select(StreamRow.stream_id, StreamRow.host_id, StreamRow.tenant_id).where(StreamRow.stream_id.in_(stream_ids))
    )
    return {row.stream_id: (row.host_id, row.tenant_id) for row in rows}

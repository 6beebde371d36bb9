"""The dispatcher's decisions, carried out inside the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from ingest.types import GapKind
from review.db.tables.scheduling import LeaseRow
from review.db.upsert import insert_missing, table_of
from review.events.log import write_events
from review.events.types import NewEvent
from review.scheduling.decisions import Close, Decision, Free, Grant, Recall, ReportWaiting
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.rows import lease_from_row, lease_values
from review.scheduling.state_changes import finish, leave_alone
from review.scheduling.status import LOST
from review.scheduling.types import Lease


def apply_decisions(connection: Connection, decisions: Sequence[Decision], now_ms: int, terms: LeaseTerms) -> int:
    """Carries out each decision whose lease still is as it was seen; gives how many.

    Leases first, in the order of their streams, then states: every writer locks in this order, so that none waits for
    another that waits for it.
    """
    insert_missing(connection, LeaseRow, [lease_values(d.seen) for d in decisions if d.seen.token == 0])
    ordered = sorted(decisions, key=lambda decision: decision.stream_id)
    done = [decision for decision in ordered if _change(connection, decision, now_ms, terms)]
    events: list[NewEvent] = []
    for decision in done:
        events += _state_events(connection, decision, now_ms)
    write_events(connection, now_ms, events)
    return len(done)


def _state_events(connection: Connection, decision: Decision, now_ms: int) -> list[NewEvent]:
    """How the stream's state follows what was decided."""
    match decision:
        case Close():
            lease = lease_of(connection, decision.stream_id)
            return finish(connection, lease, decision.state, decision.why or None, now_ms, is_held=False)
        case Free() | ReportWaiting():
            return leave_alone(connection, lease_of(connection, decision.stream_id), decision.why)
        case Grant() if decision.seen.worker_id:
            # Whoever goes on has not begun yet, and its first words will be that it records.
            lease = lease_of(connection, decision.stream_id)
            return leave_alone(connection, lease, "") if lease.on_air else []
        case _:
            return []


def lease_of(connection: Connection, stream_id: str) -> Lease:
    """The lease as it stands, which is there."""
    columns = table_of(LeaseRow).c
    return lease_from_row(connection.execute(select(*columns).where(columns.stream_id == stream_id)).one())


def unseen(stream_id: str) -> Lease:
    """The lease of a stream that nobody ever had."""
    return Lease(stream_id=stream_id, worker_id="", token=0, until_ms=0)


def _change(connection: Connection, decision: Decision, now_ms: int, terms: LeaseTerms) -> bool:
    seen = decision.seen
    as_seen = [LeaseRow.stream_id == seen.stream_id, LeaseRow.token == seen.token, LeaseRow.worker_id == seen.worker_id]
    if isinstance(decision, Grant | Free | Close):
        # Who renewed meanwhile is there after all.
        as_seen.append((LeaseRow.until_ms == seen.until_ms) | (LeaseRow.recalled_at_ms > 0))
    changed = connection.execute(update(LeaseRow).where(*as_seen).values(_values(decision, now_ms, terms)))
    return bool(changed.rowcount)


def _values(decision: Decision, now_ms: int, terms: LeaseTerms) -> dict[str, object]:
    next_token: dict[str, object] = {"token": decision.seen.token + 1, "recalled_at_ms": 0}
    if decision.seen.worker_id:
        next_token |= {"away_kind": GapKind.CRASH.value, "away_why": LOST}
    match decision:
        case Grant():
            return next_token | {
                "worker_id": decision.worker_id,
                "until_ms": now_ms + terms.lease_ms,
                "restarts": decision.restarts,
                "not_before_ms": now_ms,
                "beat_at_ms": now_ms,
                "why": "",
            }
        case Recall():
            return {"recalled_at_ms": now_ms, "why": decision.why}
        case Free():
            return next_token | {
                "worker_id": "",
                "restarts": decision.restarts,
                "not_before_ms": decision.not_before_ms,
                "why": decision.why,
            }
        case Close():
            return next_token | {"worker_id": "", "why": decision.why}
        case ReportWaiting():
            return {"why": decision.why}

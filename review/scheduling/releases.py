"""A worker lets go of a broadcast, inside the caller's transaction."""

from dataclasses import replace

from sqlalchemy import Connection, select, update

from ingest.types import GapKind
from review.db.tables.scheduling import LeaseRow
from review.db.upsert import table_of
from review.events.log import write_events
from review.events.types import NewEvent
from review.scheduling.decisions import Released
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.rows import lease_from_row, lease_values
from review.scheduling.state_changes import cannot_reach, finish, leave_alone
from review.scheduling.types import Lease
from review.streams.types import StreamState

_TRIED_AGAIN = (Released.FAILED, Released.UNREACHABLE)
_AWAY = {
    Released.GIVEN_BACK: GapKind.SHED,
    Released.FAILED: GapKind.CRASH,
    Released.UNREACHABLE: GapKind.NETWORK,
}
GAVE_BACK = "its worker gave it back"


def let_go(
    connection: Connection, stream_id: str, token: int, how: Released, why: str, now_ms: int, terms: LeaseTerms
) -> bool:
    """Frees the lease and moves the stream's state; false, and nothing changed, where the token is not the lease's."""
    row = connection.execute(
        select(*table_of(LeaseRow).c)
        .where(LeaseRow.stream_id == stream_id, LeaseRow.token == token, LeaseRow.worker_id != "")
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    lease = _freed(lease_from_row(row), how, why, now_ms, terms)
    connection.execute(update(LeaseRow).where(LeaseRow.stream_id == stream_id).values(lease_values(lease)))
    write_events(connection, now_ms, _state_events(connection, lease, how, why, now_ms, terms))
    return True


def _freed(held: Lease, how: Released, why: str, now_ms: int, terms: LeaseTerms) -> Lease:
    restarts = held.restarts + (how in _TRIED_AGAIN)
    kind = _AWAY.get(how)
    return replace(
        held,
        worker_id="",
        token=held.token + 1,
        recalled_at_ms=0,
        restarts=restarts,
        not_before_ms=now_ms + (terms.wait_ms(restarts + 1) if how in _TRIED_AGAIN else 0),
        why=why,
        away_kind=held.away_kind if kind is None else kind.value,
        away_why=held.away_why if kind is None else why or GAVE_BACK,
    )


def _state_events(
    connection: Connection, lease: Lease, how: Released, why: str, now_ms: int, terms: LeaseTerms
) -> list[NewEvent]:
    """What the stream is from now on; nothing is told where somebody goes on at once."""
    if how is Released.GIVEN_BACK:
        return []
    is_hopeless = how is Released.REFUSED or lease.restarts >= terms.most_restarts
    if how is Released.ENDED or is_hopeless:
        state = StreamState.ENDED if how is Released.ENDED else StreamState.FAILED
        return finish(connection, lease, state, why or None, now_ms, is_held=True)
    if how is Released.UNREACHABLE:
        return cannot_reach(connection, lease, GapKind.NETWORK, why, now_ms)
    return leave_alone(connection, lease, why)

"""A worker lets go of a broadcast, inside the caller's transaction."""

from sqlalchemy import Connection, select, update

from review.live.decisions import Released
from review.live.tables import LeaseRow
from review.live.terms import LeaseTerms
from review.tables import StreamRow
from review.telling.log import write_events
from review.telling.types import NewEvent
from review.types import StreamState
from review.writing import write_state


def let_go(
    connection: Connection, stream_id: str, token: int, how: Released, why: str, now_ms: int, terms: LeaseTerms
) -> bool:
    """Frees the lease and moves the stream's state; false, and nothing changed, where the token is not the lease's."""
    held = connection.execute(
        select(LeaseRow.restarts)
        .where(LeaseRow.stream_id == stream_id, LeaseRow.token == token, LeaseRow.worker_id != "")
        .with_for_update()
    ).one_or_none()
    if held is None:
        return False
    restarts = held.restarts + (how is Released.FAILED)
    connection.execute(
        update(LeaseRow)
        .where(LeaseRow.stream_id == stream_id)
        .values(
            worker_id="",
            token=token + 1,
            recalled_at_ms=0,
            restarts=restarts,
            not_before_ms=now_ms + (terms.wait_ms(restarts + 1) if how is Released.FAILED else 0),
            why=why,
        )
    )
    state = _state(how, restarts, terms)
    if state is not None:
        write_events(connection, now_ms, move(connection, stream_id, state, why or None))
    return True


def move(connection: Connection, stream_id: str, state: StreamState, error: str | None) -> list[NewEvent]:
    """Moves the stream to this state, unless it is over already: what ended it stays what ended it.

    Gives the events that the caller writes at the end of the transaction.
    """
    before = connection.scalar(select(StreamRow.state).where(StreamRow.stream_id == stream_id))
    if before not in (StreamState.ENDED.value, StreamState.FAILED.value):
        return write_state(connection, stream_id, state, error)
    return []


def _state(how: Released, restarts: int, terms: LeaseTerms) -> StreamState | None:
    """What the stream is from now on; None: as it was, somebody goes on at once."""
    if how is Released.GIVEN_BACK:
        return None
    if how is Released.ENDED:
        return StreamState.ENDED
    if how is Released.REFUSED or restarts >= terms.most_restarts:
        return StreamState.FAILED
    return StreamState.WAITING

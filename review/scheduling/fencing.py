"""Nothing is stored for a broadcast by whoever lost it."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from review.db.tables.scheduling import LeaseRow
from review.errors import LeaseLost


def guard(connection: Connection, stream_id: str, token: int) -> None:
    """Returns if the stream's lease has this token until the transaction ends; raises LeaseLost if not.

    Only the token counts: a lease that ran out and that nobody else has got is still good.
    """
    held = select(LeaseRow.token).where(LeaseRow.stream_id == stream_id, LeaseRow.worker_id != "")
    if connection.scalar(held.with_for_update(read=True)) != token:
        raise LeaseLost(stream_id, token)


def guard_all(connection: Connection, stream_ids: Iterable[str], token: int | None) -> None:
    """Guards each of these streams, unless no token is given: then nobody lent them."""
    if token is not None:
        for stream_id in sorted(set(stream_ids)):
            guard(connection, stream_id, token)

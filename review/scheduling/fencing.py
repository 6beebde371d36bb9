"""Nothing is stored for a broadcast by whoever lost it."""

from collections.abc import Iterable, Mapping

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


def lost_of(connection: Connection, tokens: Mapping[str, int]) -> frozenset[str]:
    """Those of these streams whose lease has not this token; the others' leases have it until the transaction ends."""
    if not tokens:
        return frozenset()
    held = (
        select(LeaseRow.stream_id, LeaseRow.token)
        .where(LeaseRow.stream_id.in_(tokens), LeaseRow.worker_id != "")
        .order_by(LeaseRow.stream_id)
        .with_for_update(read=True)
    )
    known = {row.stream_id: row.token for row in connection.execute(held)}
    return frozenset(stream_id for stream_id, token in tokens.items() if known.get(stream_id) != token)

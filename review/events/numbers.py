"""New numbers of a customer's log: taken from the row that orders its writers."""

from sqlalchemy import Connection, update

from review.db.tables.events import EventHeadRow
from review.db.tables.stretches import StretchHeadRow
from review.db.upsert import insert_missing


def reserve(
    connection: Connection, heads: type[EventHeadRow] | type[StretchHeadRow], tenant_id: str, count: int, **more: int
) -> int:
    """The first of `count` new numbers; a customer whose first they are gets a row, with `more` in it."""
    move = (
        update(heads)
        .where(heads.tenant_id == tenant_id)
        .values(sequence=heads.sequence + count)
        .returning(heads.sequence)
    )
    last: int | None = connection.scalar(move)
    if last is None:
        insert_missing(connection, heads, [{"tenant_id": tenant_id, "sequence": 0, **more}])
        last = connection.scalar(move)
    assert last is not None
    return last - count + 1

"""New numbers of customers' logs: taken from the rows that order their writers."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update

from review.db.tables.events import EventHeadRow
from review.db.tables.stretches import StretchHeadRow
from review.db.upsert import insert_missing, table_of


def reserve(
    connection: Connection, heads: type[EventHeadRow] | type[StretchHeadRow], counts: Mapping[str, int], **more: int
) -> dict[str, int]:
    """The first of so many new numbers of each of these customers; one whose first they are gets a row, with `more`.

    The rows are held in one order by everybody, and until the transaction ends.
    """
    if not counts:
        return {}
    table = table_of(heads)
    held = (
        select(table.c.tenant_id, table.c.sequence)
        .where(table.c.tenant_id.in_(counts))
        .order_by(table.c.tenant_id)
        .with_for_update()
    )
    last = {row.tenant_id: row.sequence for row in connection.execute(held)}
    if missing := sorted(counts.keys() - last.keys()):
        insert_missing(connection, heads, [{"tenant_id": name, "sequence": 0, **more} for name in missing])
        last = {row.tenant_id: row.sequence for row in connection.execute(held)}
    connection.execute(
        update(table).where(table.c.tenant_id == bindparam("of")).values(sequence=bindparam("last")),
        [{"of": name, "last": last[name] + count} for name, count in sorted(counts.items())],
    )
    return {name: last[name] + 1 for name in counts}

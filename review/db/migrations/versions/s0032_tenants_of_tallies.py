"""Whose findings the running counts count.

What was counted before is given to the customers whose stored findings make it up; what none of them accounts for any
more, such as broadcasts that were erased, stays nobody's and counts in the sums of all.
"""

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_CHINA = timezone(timedelta(hours=8))
_OWN = "local"
_FOUND = """
select s.tenant_id, s.host_id, s.products, s.started_at, f.class, f.product_id, f.start_ms, c.opened_at_ms
from case_findings cf
join findings f on f.finding_id = cf.finding_id
join streams s on s.stream_id = f.stream_id
join cases c on c.case_id = cf.case_id
"""
Key = tuple[str, int, str]


def _table(name: str, *more: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("dimension", sa.String(10), primary_key=True),
        sa.Column("day", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(200), primary_key=True),
        *more,
        sa.Column("count", sa.Integer(), nullable=False),
    )


def _replaced(*more: sa.Column[Any]) -> sa.Table:
    op.drop_table("tallies")
    table = _table("tallies", *more)
    table.create(op.get_bind())
    return table


def upgrade() -> None:
    before = list(op.get_bind().execute(sa.select(_table("tallies"))))
    owners = set(op.get_bind().scalars(sa.text("select distinct tenant_id from streams")))
    shares = _shares(op.get_bind()) if len(owners) > 1 else {}
    table = _replaced(sa.Column("tenant_id", sa.String(60), primary_key=True))
    rows = []
    for dimension, day, key, count in before:
        left = count
        for tenant_id, found in sorted(shares.get((dimension, day, key), {}).items()):
            own = min(left, found)
            left -= own
            if own:
                rows.append((dimension, day, key, tenant_id, own))
        if left:
            rows.append((dimension, day, key, "" if len(owners) > 1 else next(iter(owners), _OWN), left))
    if rows:
        names = [column.name for column in table.columns]
        op.get_bind().execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def _shares(connection: sa.Connection) -> dict[Key, Counter[str]]:
    """How many of the stored findings of each customer are behind each count."""
    found: dict[Key, Counter[str]] = {}
    for row in connection.execute(sa.text(_FOUND).columns(products=sa.JSON())):
        category = next((p.get("category") for p in row.products if p["product_id"] == row.product_id), None)
        said_at = datetime.fromtimestamp(row.opened_at_ms / 1000, _CHINA)
        if row.started_at is not None:
            said_at = datetime.fromisoformat(row.started_at) + timedelta(milliseconds=row.start_ms)
        day = said_at.date().toordinal()
        keys = {"class": row[4], "category": category or "", "host": row.host_id, "hour": f"{said_at.hour:02}"}
        for dimension, key in keys.items():
            found.setdefault((dimension, day, key), Counter())[row.tenant_id] += 1
    return found


def downgrade() -> None:
    table = _table("tallies", sa.Column("tenant_id", sa.String(60), primary_key=True))
    names = [table.c.dimension, table.c.day, table.c.key]
    rows = list(op.get_bind().execute(sa.select(*names, sa.func.sum(table.c.count).label("count")).group_by(*names)))
    table = _replaced()
    if rows:
        op.get_bind().execute(sa.insert(table), [dict(row._mapping) for row in rows])

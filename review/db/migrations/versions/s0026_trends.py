"""What is found a day by class, detector, policy and kind of goods; the detector and policy of a case as columns."""

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_CHINA = timezone(timedelta(hours=8))
_FILED = """
select s.tenant_id, f.class, f.record, c.category, f.start_ms, c.opened_at_ms, s.started_at
from case_findings cf
join findings f on f.finding_id = cf.finding_id
join cases c on c.case_id = cf.case_id
join streams s on s.stream_id = cf.stream_id
"""
_NAMES = {
    "sqlite": "json_extract(f.record, '$.{}')",
    "postgresql": "f.record ->> '{}'",
}


def upgrade() -> None:
    found = op.create_table(
        "found_days",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.Column("goods", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "day", "class", "rule", "policy", "goods"),
    )
    for name, length in (("rule", 120), ("policy", 80)):
        op.add_column("cases", sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.create_index("cases_by_opening", "cases", ["opened_at_ms"])
    connection = op.get_bind()
    said = _NAMES[connection.dialect.name]
    for name in ("rule", "policy"):
        of_top = f"select {said.format(name)} from findings f where f.finding_id = cases.top_finding_id"
        connection.execute(sa.text(f"update cases set {name} = coalesce(({of_top}), '')"))
    counts = _counted(connection, said)
    names = ("tenant_id", "day", "class", "rule", "policy", "goods")
    rows = [dict(zip(names, key, strict=True)) | {"count": count} for key, count in sorted(counts.items())]
    if rows:
        op.bulk_insert(found, rows)


def _counted(connection: sa.Connection, said: str) -> Counter[tuple[Any, ...]]:
    asked = _FILED.replace("f.record", f"{said.format('rule')} as rule, {said.format('policy')} as policy", 1)
    counts: Counter[tuple[Any, ...]] = Counter()
    for row in connection.execute(sa.text(asked)):
        if row.started_at is None:
            at = datetime.fromtimestamp(row.opened_at_ms / 1000, _CHINA)
        else:
            at = datetime.fromisoformat(row.started_at) + timedelta(milliseconds=row.start_ms)
        goods = (row.category or "-").partition("/")[0]
        key = (row.tenant_id, at.date().toordinal(), row._mapping["class"], row.rule or "", row.policy or "", goods)
        counts[key] += 1
    return counts


def downgrade() -> None:
    op.drop_index("cases_by_opening", table_name="cases")
    op.drop_column("cases", "policy")
    op.drop_column("cases", "rule")
    op.drop_table("found_days")

"""Running counts of findings; indexes for ages and times."""

from collections import Counter
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHINA = timezone(timedelta(hours=8))
_FILED = """
select f.start_ms, f.host_id, f.class, c.category, c.opened_at_ms, s.started_at
from case_findings cf
join findings f on f.finding_id = cf.finding_id
join cases c on c.case_id = cf.case_id
join streams s on s.stream_id = cf.stream_id
"""


def upgrade() -> None:
    tallies = op.create_table(
        "tallies",
        sa.Column("dimension", sa.String(length=10), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dimension", "day", "key"),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("cases_by_age", ["state", "class", "opened_at_ms"], unique=False)
    with op.batch_alter_table("case_bands", schema=None) as batch_op:
        batch_op.create_index("case_bands_by_case", ["case_id"], unique=False)
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index("findings_by_verdict", ["stream_id", "verdict", "disposition"], unique=False)
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("decisions_by_time", ["decided_at_ms"], unique=False)
    counts: Counter[tuple[str, int, str]] = Counter()
    for start_ms, host_id, class_id, category, opened_at_ms, started_at in op.get_bind().execute(sa.text(_FILED)):
        if started_at is None:
            at = datetime.fromtimestamp(opened_at_ms / 1000, _CHINA)
        else:
            at = datetime.fromisoformat(started_at) + timedelta(milliseconds=start_ms)
        keys = {"class": class_id, "category": category or "", "host": host_id, "hour": f"{at.hour:02}"}
        counts.update((dimension, at.date().toordinal(), key) for dimension, key in keys.items())
    op.bulk_insert(
        tallies,
        [
            {"dimension": dimension, "day": day, "key": key, "count": count}
            for (dimension, day, key), count in counts.items()
        ],
    )


def downgrade() -> None:
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("decisions_by_time")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_index("findings_by_verdict")
    with op.batch_alter_table("case_bands", schema=None) as batch_op:
        batch_op.drop_index("case_bands_by_case")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("cases_by_age")
    op.drop_table("tallies")

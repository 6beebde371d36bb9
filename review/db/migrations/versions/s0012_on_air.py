"""When a broadcast was last recorded, whether it is on air, and how its last holder was lost."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What the leases of before tell of broadcasts that are not over: recorded until their holder last told of them.
_AS_TOLD = """
update stream_leases set recorded_at_ms = beat_at_ms, on_air = true
where recorded_ms > 0 and stream_id in (select stream_id from streams where state not in ('ended', 'failed'))
"""
# What the program of before knows of no other name for.
_KNOWN = "update streams set state = 'waiting' where state in ('unreachable', 'interrupted')"


_NAMES = ("recorded_at_ms", "on_air", "away_kind", "away_why")


def upgrade() -> None:
    with op.batch_alter_table("stream_leases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recorded_at_ms", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("on_air", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("away_kind", sa.String(length=20), server_default="", nullable=False))
        batch_op.add_column(sa.Column("away_why", sa.Text(), server_default="", nullable=False))
    op.execute(_AS_TOLD)


def downgrade() -> None:
    op.execute(_KNOWN)
    with op.batch_alter_table("stream_leases", schema=None) as batch_op:
        for name in reversed(_NAMES):
            batch_op.drop_column(name)

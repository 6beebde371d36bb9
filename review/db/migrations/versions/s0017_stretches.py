"""Stretches with a log of their own, what ails broadcasts, the order in which passages were stored, use of keys."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stretches",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("host_id", sa.String(length=300), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sequence"),
        sa.UniqueConstraint("stream_id", "start_ms", name="stretches_once"),
    )
    with op.batch_alter_table("stretches", schema=None) as batch_op:
        batch_op.create_index("stretches_by_time", ["at_ms"], unique=False)

    op.create_table(
        "stretch_heads",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("forgotten", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "stretch_followers",
        sa.Column("endpoint_id", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoints.endpoint_id"]),
        sa.PrimaryKeyConstraint("endpoint_id"),
    )
    op.create_table(
        "stream_signals",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    op.create_table(
        "stream_conditions",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("condition", sa.String(length=20), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("began_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("stream_id", "condition"),
    )
    op.create_table(
        "key_usage",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("key_id", sa.String(length=24), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.key_id"]),
        sa.PrimaryKeyConstraint("day", "key_id"),
    )
    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(_NUMBERED)
    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.create_index("passages_by_number", ["stream_id", "number"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.drop_index("passages_by_number")
        batch_op.drop_column("number")
    op.drop_table("key_usage")
    op.drop_table("stream_conditions")
    op.drop_table("stream_signals")
    op.drop_table("stretch_followers")
    op.drop_table("stretch_heads")
    with op.batch_alter_table("stretches", schema=None) as batch_op:
        batch_op.drop_index("stretches_by_time")
    op.drop_table("stretches")


# In what order older passages were stored is not known; that of the broadcast is as good.
_NUMBERED = """
update passages set number = ranked.number
from (
    select stream_id, id, row_number() over (partition by stream_id order by start_ms, id) as number from passages
) as ranked
where ranked.stream_id = passages.stream_id and ranked.id = passages.id
"""

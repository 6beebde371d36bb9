"""Complaints, and what was delivered to the platform."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("complaint_id", sa.String(length=36), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=True),
        sa.Column("who", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("finding_id", sa.String(length=100), nullable=True),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.Column("receipt_sha256", sa.String(length=64), nullable=False),
        sa.Column("receipt_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("filed_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"]),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("complaint_id"),
        sa.UniqueConstraint("request_key"),
    )
    with op.batch_alter_table("complaints", schema=None) as batch_op:
        batch_op.create_index("complaints_by_case", ["case_id"], unique=False)
        batch_op.create_index("complaints_by_receipt", ["receipt_sha256"], unique=False)
        batch_op.create_index("complaints_by_stream", ["stream_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("event_sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("delivered_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_sequence"], ["due_events.sequence"]),
        sa.PrimaryKeyConstraint("event_sequence"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("deliveries_by_time", ["state", "next_at_ms"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("deliveries_by_time")

    op.drop_table("deliveries")
    with op.batch_alter_table("complaints", schema=None) as batch_op:
        batch_op.drop_index("complaints_by_stream")
        batch_op.drop_index("complaints_by_receipt")
        batch_op.drop_index("complaints_by_case")

    op.drop_table("complaints")

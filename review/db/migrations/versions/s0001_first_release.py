"""The first release: streams, segments, passages, findings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "streams",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("started_at", sa.String(length=40), nullable=True),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    with op.batch_alter_table("streams", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_streams_host_id"), ["host_id"], unique=False)

    op.create_table(
        "cursors",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    op.create_table(
        "findings",
        sa.Column("finding_id", sa.String(length=100), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("disposition", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("created_seq", sa.BigInteger(), nullable=False),
        sa.Column("updated_seq", sa.BigInteger(), nullable=False),
        sa.Column("clip", sa.Text(), nullable=True),
        sa.Column("clip_start_ms", sa.BigInteger(), nullable=True),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("finding_id"),
        sa.UniqueConstraint("created_seq"),
        sa.UniqueConstraint("updated_seq"),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.create_index("findings_by_change", ["stream_id", "updated_seq"], unique=False)
        batch_op.create_index("findings_by_stream", ["stream_id", "disposition", "created_seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_findings_class"), ["class"], unique=False)
        batch_op.create_index(batch_op.f("ix_findings_host_id"), ["host_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_findings_product_id"), ["product_id"], unique=False)

    op.create_table(
        "passages",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id", "id"),
    )
    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.create_index("passages_by_time", ["stream_id", "start_ms"], unique=False)

    op.create_table(
        "segments",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("source_start_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("chain_sha256", sa.String(length=64), nullable=False),
        sa.Column("gap_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("analysed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id", "sequence"),
    )


def downgrade() -> None:
    op.drop_table("segments")
    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.drop_index("passages_by_time")

    op.drop_table("passages")
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_findings_product_id"))
        batch_op.drop_index(batch_op.f("ix_findings_host_id"))
        batch_op.drop_index(batch_op.f("ix_findings_class"))
        batch_op.drop_index("findings_by_stream")
        batch_op.drop_index("findings_by_change")

    op.drop_table("findings")
    op.drop_table("cursors")
    with op.batch_alter_table("streams", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_streams_host_id"))

    op.drop_table("streams")
    op.drop_table("counters")

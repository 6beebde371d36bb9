"""What people corrected in transcripts, and the findings that no longer stand since."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("passage_id", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("heard", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("corrected", sa.Text(), nullable=False),
        sa.Column("product_before", sa.String(length=200), nullable=True),
        sa.Column("product_after", sa.String(length=200), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("corrected_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("correction_id"),
        sa.UniqueConstraint("request_id"),
        sa.UniqueConstraint("sequence"),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index("corrections_by_passage", ["stream_id", "passage_id", "sequence"], unique=False)
        batch_op.create_index("corrections_by_case", ["case_id", "sequence"], unique=False)

    op.create_table(
        "superseded_findings",
        sa.Column("finding_id", sa.String(length=100), nullable=False),
        sa.Column("correction_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=True),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("by_finding_id", sa.String(length=100), nullable=True),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.finding_id"]),
        sa.ForeignKeyConstraint(["correction_id"], ["corrections.correction_id"]),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"]),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    with op.batch_alter_table("superseded_findings", schema=None) as batch_op:
        batch_op.create_index("superseded_by_case", ["case_id"], unique=False)
        batch_op.create_index("superseded_by_stream", ["stream_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("superseded_findings", schema=None) as batch_op:
        batch_op.drop_index("superseded_by_stream")
        batch_op.drop_index("superseded_by_case")

    op.drop_table("superseded_findings")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index("corrections_by_case")
        batch_op.drop_index("corrections_by_passage")

    op.drop_table("corrections")

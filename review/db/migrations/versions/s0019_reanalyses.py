"""Recordings that are analysed again, and what differs then."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reanalyses",
        sa.Column("reanalysis_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("policy", sa.String(length=300), nullable=True),
        sa.Column("passports", sa.JSON(), nullable=False),
        sa.Column("judged_by", sa.String(length=300), nullable=True),
        sa.Column("span_ms", sa.BigInteger(), nullable=False),
        sa.Column("analysed_ms", sa.BigInteger(), nullable=False),
        sa.Column("missing_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.String(length=100), nullable=False),
        sa.Column("beat_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.PrimaryKeyConstraint("reanalysis_id"),
        sa.UniqueConstraint("tenant_id", "request_key", name="reanalyses_by_request"),
    )
    with op.batch_alter_table("reanalyses", schema=None) as batch_op:
        batch_op.create_index("reanalyses_by_state", ["state", "created_at_ms"], unique=False)
        batch_op.create_index("reanalyses_by_tenant", ["tenant_id", "created_at_ms"], unique=False)
        batch_op.create_index("reanalyses_by_stream", ["stream_id"], unique=False)
    op.create_table(
        "reanalysis_findings",
        sa.Column("reanalysis_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("finding_id", sa.String(length=100), nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["reanalysis_id"], ["reanalyses.reanalysis_id"]),
        sa.PrimaryKeyConstraint("reanalysis_id", "number"),
    )
    with op.batch_alter_table("reanalysis_findings", schema=None) as batch_op:
        batch_op.create_index("reanalysis_findings_by_finding", ["finding_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reanalysis_findings", schema=None) as batch_op:
        batch_op.drop_index("reanalysis_findings_by_finding")
    op.drop_table("reanalysis_findings")
    with op.batch_alter_table("reanalyses", schema=None) as batch_op:
        batch_op.drop_index("reanalyses_by_stream")
        batch_op.drop_index("reanalyses_by_tenant")
        batch_op.drop_index("reanalyses_by_state")
    op.drop_table("reanalyses")

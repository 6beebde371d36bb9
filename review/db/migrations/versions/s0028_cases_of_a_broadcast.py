"""The cases of a broadcast are found by it, for the wall of what is on air."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("case_findings_by_stream", "case_findings", ["stream_id", "case_id"])


def downgrade() -> None:
    op.drop_index("case_findings_by_stream", table_name="case_findings")

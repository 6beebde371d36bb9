"""The audit trail is searched by when and by what was done."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("audit_by_time", "audit", ["at_ms"])
    op.create_index("audit_by_action", "audit", ["action", "sequence"])


def downgrade() -> None:
    op.drop_index("audit_by_action", table_name="audit")
    op.drop_index("audit_by_time", table_name="audit")

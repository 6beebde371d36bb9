"""The latest case of a host, and what a candidate in shadow flags, are found in an index, not among all rows."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("cases_by_host_opening", "cases", ["host_id", "opened_at_ms"])
    op.create_index(
        "learning_shadow_scores_by_flags",
        "learning_shadow_scores",
        ["shadow_id", "flags", "shadow_flags", "stream_id"],
    )


def downgrade() -> None:
    op.drop_index("learning_shadow_scores_by_flags", "learning_shadow_scores")
    op.drop_index("cases_by_host_opening", "cases")

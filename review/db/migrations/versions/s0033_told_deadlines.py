"""What was told that fell due."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_deadlines",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("told_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_index("told_deadlines_by_time", "told_deadlines", ["told_at_ms"])


def downgrade() -> None:
    op.drop_index("told_deadlines_by_time", "told_deadlines")
    op.drop_table("told_deadlines")

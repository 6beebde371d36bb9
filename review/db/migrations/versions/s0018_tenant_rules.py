"""What customers set for themselves in versions, and what is suggested about findings."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant_rules",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "number"),
    )
    with op.batch_alter_table("findings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suggestion", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("risk", sa.String(length=10), nullable=True))


def downgrade() -> None:
    # A copy of the table would take the place of one that others refer to, which SQLite refuses.
    op.drop_column("findings", "risk")
    op.drop_column("findings", "suggestion")
    op.drop_table("tenant_rules")

"""Appeals are decided case by case, and a measure that an appeal changed is kept as it was."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measures_before",
        sa.Column("appeal_id", sa.String(length=36), nullable=False),
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("starts_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["measure_id"], ["measures.measure_id"]),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    with op.batch_alter_table("measures_before", schema=None) as batch_op:
        batch_op.create_index("ix_measures_before_measure_id", ["measure_id"], unique=False)
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rulings", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("outcome", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("appeals", "outcome")
    op.drop_column("appeals", "rulings")
    op.drop_table("measures_before")

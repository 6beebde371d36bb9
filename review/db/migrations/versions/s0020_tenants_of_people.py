"""For which customers people work."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tenants", sa.JSON(), nullable=True))


def downgrade() -> None:
    # A copy of the table would take the place of one that others refer to, which SQLite refuses.
    op.drop_column("people", "tenants")

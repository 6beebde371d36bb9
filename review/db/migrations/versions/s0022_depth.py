"""How deep a broadcast is looked into, as it was ordered."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stream_orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("depth", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("stream_orders", schema=None) as batch_op:
        batch_op.drop_column("depth")

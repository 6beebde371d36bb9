"""Where the depth of a broadcast comes from: its order, or a version of its customer's rules."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stream_orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("depth_source", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("stream_orders", schema=None) as batch_op:
        batch_op.drop_column("depth_source")

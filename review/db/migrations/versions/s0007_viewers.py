"""How many people watched a broadcast, as far as its platform told."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# Plainly, not in batch mode: that would make the table anew, which others refer to.
def upgrade() -> None:
    op.add_column("streams", sa.Column("viewers", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("streams", "viewers")

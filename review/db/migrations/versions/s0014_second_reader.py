"""What a second reader said of findings, answers by content, calls within a budget, and what they took."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_opinions",
        sa.Column("finding_id", sa.String(length=100), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("asked_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("answer_key", sa.String(length=64), nullable=True),
        sa.Column("record", sa.JSON(), nullable=True),
        sa.Column("heir", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    with op.batch_alter_table("second_opinions", schema=None) as batch_op:
        batch_op.create_index("second_opinions_by_stream", ["stream_id"], unique=False)

    op.create_table(
        "second_answers",
        sa.Column("answer_key", sa.String(length=64), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt", sa.String(length=200), nullable=False),
        sa.Column("messages", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("answered_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("answer_key"),
    )
    with op.batch_alter_table("second_answers", schema=None) as batch_op:
        batch_op.create_index("second_answers_by_stream", ["stream_id"], unique=False)

    op.create_table(
        "second_calls",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    with op.batch_alter_table("second_calls", schema=None) as batch_op:
        batch_op.create_index("second_calls_by_time", ["at_ms"], unique=False)

    op.create_table(
        "second_figures",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("second_figures")
    with op.batch_alter_table("second_calls", schema=None) as batch_op:
        batch_op.drop_index("second_calls_by_time")

    op.drop_table("second_calls")
    with op.batch_alter_table("second_answers", schema=None) as batch_op:
        batch_op.drop_index("second_answers_by_stream")

    op.drop_table("second_answers")
    with op.batch_alter_table("second_opinions", schema=None) as batch_op:
        batch_op.drop_index("second_opinions_by_stream")

    op.drop_table("second_opinions")

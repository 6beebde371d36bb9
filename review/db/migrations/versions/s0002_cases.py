"""Cases and decisions; coverage by cause; words that only a hotword brought in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("case_key", sa.String(length=32), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(length=100), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=True),
        sa.Column("product_name", sa.Text(), nullable=True),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Float(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_seq", sa.BigInteger(), nullable=False),
        sa.Column("finding_count", sa.Integer(), nullable=False),
        sa.Column("stream_count", sa.Integer(), nullable=False),
        sa.Column("said_count", sa.Integer(), nullable=False),
        sa.Column("top_finding_id", sa.String(length=100), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reach", sa.BigInteger(), nullable=False),
        sa.Column("complained", sa.Boolean(), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("case_key"),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("cases_by_change", ["changed_seq"], unique=False)
        batch_op.create_index("cases_by_class", ["state", "class", "rank"], unique=False)
        batch_op.create_index("cases_by_host", ["host_id", "state", "rank"], unique=False)
        batch_op.create_index("cases_queue", ["state", "rank"], unique=False)
        batch_op.create_index(batch_op.f("ix_cases_product_id"), ["product_id"], unique=False)

    op.create_table(
        "case_bands",
        sa.Column("band", sa.String(length=24), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.PrimaryKeyConstraint("band", "case_id"),
    )
    op.create_table(
        "coverage",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("span_ms", sa.BigInteger(), nullable=False),
        sa.Column("analysed_ms", sa.BigInteger(), nullable=False),
        sa.Column("waiting_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("decided_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("undone_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.PrimaryKeyConstraint("decision_id"),
        sa.UniqueConstraint("request_id"),
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("decisions_by_case", ["case_id", "decided_at_ms"], unique=False)
        batch_op.create_index("decisions_by_person", ["person_id", "decided_at_ms"], unique=False)

    op.create_table(
        "gaps",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id", "start_ms"),
    )
    op.create_table(
        "case_findings",
        sa.Column("finding_id", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["findings.finding_id"],
        ),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    with op.batch_alter_table("case_findings", schema=None) as batch_op:
        batch_op.create_index("case_findings_by_case", ["case_id"], unique=False)

    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unconfirmed", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    with op.batch_alter_table("passages", schema=None) as batch_op:
        batch_op.drop_column("unconfirmed")

    with op.batch_alter_table("case_findings", schema=None) as batch_op:
        batch_op.drop_index("case_findings_by_case")

    op.drop_table("case_findings")
    op.drop_table("gaps")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index("decisions_by_person")
        batch_op.drop_index("decisions_by_case")

    op.drop_table("decisions")
    op.drop_table("coverage")
    op.drop_table("case_bands")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_product_id"))
        batch_op.drop_index("cases_queue")
        batch_op.drop_index("cases_by_host")
        batch_op.drop_index("cases_by_class")
        batch_op.drop_index("cases_by_change")

    op.drop_table("cases")

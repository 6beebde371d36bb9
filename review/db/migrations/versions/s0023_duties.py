"""Who is to look at a case, who put it aside, named queues, and the number and language of a case."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_duties",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("given_by", sa.String(length=36), nullable=False),
        sa.Column("given_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    op.create_index("case_duties_by_person", "case_duties", ["person_id"])
    op.create_table(
        "case_deferrals",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=True),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"]),
        sa.PrimaryKeyConstraint("case_id", "person_id"),
    )
    op.create_table(
        "named_queues",
        sa.Column("queue_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("severities", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("readers", sa.JSON(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("queue_id"),
        sa.UniqueConstraint("name"),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=False, server_default="zh"))
        batch_op.add_column(sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_index("cases_by_number", ["number"])
    op.execute(
        "update cases set number = numbered.at from (select case_id, row_number() over (order by opened_at_ms, case_id)"
        " as at from cases) as numbered where cases.case_id = numbered.case_id"
    )
    op.execute("insert into counters (name, value) select 'case_number', count(*) from cases")


def downgrade() -> None:
    op.execute("delete from counters where name = 'case_number'")
    op.drop_index("cases_by_number", table_name="cases")
    # A copy of the table would take the place of one that others refer to, which SQLite refuses.
    op.drop_column("cases", "number")
    op.drop_column("cases", "language")
    op.drop_table("named_queues")
    op.drop_table("case_deferrals")
    op.drop_index("case_duties_by_person", table_name="case_duties")
    op.drop_table("case_duties")

"""Due process: the audit trail, strikes, measures, answers, appeals, events, holds."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REFUSES = "the audit trail is append-only"
_SQLITE_GUARDS = [
    f"create trigger audit_no_{verb} before {verb} on audit begin select raise(abort, '{_REFUSES}'); end"
    for verb in ("update", "delete")
]
_POSTGRESQL_GUARDS = [
    "create function audit_refuses() returns trigger language plpgsql as "
    f"$$ begin raise exception '{_REFUSES}'; end $$",
    "create trigger audit_no_change before update or delete or truncate on audit "
    "for each statement execute function audit_refuses()",
]
_CONFIRMED = """
select c.case_id, c.host_id, c.class, c.category, c.severity, c.opened_at_ms, f.record,
  (select max(d.decided_at_ms) from decisions d
   where d.case_id = c.case_id and d.undone_at_ms is null) as confirmed_at_ms
from cases c
join case_findings cf on cf.case_id = c.case_id
join findings f on f.finding_id = cf.finding_id
where c.state = 'confirmed'
order by c.case_id
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("audit_by_actor", ["actor", "sequence"], unique=False)
        batch_op.create_index("audit_by_subject", ["subject", "sequence"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "due_events",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "due_hosts", sa.Column("host_id", sa.String(length=200), nullable=False), sa.PrimaryKeyConstraint("host_id")
    )
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=36), nullable=False),
        sa.Column("set_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("released_by", sa.String(length=36), nullable=True),
        sa.Column("released_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("hold_id"),
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index("holds_by_subject", ["subject"], unique=False)

    op.create_table(
        "host_links",
        sa.Column("identifier_hmac", sa.String(length=64), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("linked_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identifier_hmac", "host_id"),
    )
    with op.batch_alter_table("host_links", schema=None) as batch_op:
        batch_op.create_index("host_links_by_host", ["host_id"], unique=False)

    op.create_table(
        "measures",
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("breach", sa.String(length=200), nullable=False),
        sa.Column("serious_why", sa.Text(), nullable=False),
        sa.Column("urgent_why", sa.Text(), nullable=False),
        sa.Column("table_version", sa.String(length=40), nullable=False),
        sa.Column("starts_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.String(length=36), nullable=False),
        sa.Column("proposed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("defence_due_ms", sa.BigInteger(), nullable=False),
        sa.Column("lapses_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=36), nullable=True),
        sa.Column("approved_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("appeal_due_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=36), nullable=True),
        sa.Column("closed_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("measure_id"),
    )
    with op.batch_alter_table("measures", schema=None) as batch_op:
        batch_op.create_index("measures_by_host", ["host_id", "state"], unique=False)
        batch_op.create_index("measures_by_state", ["state", "kind", "ends_at_ms"], unique=False)

    op.create_table(
        "appeals",
        sa.Column("appeal_id", sa.String(length=36), nullable=False),
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("filed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("decide_due_ms", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("reasons_zh", sa.Text(), nullable=False),
        sa.Column("reasons_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measures.measure_id"],
        ),
        sa.PrimaryKeyConstraint("appeal_id"),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index("appeals_by_measure", ["measure_id", "filed_at_ms"], unique=False)
        batch_op.create_index("appeals_by_state", ["state", "decide_due_ms"], unique=False)

    op.create_table(
        "defences",
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measures.measure_id"],
        ),
        sa.PrimaryKeyConstraint("measure_id"),
    )
    op.create_table(
        "evasions",
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measures.measure_id"],
        ),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("measure_id", "stream_id"),
    )
    op.create_table(
        "host_tokens",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("issued_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measures.measure_id"],
        ),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    with op.batch_alter_table("host_tokens", schema=None) as batch_op:
        batch_op.create_index("host_tokens_by_measure", ["measure_id"], unique=False)

    op.create_table(
        "last_deals",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    op.create_table(
        "measure_cases",
        sa.Column("measure_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["measures.measure_id"],
        ),
        sa.PrimaryKeyConstraint("measure_id", "case_id"),
    )
    with op.batch_alter_table("measure_cases", schema=None) as batch_op:
        batch_op.create_index("measure_cases_by_case", ["case_id"], unique=False)

    op.create_table(
        "strikes",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.case_id"],
        ),
        sa.PrimaryKeyConstraint("case_id"),
    )
    with op.batch_alter_table("strikes", schema=None) as batch_op:
        batch_op.create_index("strikes_by_host", ["host_id", "at_ms"], unique=False)
    connection = op.get_bind()
    postgresql = connection.dialect.name == "postgresql"
    for guard in _POSTGRESQL_GUARDS if postgresql else _SQLITE_GUARDS:
        op.execute(guard)
    _give_strikes(connection)


def _give_strikes(connection: sa.Connection) -> None:
    """Cases that were confirmed before strikes were kept count like those after."""
    cases: dict[str, sa.Row[Any]] = {}
    records: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(sa.text(_CONFIRMED)):
        record = json.loads(row.record) if isinstance(row.record, str) else row.record
        cases[row.case_id] = row
        records.setdefault(row.case_id, []).append(record)
    strikes = [
        {
            "case_id": case_id,
            "host_id": row.host_id,
            "class": row._mapping["class"],
            "category": row.category,
            "severity": row.severity,
            "corrected": all(
                any(trial["id"] == "corrected" and trial["applies"] for trial in record["exemptions"])
                for record in records[case_id]
            ),
            "law": json.dumps(sorted({cited for record in records[case_id] for cited in record["law"]})),
            "at_ms": row.opened_at_ms,
            "confirmed_at_ms": row.confirmed_at_ms or row.opened_at_ms,
        }
        for case_id, row in cases.items()
    ]
    if strikes:
        columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in strikes[0]]
        connection.execute(sa.insert(sa.table("strikes", *columns)), strikes)


def downgrade() -> None:
    with op.batch_alter_table("strikes", schema=None) as batch_op:
        batch_op.drop_index("strikes_by_host")

    op.drop_table("strikes")
    with op.batch_alter_table("measure_cases", schema=None) as batch_op:
        batch_op.drop_index("measure_cases_by_case")

    op.drop_table("measure_cases")
    op.drop_table("last_deals")
    with op.batch_alter_table("host_tokens", schema=None) as batch_op:
        batch_op.drop_index("host_tokens_by_measure")

    op.drop_table("host_tokens")
    op.drop_table("evasions")
    op.drop_table("defences")
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.drop_index("appeals_by_state")
        batch_op.drop_index("appeals_by_measure")

    op.drop_table("appeals")
    with op.batch_alter_table("measures", schema=None) as batch_op:
        batch_op.drop_index("measures_by_state")
        batch_op.drop_index("measures_by_host")

    op.drop_table("measures")
    with op.batch_alter_table("host_links", schema=None) as batch_op:
        batch_op.drop_index("host_links_by_host")

    op.drop_table("host_links")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index("holds_by_subject")

    op.drop_table("holds")
    op.drop_table("due_hosts")
    op.drop_table("due_events")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("audit_by_subject")
        batch_op.drop_index("audit_by_actor")

    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function audit_refuses()")

"""One log of events for each customer, addresses that are told, how far the telling is; evidence kept elsewhere.

What the platform was told of measures until now moves into the log of `local`, with its numbers and message ids.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("host_id", sa.String(length=300), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sequence"),
        sa.UniqueConstraint("event_id"),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("events_by_subject", ["subject"], unique=False)

    for name in ("event_heads", "event_fans"):
        op.create_table(
            name,
            sa.Column("tenant_id", sa.String(length=60), nullable=False),
            sa.Column("sequence", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint("tenant_id"),
        )
    op.create_table(
        "webhook_secrets",
        sa.Column("secret_id", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("previous_until_ms", sa.BigInteger(), nullable=True),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("secret_id"),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("endpoint_id", sa.String(length=60), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("callback", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("disabled_after", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id"),
    )
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.create_index("webhook_endpoints_by_tenant", ["tenant_id"], unique=False)

    op.create_table(
        "webhook_deliveries",
        sa.Column("endpoint_id", sa.String(length=60), nullable=False),
        sa.Column("event_sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("delivered_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoints.endpoint_id"]),
        sa.PrimaryKeyConstraint("endpoint_id", "event_sequence"),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index("webhook_deliveries_by_time", ["state", "endpoint_id", "next_at_ms"], unique=False)
        batch_op.create_index("webhook_deliveries_by_end", ["delivered_at_ms"], unique=False)

    op.create_table(
        "kept_files",
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("kept_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
    with op.batch_alter_table("kept_files", schema=None) as batch_op:
        batch_op.create_index("kept_files_by_content", ["sha256"], unique=False)

    op.create_table(
        "kept_findings",
        sa.Column("finding_id", sa.String(length=100), nullable=False),
        sa.Column("clip", sa.Text(), nullable=True),
        sa.Column("kept_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    op.execute(_EVENTS_UP)
    op.execute(_HEADS_UP)
    op.execute(_FANS_UP)
    op.execute(sa.text(_ENDPOINT_UP).bindparams(off=False))
    op.execute(_DELIVERIES_UP)
    op.execute("delete from counters where name = 'due_event'")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("deliveries_by_time")
    op.drop_table("deliveries")
    op.drop_table("due_events")


def downgrade() -> None:
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
        "deliveries",
        sa.Column("event_sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("delivered_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["event_sequence"], ["due_events.sequence"]),
        sa.PrimaryKeyConstraint("event_sequence"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("deliveries_by_time", ["state", "next_at_ms"], unique=False)

    op.execute(_EVENTS_DOWN)
    op.execute(_DELIVERIES_DOWN)
    op.execute(
        "insert into counters (name, value) select 'due_event', sequence from event_heads where tenant_id = 'local'"
    )
    op.drop_table("kept_findings")
    with op.batch_alter_table("kept_files", schema=None) as batch_op:
        batch_op.drop_index("kept_files_by_content")
    op.drop_table("kept_files")
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index("webhook_deliveries_by_end")
        batch_op.drop_index("webhook_deliveries_by_time")
    op.drop_table("webhook_deliveries")
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.drop_index("webhook_endpoints_by_tenant")
    op.drop_table("webhook_endpoints")
    op.drop_table("webhook_secrets")
    op.drop_table("event_fans")
    op.drop_table("event_heads")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("events_by_subject")
    op.drop_table("events")


_EVENTS_UP = """
insert into events (tenant_id, sequence, event_id, at_ms, kind, subject, host_id, stream_id, body)
select 'local', sequence, 'due-' || sequence, at_ms, kind, subject, host_id, null, body from due_events
"""
_HEADS_UP = """
insert into event_heads (tenant_id, sequence)
select 'local', max(sequence) from due_events having max(sequence) is not null
"""
_FANS_UP = """
insert into event_fans (tenant_id, sequence)
select 'local', max(event_sequence) from deliveries having max(event_sequence) is not null
"""
# The address itself stands in the settings alone.
_ENDPOINT_UP = """
insert into webhook_endpoints (endpoint_id, tenant_id, url, kinds, callback, state, why, failures, paused_until_ms,
                               created_at_ms)
select 'settings', 'local', '', '[]', :off, 'active', '', 0, 0, coalesce(min(at_ms), 0)
from due_events where exists (select 1 from deliveries) having count(*) > 0
"""
_DELIVERIES_UP = """
insert into webhook_deliveries (endpoint_id, event_sequence, state, attempts, next_at_ms, last_error, delivered_at_ms)
select 'settings', event_sequence, state, attempts, next_at_ms, last_error, delivered_at_ms from deliveries
"""
_EVENTS_DOWN = """
insert into due_events (sequence, at_ms, kind, host_id, subject, body)
select sequence, at_ms, kind, host_id, subject, body from events where tenant_id = 'local'
"""
_DELIVERIES_DOWN = """
insert into deliveries (event_sequence, state, attempts, next_at_ms, last_error, delivered_at_ms)
select event_sequence, state, attempts, next_at_ms, last_error, delivered_at_ms
from webhook_deliveries where endpoint_id = 'settings'
"""

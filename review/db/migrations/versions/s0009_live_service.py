"""Customers and keys, orders, leases, workers, platform facts, registered passports."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "workers",
        sa.Column("worker_id", sa.String(length=100), nullable=False),
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("capacity", sa.Float(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("started_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("beat_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker_id"),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(length=24), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.tenant_id"],
        ),
        sa.PrimaryKeyConstraint("key_id"),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index("api_keys_by_tenant", ["tenant_id"], unique=False)

    op.create_table(
        "passport_versions",
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.tenant_id"],
        ),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", "number"),
    )
    with op.batch_alter_table("passport_versions", schema=None) as batch_op:
        batch_op.create_index("passport_versions_by_gtin", ["tenant_id", "gtin"], unique=False)

    op.create_table(
        "stream_facts",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("product_id", sa.String(length=200), nullable=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id", "sequence"),
    )
    with op.batch_alter_table("stream_facts", schema=None) as batch_op:
        batch_op.create_index("stream_facts_by_moment", ["stream_id", "at_ms"], unique=False)

    op.create_table(
        "stream_leases",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("worker_id", sa.String(length=100), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), nullable=False),
        sa.Column("analysed_ms", sa.BigInteger(), nullable=False),
        sa.Column("beat_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("recalled_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id"),
    )
    with op.batch_alter_table("stream_leases", schema=None) as batch_op:
        batch_op.create_index("stream_leases_by_worker", ["worker_id"], unique=False)

    op.create_table(
        "stream_orders",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("wanted", sa.String(length=10), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("policy", sa.String(length=200), nullable=True),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("request_key", sa.String(length=64), nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("max_ms", sa.BigInteger(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["streams.stream_id"],
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.tenant_id"],
        ),
        sa.PrimaryKeyConstraint("stream_id"),
        sa.UniqueConstraint("tenant_id", "request_key", name="stream_orders_by_request"),
    )
    with op.batch_alter_table("stream_orders", schema=None) as batch_op:
        batch_op.create_index("stream_orders_wanted", ["wanted", "priority", "created_at_ms"], unique=False)

    # Plainly, not in batch mode: that would make the table anew, which others refer to.
    op.add_column("streams", sa.Column("tenant_id", sa.String(length=60), nullable=False, server_default="local"))
    op.create_index("ix_streams_tenant_id", "streams", ["tenant_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_streams_tenant_id", table_name="streams")
    op.drop_column("streams", "tenant_id")
    with op.batch_alter_table("stream_orders", schema=None) as batch_op:
        batch_op.drop_index("stream_orders_wanted")

    op.drop_table("stream_orders")
    with op.batch_alter_table("stream_leases", schema=None) as batch_op:
        batch_op.drop_index("stream_leases_by_worker")

    op.drop_table("stream_leases")
    with op.batch_alter_table("stream_facts", schema=None) as batch_op:
        batch_op.drop_index("stream_facts_by_moment")

    op.drop_table("stream_facts")
    with op.batch_alter_table("passport_versions", schema=None) as batch_op:
        batch_op.drop_index("passport_versions_by_gtin")

    op.drop_table("passport_versions")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_index("api_keys_by_tenant")

    op.drop_table("api_keys")
    op.drop_table("workers")
    op.drop_table("tenants")

"""What is learnt from decisions, who is left out of it, models in shadow, and cases of which nobody is told why."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learning_fits",
        sa.Column("fit_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("hosts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["policy_versions.digest"]),
        sa.PrimaryKeyConstraint("fit_id"),
    )
    with op.batch_alter_table("learning_fits", schema=None) as batch_op:
        batch_op.create_index("learning_fits_by_tenant", ["tenant_id", "made_at_ms"], unique=False)

    op.create_table(
        "learning_forgotten",
        sa.Column("host_id", sa.String(length=200), nullable=False),
        sa.Column("forgotten_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("forgotten_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("host_id"),
    )
    op.create_table(
        "learning_shadows",
        sa.Column("shadow_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("live_digest", sa.String(length=64), nullable=False),
        sa.Column("began_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("began_by", sa.String(length=100), nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["digest"], ["policy_versions.digest"]),
        sa.PrimaryKeyConstraint("shadow_id"),
    )
    op.create_table(
        "learning_shadow_streams",
        sa.Column("shadow_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("read_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shadow_id"], ["learning_shadows.shadow_id"]),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("shadow_id", "stream_id"),
    )
    op.create_table(
        "learning_shadow_scores",
        sa.Column("shadow_id", sa.String(length=36), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("flags", sa.Boolean(), nullable=False),
        sa.Column("shadow_score", sa.Float(), nullable=True),
        sa.Column("shadow_flags", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["shadow_id"], ["learning_shadows.shadow_id"]),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("shadow_id", "stream_id", "number"),
    )
    with op.batch_alter_table("learning_shadow_scores", schema=None) as batch_op:
        batch_op.create_index("learning_shadow_scores_by_stream", ["stream_id"], unique=False)

    op.create_table(
        "blind_cases",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("finding_id", sa.String(length=100), nullable=False),
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("tenant_id", sa.String(length=60), nullable=False),
        sa.Column("stratum", sa.String(length=10), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("golden_id", sa.String(length=36), nullable=True),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("goods", sa.String(length=60), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"]),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("case_id"),
    )
    with op.batch_alter_table("blind_cases", schema=None) as batch_op:
        batch_op.create_index("blind_cases_by_stream", ["stream_id"], unique=False)
        batch_op.create_index("blind_cases_by_time", ["kind", "made_at_ms"], unique=False)

    op.create_table(
        "spot_streams",
        sa.Column("stream_id", sa.String(length=200), nullable=False),
        sa.Column("stratum", sa.String(length=10), nullable=False),
        sa.Column("goods", sa.String(length=60), nullable=False),
        sa.Column("policy", sa.String(length=80), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("drawn_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.stream_id"]),
        sa.PrimaryKeyConstraint("stream_id", "stratum", "goods"),
    )
    op.create_table(
        "golden_items",
        sa.Column("golden_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("class", sa.String(length=60), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"]),
        sa.PrimaryKeyConstraint("golden_id"),
        sa.UniqueConstraint("case_id"),
    )


def downgrade() -> None:
    op.drop_table("golden_items")
    op.drop_table("spot_streams")
    with op.batch_alter_table("blind_cases", schema=None) as batch_op:
        batch_op.drop_index("blind_cases_by_time")
        batch_op.drop_index("blind_cases_by_stream")

    op.drop_table("blind_cases")
    with op.batch_alter_table("learning_shadow_scores", schema=None) as batch_op:
        batch_op.drop_index("learning_shadow_scores_by_stream")

    op.drop_table("learning_shadow_scores")
    op.drop_table("learning_shadow_streams")
    op.drop_table("learning_shadows")
    op.drop_table("learning_forgotten")
    with op.batch_alter_table("learning_fits", schema=None) as batch_op:
        batch_op.drop_index("learning_fits_by_tenant")

    op.drop_table("learning_fits")

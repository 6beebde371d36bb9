"""How alembic runs the steps: within the caller's transaction."""

from alembic import context

from review.db.tables import accounts as _people  # noqa: F401
from review.db.tables import analytics as _teaching  # noqa: F401
from review.db.tables import batches as _batches  # noqa: F401 - makes its tables known
from review.db.tables import cases as _cases  # noqa: F401
from review.db.tables import enforcement as _due  # noqa: F401
from review.db.tables import evidence as _evidence  # noqa: F401
from review.db.tables import replays as _replays  # noqa: F401
from review.db.tables import scheduling as _live  # noqa: F401
from review.db.tables import webhooks as _telling  # noqa: F401
from review.db.tables.streams import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

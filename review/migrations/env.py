"""How alembic runs the steps: within the caller's transaction."""

from alembic import context

from review.batches import tables as _batches  # noqa: F401 - makes its tables known
from review.cases import tables as _cases  # noqa: F401
from review.due import tables as _due  # noqa: F401
from review.evidence import tables as _evidence  # noqa: F401
from review.live import tables as _live  # noqa: F401
from review.people import tables as _people  # noqa: F401
from review.replays import tables as _replays  # noqa: F401
from review.second_reader import tables as _second_reader  # noqa: F401
from review.tables import Base
from review.teaching import tables as _teaching  # noqa: F401
from review.telling import tables as _telling  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

"""How alembic runs the steps: within the caller's transaction."""

import importlib
import pkgutil

from alembic import context

from review.db import tables
from review.db.tables import second_reader as _second_reader  # noqa: F401
from review.db.tables.base import Base

# Alembic compares the schema with the tables that it knows: those of every module.
for module in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
    importlib.import_module(module.name)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

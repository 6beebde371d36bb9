"""The database's schema, step by step, for SQLite and PostgreSQL; each step goes up and down."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from review.errors import SchemaError

HEAD = "0034"
FIRST = "0001"
_LOCK = 0x5A59


def migrate(engine: Engine) -> None:
    """Brings the database to the schema of this program; one process does it, others wait.

    A database of the first release, made before steps were counted, counts as `FIRST`. Raises SchemaError on one of
    a later program.
    """
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = revision_of(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise SchemaError(found, HEAD)
        if found is None and inspect(connection).has_table("streams"):
            run(connection, "stamp", FIRST)
        run(connection, "upgrade", HEAD)


def revision_of(connection: Connection) -> str | None:
    """The step that the database is at; None if no step was ever taken."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("select version_num from alembic_version")).scalar()
    return found


def run(connection: Connection, verb: str, revision: str) -> None:
    """Takes the steps: `upgrade`, `downgrade` or `stamp`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    getattr(command, verb)(config, revision)

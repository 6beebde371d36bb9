"""Opens a database with its schema as this program has it."""

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from review.db.engine import open_database
from review.db.migrations import migrate
from review.errors import StoreUnavailableError


def open_current(url: str) -> Engine:
    """The engine of this URL, such as `sqlite:////var/lib/zhenyan/review.db`, its schema brought up to date.

    Raises SchemaError on a database of a later program, and StoreUnavailableError, without the password, where no
    database answers there.
    """
    engine = open_database(url)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailableError(make_url(url).render_as_string(hide_password=True), reason) from error
    except Exception:
        engine.dispose()
        raise
    return engine

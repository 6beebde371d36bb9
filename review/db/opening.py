"""Opens a database and what is made of it, or says why none answers."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from review.db.engine import open_database
from review.db.migrations import migrate
from review.errors import SchemaError, StoreUnavailableError

Made = TypeVar("Made")


def opened(url: str, make: Callable[[Engine], Made]) -> Made:
    """What is made of the engine of this URL, such as `sqlite:////var/lib/zhenyan/review.db`; the engine is its own.

    Raises StoreUnavailableError, without the password, where no database answers there, and SchemaError as `make`
    does.
    """
    engine = open_database(url)
    try:
        return make(engine)
    except SchemaError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreUnavailableError(make_url(url).render_as_string(hide_password=True), reason) from error


def open_current(url: str) -> Engine:
    """The engine of this URL, its schema brought up to date; raises as `opened`, on a later program's database too."""

    def current(engine: Engine) -> Engine:
        migrate(engine)
        return engine

    return opened(url, current)

"""How an actor's method answers when it can't do its work: with a Failure instead of an exception."""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from cluster.errors import StateUnusable
from cluster.live.types import Failure, FailureReason
from net.errors import ZhenyanError
from review.errors import LeaseLost

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("zhenyan.service")


class NotOpen(Exception):
    """The caller speaks of a broadcast, or of a session of it, that is not open here."""


def answered(method: Callable[P, T]) -> Callable[P, T | Failure]:
    """The method, its errors answered. This is an actor's edge: whatever goes wrong is logged and told."""

    @functools.wraps(method)
    def answering(*args: P.args, **more: P.kwargs) -> T | Failure:
        try:
            return method(*args, **more)
        except LeaseLost as error:
            return Failure(trouble=FailureReason.LEASE_LOST, why=str(error))
        except NotOpen as error:
            return Failure(trouble=FailureReason.NOT_OPEN, why=str(error))
        except SQLAlchemyError as error:
            why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            return Failure(trouble=FailureReason.DATABASE, why=f"the database does not answer: {why}")
        except StateUnusable as error:
            return Failure(trouble=FailureReason.STATE, why=error.why)
        except ZhenyanError as error:
            return Failure(trouble=FailureReason.FAILED, why=str(error))
        except Exception as error:
            _log.exception("%s failed", method.__name__)
            return Failure(trouble=FailureReason.FAILED, why=f"{type(error).__name__}: {error}".splitlines()[0][:500])

    return answering

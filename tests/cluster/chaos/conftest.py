"""The database server of the review tests serves here, too."""

from tests.review.conftest import postgres

__all__ = ["postgres"]

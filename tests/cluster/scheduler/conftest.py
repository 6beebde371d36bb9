"""The databases of the review tests, and their clock."""

from tests.review.conftest import make_finding, postgres, postgres_template, sqlite_template
from tests.review.scheduling.conftest import clock, database_url, live, order

__all__ = [
    "clock",
    "database_url",
    "live",
    "make_finding",
    "order",
    "postgres",
    "postgres_template",
    "sqlite_template",
]

"""Whose a row is, as conditions of a query: a broadcast has its customer, and a host is the customer's whose broadcasts
it has."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select

from review.db.tables.streams import StreamRow

# One customer, or several.
Owner = str | Collection[str]


def stream_is_of(column: Any, owner: Owner) -> ColumnElement[bool]:
    """True for rows whose stream, in this column, is the customer's."""
    own: ColumnElement[bool] = column.in_(select(StreamRow.stream_id).where(is_of(owner)))
    return own


def host_is_of(column: Any, owner: Owner) -> ColumnElement[bool]:
    """True for rows whose host, in this column, is the customer's."""
    return select(StreamRow.stream_id).where(StreamRow.host_id == column, is_of(owner)).exists()


def is_of(owner: Owner) -> ColumnElement[bool]:
    """True for the customer's streams."""
    return owner_in(StreamRow.tenant_id, owner)


def owner_in(column: Any, owner: Owner) -> ColumnElement[bool]:
    """True for rows whose customer, in this column, is one of these."""
    own: ColumnElement[bool] = column == owner if isinstance(owner, str) else column.in_(sorted(owner))
    return own

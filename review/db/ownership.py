"""Whose a row is, as conditions of a query: a broadcast has its customer, and a host is the customer's whose broadcasts
it has."""

from typing import Any

from sqlalchemy import ColumnElement, select

from review.db.tables.streams import StreamRow


def stream_is_of(column: Any, tenant_id: str) -> ColumnElement[bool]:
    """True for rows whose stream, in this column, is the customer's."""
    own: ColumnElement[bool] = column.in_(select(StreamRow.stream_id).where(StreamRow.tenant_id == tenant_id))
    return own


def host_is_of(column: Any, tenant_id: str) -> ColumnElement[bool]:
    """True for rows whose host, in this column, is the customer's."""
    own = select(StreamRow.stream_id).where(StreamRow.host_id == column, StreamRow.tenant_id == tenant_id)
    return own.exists()

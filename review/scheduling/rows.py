"""Between orders, leases, workers and their rows."""

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from ingest.decode.depth import EVERYTHING, DepthPlan
from review.db.tables.scheduling import LeaseRow, OrderRow, WorkerRow
from review.scheduling.types import DepthSource, Lease, Order, Priority, Worker
from review.streams.types import Wanted

_DEPTH = TypeAdapter(DepthPlan)
_SOURCE = TypeAdapter(DepthSource)


def products_to_json(products: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """The products of an order as the table keeps them."""
    return [{"product_id": product_id, "version": version} for product_id, version in products]


def order_from_row(row: OrderRow | Row[Any]) -> Order:
    """The order as it was given."""
    return Order(
        stream_id=row.stream_id,
        tenant_id=row.tenant_id,
        url=row.url,
        wanted=Wanted(row.wanted),
        priority=Priority(row.priority),
        products=tuple((entry["product_id"], entry["version"]) for entry in row.products),
        policy=row.policy,
        callback_url=row.callback_url,
        external_id=row.external_id,
        max_ms=row.max_ms,
        created_at_ms=row.created_at_ms,
        depth=EVERYTHING if row.depth is None else _DEPTH.validate_python(row.depth),
        depth_source=None if row.depth_source is None else _SOURCE.validate_python(row.depth_source),
    )


def depth_to_json(depth: DepthPlan) -> dict[str, Any] | None:
    """The depth as the table keeps it; None: everything is looked at."""
    return None if depth == EVERYTHING else _DEPTH.dump_python(depth, mode="json")


def source_to_json(source: DepthSource) -> dict[str, Any]:
    """Where a depth comes from, as the table keeps it."""
    found: dict[str, Any] = _SOURCE.dump_python(source, mode="json")
    return found


def lease_from_row(row: LeaseRow | Row[*tuple[Any, ...]]) -> Lease:
    """The lease as it stands."""
    return Lease(**{column.name: getattr(row, column.name) for column in fields(Lease)})


def lease_values(lease: Lease) -> dict[str, object]:
    """The columns of a lease."""
    return {column.name: getattr(lease, column.name) for column in fields(Lease)}


def worker_from_row(row: WorkerRow | Row[Any]) -> Worker:
    """The worker as it last told."""
    return Worker(**{column.name: getattr(row, column.name) for column in fields(Worker)})

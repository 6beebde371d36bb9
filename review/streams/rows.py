"""Between the records of the program and the rows of the tables."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import TypeAdapter
from sqlalchemy import Row

from claims.types import Finding, Passage
from ingest.types import Segment
from review.db.tables.streams import FindingRow, PassageRow, StreamRow
from review.streams.types import Host, ProductRef, StoredFinding, StreamRecord, StreamState

# What people wrote stands among the corrections.
_VERBATIM = "verbatim"
_FINDING = TypeAdapter(Finding)
# What stays in the recording's own manifest.
_MANIFEST_ONLY = frozenset({"sm3", "chain_sm3", "container", "drift_ms", "live"})


def shown_source(source: str) -> str:
    """The source as it may be stored and shown: no credentials, no query, no fragment, no folder of a local file."""
    if "://" not in source:
        return source.replace("\\", "/").rstrip("/").rpartition("/")[2]
    parts = urlsplit(source)
    if parts.scheme == "file":
        return parts.path.rpartition("/")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def finding_from_json(record: dict[str, Any]) -> Finding:
    """The finding that `Finding.to_json` wrote."""
    return _FINDING.validate_python({"class_id" if key == "class" else key: value for key, value in record.items()})


def stream_values(stream: StreamRecord, created_at_ms: int) -> dict[str, object]:
    """The columns of a stream."""
    return {
        "stream_id": stream.stream_id,
        "source": shown_source(stream.source),
        "host_id": stream.host.id,
        "host_name": stream.host.name,
        "platform": stream.host.platform,
        "title": stream.title,
        "started_at": None if stream.started_at is None else stream.started_at.isoformat(),
        "products": [_product_values(product) for product in stream.products],
        "state": stream.state.value,
        "error": stream.error,
        "viewers": stream.viewers,
        "tenant_id": stream.tenant_id,
        "created_at_ms": created_at_ms,
    }


def _product_values(product: ProductRef) -> dict[str, str]:
    values = {"product_id": product.product_id, "name": product.name}
    return values if product.category is None else values | {"category": product.category}


def stream_from_row(row: StreamRow) -> StreamRecord:
    """The stream as it was put, with its source as it may be shown."""
    return StreamRecord(
        stream_id=row.stream_id,
        source=row.source,
        host=Host(id=row.host_id, name=row.host_name, platform=row.platform),
        title=row.title,
        started_at=None if row.started_at is None else datetime.fromisoformat(row.started_at),
        products=tuple(
            ProductRef(product_id=entry["product_id"], name=entry["name"], category=entry.get("category"))
            for entry in row.products
        ),
        state=StreamState(row.state),
        error=row.error,
        viewers=row.viewers,
        tenant_id=row.tenant_id,
    )


def segment_values(segment: Segment) -> dict[str, object]:
    """The columns of a segment, not analysed yet."""
    names = {column.name for column in fields(segment)} - _MANIFEST_ONLY
    columns: dict[str, object] = {name: getattr(segment, name) for name in names}
    return columns | {"path": str(segment.path), "analysed": False}


def passage_values(passage: Passage) -> dict[str, object]:
    """The columns of a passage."""
    return passage.model_dump(exclude={_VERBATIM})


def passage_from_row(row: PassageRow | Row[Any]) -> Passage:
    """The passage as it was added, before anybody corrected it."""
    names = Passage.model_fields.keys() - {_VERBATIM}
    return Passage.model_validate({name: getattr(row, name) for name in names})


def finding_values(
    finding: Finding, *, host_id: str, created_seq: int, updated_seq: int, clip_start_ms: int | None
) -> dict[str, object]:
    """The columns of a finding; the record keeps every field."""
    return {
        "finding_id": finding.finding_id,
        "stream_id": finding.stream_id,
        "host_id": host_id,
        "class": finding.class_id,
        "product_id": finding.product_id,
        "verdict": finding.verdict.value,
        "disposition": finding.disposition.value,
        "severity": finding.severity,
        "score": finding.score,
        "start_ms": finding.start_ms,
        "count": finding.count,
        "created_seq": created_seq,
        "updated_seq": updated_seq,
        "suggestion": finding.suggestion,
        "risk": finding.risk,
        "clip": finding.clip,
        "clip_start_ms": clip_start_ms,
        "record": finding.to_json(),
    }


def finding_from_row(row: FindingRow) -> StoredFinding:
    """The finding as last written, and its place."""
    return StoredFinding(
        finding=finding_from_json(row.record),
        host_id=row.host_id,
        created_seq=row.created_seq,
        updated_seq=row.updated_seq,
        clip_start_ms=row.clip_start_ms,
    )

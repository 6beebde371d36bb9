"""The JSON of registered passports."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from review.passports.registry import StoredPassport
from review.passports.storing import RowStatus, StoredRow
from review.server.api.schemas.findings import WireModel


class PassportOut(WireModel):
    """A version of a passport. `passport`: the record as it was registered. `version`: `sha256:` and its hash, which
    findings name. `warnings`: what it lacks, so that claims about it will be unsupported; null where not looked at."""

    product_id: str
    number: int = Field(description="Versions count from 1")
    version: str
    gtin: str | None
    created_at_ms: int = Field(description="Unix time")
    retired_at_ms: int | None = Field(description="Since when it is in force no longer; null: it was not retired")
    passport: dict[str, Any]
    warnings: list[str] | None = None


class PassportLineOut(WireModel):
    """A passport in a list, without its record."""

    product_id: str
    number: int
    version: str
    gtin: str | None
    created_at_ms: int = Field(description="Unix time")
    retired_at_ms: int | None = Field(description="Since when it is in force no longer; null: it was not retired")


class PassportsOut(WireModel):
    """Passports by product; `next_after` null: there are no more."""

    passports: list[PassportLineOut]
    next_after: str | None


class VersionsOut(WireModel):
    """Every version of a passport, the latest first."""

    versions: list[PassportLineOut]


class RowFaultOut(WireModel):
    """One thing that is wrong in a row: its column, or its place in the record; empty: the row as a whole."""

    field: str
    reason: str


class RowOut(WireModel):
    """What became of a row. `row` counts as the file does: lines of a table from 1, its heads among them."""

    row: int
    id: str | None = Field(description="The product's id; null: the row has none that could be told")
    status: Literal["stored", "unchanged", "refused"]
    version: str | None = None
    number: int | None = None
    errors: list[RowFaultOut]
    warnings: list[str]


class BatchStoredOut(WireModel):
    """Every row with what became of it; rows that were refused changed nothing, and no other row."""

    rows: list[RowOut]
    stored: int
    unchanged: int
    refused: int


class CodeOut(WireModel):
    """What a scanned code means: its GTIN with 14 digits, null where it is none, and the products that have it."""

    code: str
    gtin: str | None
    passports: list[PassportOut]


def line_out(stored: StoredPassport) -> PassportLineOut:
    """The passport as a list has it."""
    return PassportLineOut.model_validate({name: getattr(stored, name) for name in PassportLineOut.model_fields})


def passport_out(stored: StoredPassport, warnings: tuple[str, ...] | None = None) -> PassportOut:
    """The passport as it is sent."""
    values = {name: getattr(stored, name) for name in PassportLineOut.model_fields}
    listed = None if warnings is None else list(warnings)
    return PassportOut.model_validate(values | {"passport": json.loads(stored.text), "warnings": listed})


def rows_out(rows: Sequence[StoredRow]) -> BatchStoredOut:
    """What became of each row, as it is sent."""
    counts = Counter(row.status for row in rows)
    return BatchStoredOut(
        rows=[_row_out(row) for row in rows],
        stored=counts[RowStatus.STORED],
        unchanged=counts[RowStatus.UNCHANGED],
        refused=counts[RowStatus.REFUSED],
    )


def _row_out(row: StoredRow) -> RowOut:
    return RowOut(
        row=row.number,
        id=row.product_id,
        status=row.status.value,
        version=row.version,
        number=row.version_number,
        errors=[RowFaultOut(field=field, reason=reason) for field, reason in row.faults],
        warnings=list(row.warnings),
    )

"""The JSON of registered passports."""

import json
from typing import Any

from pydantic import Field

from review.passports.registry import StoredPassport
from review.server.api.schemas.findings import WireModel


class PassportOut(WireModel):
    """A version of a passport. `passport`: the record as it was registered. `version`: `sha256:` and its hash, which
    findings name. `warnings`: what it lacks, so that claims about it will be unsupported; null where not looked at."""

    product_id: str
    number: int = Field(description="Versions count from 1")
    version: str
    gtin: str | None
    created_at_ms: int = Field(description="Unix time")
    passport: dict[str, Any]
    warnings: list[str] | None = None


class PassportLineOut(WireModel):
    """A passport in a list, without its record."""

    product_id: str
    number: int
    version: str
    gtin: str | None
    created_at_ms: int = Field(description="Unix time")


class PassportsOut(WireModel):
    """Passports by product; `next_after` null: there are no more."""

    passports: list[PassportLineOut]
    next_after: str | None


class VersionsOut(WireModel):
    """Every version of a passport, the latest first."""

    versions: list[PassportLineOut]


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

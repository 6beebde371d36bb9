"""Where registered passports are looked up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassport:
    """A registered passport: its id and name, its GTIN with 14 digits, the record as it was registered."""

    product_id: str
    name: str
    gtin: str | None
    record: Any

    @property
    def shown(self) -> str:
        """The record for people to read."""
        return json.dumps(self.record, ensure_ascii=False, indent=2, default=str)


class PassportLookup(Protocol):
    """The registered passports of customers."""

    def listed(self, tenant_id: str, limit: int) -> Sequence[FoundPassport]:
        """The customer's passports in their latest version, by id."""
        ...

    def find(self, tenant_id: str, product_ids: Sequence[str]) -> Sequence[FoundPassport]:
        """Those of these that are registered, in the order that was asked."""
        ...

    def by_code(self, tenant_id: str, code: str) -> Sequence[FoundPassport]:
        """Those that a scanned code means: a GTIN, a GS1 Digital Link, or a passport's own link."""
        ...


class NoPassports:
    """For servers that keep no passports."""

    def listed(self, tenant_id: str, limit: int) -> Sequence[FoundPassport]:
        """None."""
        return ()

    def find(self, tenant_id: str, product_ids: Sequence[str]) -> Sequence[FoundPassport]:
        """None."""
        return ()

    def by_code(self, tenant_id: str, code: str) -> Sequence[FoundPassport]:
        """None."""
        return ()

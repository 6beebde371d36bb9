"""Customers' registered passports, looked up in the database."""

import json
from collections.abc import Sequence
from typing import Any

from claims.products.code import gtin_of
from review.passports.lookup import FoundPassport
from review.passports.registry import PassportStore, StoredPassport

_NAME_KEYS = ("name", "name_zh")


class RegisteredPassports:
    """Customers' passports in the versions in force."""

    def __init__(self, passports: PassportStore) -> None:
        self._passports = passports

    def listed(self, tenant_id: str, limit: int) -> Sequence[FoundPassport]:
        """The customer's passports, by id."""
        return [_found(stored) for stored in self._passports.listed(tenant_id, limit=limit)]

    def find(self, tenant_id: str, product_ids: Sequence[str]) -> Sequence[FoundPassport]:
        """Those of these that are registered, in the order that was asked."""
        return [_found(stored) for stored in self._passports.find(tenant_id, product_ids)]

    def by_code(self, tenant_id: str, code: str) -> Sequence[FoundPassport]:
        """Those with the code's GTIN; else the one whose own id or link the code is."""
        gtin = gtin_of(code)
        if gtin is not None:
            return [_found(stored) for stored in self._passports.listed(tenant_id, gtin=gtin)]
        return self.find(tenant_id, [code.strip()])


def _found(stored: StoredPassport) -> FoundPassport:
    record: Any = json.loads(stored.text)
    name = next((str(record[key]) for key in _NAME_KEYS if record.get(key)), stored.product_id)
    return FoundPassport(product_id=stored.product_id, name=name, gtin=stored.gtin, record=record)

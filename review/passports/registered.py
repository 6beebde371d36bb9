"""The shelf of registered passports, over the store."""

import json
from collections.abc import Sequence
from typing import Any

from claims.products.code import gtin_of
from review.passports.registry import PassportStore, StoredPassport
from review.passports.shelf import Shelved

_NAME_KEYS = ("name", "name_zh")


class RegisteredShelf:
    """Customers' passports in the versions in force."""

    def __init__(self, passports: PassportStore) -> None:
        self._passports = passports

    def listed(self, tenant_id: str, limit: int) -> Sequence[Shelved]:
        """The customer's passports, by id."""
        return [_shelved(stored) for stored in self._passports.listed(tenant_id, limit=limit)]

    def find(self, tenant_id: str, product_ids: Sequence[str]) -> Sequence[Shelved]:
        """Those of these that are registered, in the order that was asked."""
        return [_shelved(stored) for stored in self._passports.find(tenant_id, product_ids)]

    def by_code(self, tenant_id: str, code: str) -> Sequence[Shelved]:
        """Those with the code's GTIN; else the one whose own id or link the code is."""
        gtin = gtin_of(code)
        if gtin is not None:
            return [_shelved(stored) for stored in self._passports.listed(tenant_id, gtin=gtin)]
        return self.find(tenant_id, [code.strip()])


def _shelved(stored: StoredPassport) -> Shelved:
    record: Any = json.loads(stored.text)
    name = next((str(record[key]) for key in _NAME_KEYS if record.get(key)), stored.product_id)
    return Shelved(product_id=stored.product_id, name=name, gtin=stored.gtin, record=record)

"""Registered passports that would be refused if they came in today: they stay in force, and are told of."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from claims.errors import PassportError
from claims.passports.quantities import QuantityReader
from review.passports.registry import PassportStore, StoredPassport

_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFaults:
    """A registered passport and what is wrong with it, each with its path."""

    tenant_id: str
    product_id: str
    faults: tuple[str, ...]


def stored_objections(
    passports: PassportStore, tenants: Iterable[str], reader: QuantityReader
) -> Iterator[StoredFaults]:
    """Those of the passports in force that would be refused today, by customer and product."""
    for tenant_id in tenants:
        after = ""
        while page := passports.listed(tenant_id, after=after, limit=_PAGE):
            for stored in page:
                faults = _faults(stored, reader)
                if faults:
                    yield StoredFaults(tenant_id=tenant_id, product_id=stored.product_id, faults=faults)
            after = page[-1].product_id


def _faults(stored: StoredPassport, reader: QuantityReader) -> tuple[str, ...]:
    try:
        return stored.passport(reader).objections
    except (PassportError, json.JSONDecodeError) as error:
        return (getattr(error, "told", str(error)),)

"""Rows that were read, stored: each as a whole or not at all, a few hundred in a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from review.passports.bulk import ReadRow
from review.tenants.types import Caller

# Files are read, and rows told, where no database is installed.
if TYPE_CHECKING:
    from review.passports.records import NewVersion
    from review.passports.registry import PassportStore, StoredPassport

# So many hold up other writers for less than a tenth of a second.
_AT_ONCE = 200


class RowStatus(StrEnum):
    """What became of a row."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row with what became of it; `version` and `version_number` are the passport's, None where it was refused."""

    number: int
    product_id: str | None
    status: RowStatus
    version: str | None = None
    version_number: int | None = None
    faults: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def store_rows(passports: PassportStore, caller: Caller, rows: Sequence[ReadRow]) -> list[StoredRow]:
    """Every row in its order, those that could be read being stored."""
    return list(stored_rows(passports, caller, rows))


def stored_rows(passports: PassportStore, caller: Caller, rows: Iterable[ReadRow]) -> Iterator[StoredRow]:
    """As `store_rows`, of any number of rows, which are read as they are stored."""
    source = iter(rows)
    while some := list(islice(source, _AT_ONCE)):
        given = [row.kept for row in some if row.kept is not None]
        kept = iter(_kept(passports, caller, given))
        for row in some:
            found = None if row.kept is None else next(kept)
            if found is None or isinstance(found, str):
                faults = row.faults if found is None else (("id", found),)
                yield StoredRow(number=row.number, product_id=row.product_id, status=RowStatus.REFUSED, faults=faults)
                continue
            stored, is_new = found
            yield StoredRow(
                number=row.number,
                product_id=row.product_id,
                status=RowStatus.STORED if is_new else RowStatus.UNCHANGED,
                version=stored.version,
                version_number=stored.number,
                warnings=row.warnings,
            )


def _kept(
    passports: PassportStore, caller: Caller, given: Sequence[NewVersion]
) -> list[tuple[StoredPassport, bool] | str]:
    """Each as it is kept now, or why the customer may have no more of them."""
    from review.tenants.quotas import QuotaReached

    try:
        return [*(passports.put_all(caller, given) if given else ())]
    except QuotaReached as error:
        if len(given) == 1:
            return [str(error)]
    # Those of these that are there already, and the first that there is room for, are kept.
    return [one for each in given for one in _kept(passports, caller, [each])]

"""`POST /v1/check`: words before they are said."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from claims.passport import Passport
from claims.types import Disposition
from review.before.checking import Checker
from review.before.errors import ProductNotRegistered
from review.before.shelf import Shelf
from review.before.types import CatalogueRow
from review.before.wire import CatalogueIn, CatalogueOut, CheckIn, CheckOut, check_out, row_out
from review.people.web import EVERYBODY
from review.platform.access import key_or_person, write_answers
from review.platform.types import Caller, Scope

Asking = Annotated[Caller, Depends(key_or_person(Scope.CHECK, *EVERYBODY))]


def check_router(checker: Checker, shelf: Shelf, now: Callable[[], datetime]) -> APIRouter:
    """The routes that check words."""
    router = APIRouter()

    @router.post("/v1/check", responses=write_answers())
    def check(sent: CheckIn, caller: Asking) -> CheckOut:
        """Checks a script, a product page or captions before the broadcast; each finding comes with advice.

        Nothing is stored and nobody is flagged.
        """
        passports = chosen(checker, shelf, caller.home, sent.products, sent.passports)
        return check_out(checker.check(sent.text, sent.kind, passports, sent.at or now()))

    @router.post("/v1/check/catalogue", responses=write_answers())
    def check_catalogue(sent: CatalogueIn, caller: Asking) -> CatalogueOut:
        """Checks every row of a catalogue by itself."""
        passports = chosen(checker, shelf, caller.home, sent.products, sent.passports)
        rows = [
            CatalogueRow(number=number, product_id=row.product_id, text=row.text)
            for number, row in enumerate(sent.rows, start=1)
        ]
        answered = [row_out(row) for row in checker.check_rows(rows, passports, sent.at or now())]
        flag = Disposition.FLAG.value
        flagged = sum(any(r.finding["disposition"] == flag for r in row.findings) for row in answered)
        return CatalogueOut(rows=answered, flagged=flagged)

    return router


def chosen(
    checker: Checker, shelf: Shelf, tenant_id: str, product_ids: Sequence[str], records: Sequence[Any]
) -> tuple[Passport, ...]:
    """The passports of a check: the registered ones that are named, then those that were sent along.

    ProductNotRegistered names an id that neither has.
    """
    sent = checker.passports(records)
    own = {passport.id for passport in sent}
    wanted = list(dict.fromkeys(id_ for id_ in product_ids if id_ not in own))
    found = {shelved.product_id: shelved for shelved in shelf.find(tenant_id, wanted)}
    for product_id in wanted:
        if product_id not in found:
            raise ProductNotRegistered(product_id)
    return (*checker.passports([found[product_id].record for product_id in wanted]), *sent)

"""Registered passports in the database: versions are added and never changed, so that findings keep theirs.

A passport that is retired is in force no longer; its versions stay, and registering it again makes another one.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from claims.passports.load import read_passports
from claims.passports.passport import Passport
from claims.passports.quantities import QuantityReader
from review.api_errors import OrderRefused, VersionChanged
from review.audit.trail import Journal
from review.db.tables.passports import PassportRow, RetirementRow
from review.db.tables.tenants import TenantRow
from review.errors import NotFoundError
from review.passports.records import NewVersion, Registered
from review.tenants.keys import known_tenant
from review.tenants.quotas import Quota, check_quota
from review.tenants.types import Caller


class UnknownPassport(NotFoundError):
    """The customer has no passport of this product, or no such version."""

    def __init__(self, product_id: str, version: str | None = None) -> None:
        which = " in force" if version is None else f" in version {version!r}"
        super().__init__(f"product {product_id!r} has no passport{which}; register it with PUT /v1/passports/{{id}}")
        self.product_id = product_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassport:
    """A version of a passport. `number` counts from 1; `version` is `sha256:` and the hash of `text`.

    `retired_at_ms`: since when it is in force no longer because it was retired; None: it was not. `retired_by` and
    `reason` say by whom and why; None: as before, or nobody gave a reason.
    """

    tenant_id: str
    product_id: str
    number: int
    version: str
    gtin: str | None
    text: str
    created_at_ms: int
    retired_at_ms: int | None = None
    retired_by: str | None = None
    reason: str | None = None

    def passport(self, reader: QuantityReader) -> Passport:
        """The passport as it is read today."""
        (passport,) = read_passports(json.loads(self.text), reader, source=self.product_id)
        return passport


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold for a write: `If-Match` and `If-None-Match` as they were sent; None: not sent."""

    if_match: str | None = None
    if_none_match: str | None = None


class PassportStore:
    """Customers' passports; methods are short transactions."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def put(
        self, caller: Caller, registered: Registered, condition: Condition | None = None
    ) -> tuple[StoredPassport, bool]:
        """The passport as it is kept now, and whether that is new; VersionChanged where the condition fails.

        The same content again is the same version.
        """
        [kept] = self.put_all(caller, [registered.as_version], condition or Condition())
        return kept

    def put_all(
        self, caller: Caller, given: Sequence[NewVersion], condition: Condition | None = None
    ) -> list[tuple[StoredPassport, bool]]:
        """Each passport as it is kept now, and whether that is new, in one transaction."""
        journal = Journal(at_ms=self._now_ms(), actor=caller.actor)
        with self._writing.begin() as connection:
            kept = put_passports(connection, caller.home, given, journal, condition)
            journal.close(connection)
        return kept

    def retire(
        self, caller: Caller, product_id: str, condition: Condition | None = None, *, reason: str = ""
    ) -> StoredPassport:
        """The passport's last version, in force no longer; retired before, it stays as it is. UnknownPassport."""
        journal = Journal(at_ms=self._now_ms(), actor=caller.actor)
        with self._writing.begin() as connection:
            _lock(connection, caller.home, journal.at_ms)
            last = _newest(connection, caller.home, [product_id]).get(product_id)
            if last is None:
                raise UnknownPassport(product_id)
            if last.retired_at_ms is not None:
                return last
            _check(condition or Condition(), product_id, last)
            connection.execute(
                insert(RetirementRow).values(
                    tenant_id=caller.home,
                    product_id=product_id,
                    number=last.number,
                    retired_at_ms=journal.at_ms,
                    retired_by=caller.actor,
                    reason=reason,
                )
            )
            journal.note("passport.retired", f"product:{product_id}", tenant=caller.home, version=last.version)
            journal.close(connection)
        return replace(last, retired_at_ms=journal.at_ms, retired_by=caller.actor, reason=reason or None)

    def current(self, tenant_id: str, product_id: str) -> StoredPassport:
        """The version in force; UnknownPassport."""
        found = self.find(tenant_id, [product_id])
        if not found:
            raise UnknownPassport(product_id)
        return found[0]

    def find(self, tenant_id: str, product_ids: Sequence[str]) -> list[StoredPassport]:
        """The versions in force of those of these products that have one, in the order that was asked."""
        with self._engine.connect() as connection:
            found = current_passports(connection, tenant_id, product_ids)
        return [found[product_id] for product_id in dict.fromkeys(product_ids) if product_id in found]

    def versions(self, tenant_id: str, product_id: str) -> tuple[StoredPassport, ...]:
        """Every version, the latest first; UnknownPassport."""
        statement = _selected(PassportRow.tenant_id == tenant_id, PassportRow.product_id == product_id)
        found = self._read(statement.order_by(PassportRow.number.desc()))
        if not found:
            raise UnknownPassport(product_id)
        return found

    def version(self, tenant_id: str, product_id: str, version: str) -> StoredPassport:
        """The version with this hash; UnknownPassport."""
        for stored in self.versions(tenant_id, product_id):
            if stored.version == version:
                return stored
        raise UnknownPassport(product_id, version)

    def searched(
        self, tenant_id: str, text: str = "", *, is_retired: bool = False, after: str = "", limit: int = 100
    ) -> tuple[StoredPassport, ...]:
        """The last versions by product, after this product, that are in force or (`is_retired`) no longer; with a text,
        those that hold it: in the id, the code, or anywhere in the record."""
        statement = _selected(
            PassportRow.tenant_id == tenant_id,
            PassportRow.product_id > after,
            _IS_LAST,
            _IS_RETIRED if is_retired else ~_IS_RETIRED,
        )
        if text:
            holds = (PassportRow.product_id, PassportRow.gtin, PassportRow.text)
            statement = statement.where(or_(*(column.icontains(text, autoescape=True) for column in holds)))
        return self._read(statement.order_by(PassportRow.product_id).limit(limit))

    def listed(
        self, tenant_id: str, *, after: str = "", limit: int = 100, gtin: str | None = None
    ) -> tuple[StoredPassport, ...]:
        """The versions in force by product, after this product; `gtin`: with 14 digits, of that one alone."""
        statement = _selected(
            PassportRow.tenant_id == tenant_id,
            PassportRow.product_id > after,
            _IS_LAST,
            ~_IS_RETIRED,
        )
        if gtin is not None:
            statement = statement.where(PassportRow.gtin == gtin)
        return self._read(statement.order_by(PassportRow.product_id).limit(limit))

    def _read(self, statement: "Select[Any]") -> tuple[StoredPassport, ...]:
        with self._engine.connect() as connection:
            return tuple(StoredPassport(**row._mapping) for row in connection.execute(statement))

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def current_passports(
    connection: Connection, tenant_id: str, product_ids: Collection[str]
) -> dict[str, StoredPassport]:
    """The versions in force of those of these products that have one, by product."""
    found = _newest(connection, tenant_id, product_ids)
    return {product_id: stored for product_id, stored in found.items() if stored.retired_at_ms is None}


def put_passports(
    connection: Connection,
    tenant_id: str,
    given: Sequence[NewVersion],
    journal: Journal,
    condition: Condition | None = None,
) -> list[tuple[StoredPassport, bool]]:
    """Each passport as it is kept now and whether that is new, within the caller's transaction.

    One writer of a customer goes at a time, so that two can't count the same number. QuotaReached where the customer
    may have no more.
    """
    _lock(connection, tenant_id, journal.at_ms)
    last = _newest(connection, tenant_id, [one.product_id for one in given])
    before = dict(last)
    kept: list[tuple[StoredPassport, bool]] = []
    for one in given:
        old = last.get(one.product_id)
        in_force = None if old is None or old.retired_at_ms is not None else old
        if condition is not None:
            _check(condition, one.product_id, in_force)
        if in_force is not None and in_force.version == one.version:
            kept.append((in_force, False))
            continue
        stored = StoredPassport(
            tenant_id=tenant_id,
            product_id=one.product_id,
            number=1 if old is None else old.number + 1,
            version=one.version,
            gtin=one.gtin,
            text=one.text,
            created_at_ms=journal.at_ms,
        )
        last[one.product_id] = stored
        journal.note("passport.registered", f"product:{one.product_id}", tenant=tenant_id, version=stored.version)
        kept.append((stored, True))
    in_force_before = {p for p, stored in before.items() if stored.retired_at_ms is None}
    added = {one.product_id for one in given} - in_force_before
    check_quota(connection, tenant_id, Quota.PASSPORTS, journal.at_ms, more=len(added))
    rows = [_values(stored) for stored, is_new in kept if is_new]
    if rows:
        connection.execute(insert(PassportRow), rows)
    return kept


def etag_of(version: str) -> str:
    """The version as a strong entity tag."""
    return f'"{version}"'


def names_tag(header: str, etag: str) -> bool:
    """Whether a list of entity tags, or `*`, names this one; weak ones are compared as if they were strong."""
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags


def _check(condition: Condition, product_id: str, old: StoredPassport | None) -> None:
    etag = None if old is None else etag_of(old.version)
    what = f"passport {product_id!r}"
    if condition.if_match is not None and (etag is None or not names_tag(condition.if_match, etag)):
        raise VersionChanged(what, etag)
    if condition.if_none_match is not None and etag is not None and names_tag(condition.if_none_match, etag):
        raise VersionChanged(what, etag)


def unknown_products(known: Mapping[str, object], product_ids: Sequence[str]) -> None:
    """OrderRefused names the first of these products that is not among the known ones."""
    for index, product_id in enumerate(product_ids):
        if product_id not in known:
            why = f"product {product_id!r} has no passport; register it with PUT /v1/passports/{{id}}"
            raise OrderRefused(f"products[{index}]", why, code="unknown_product")


_COLUMNS = ("tenant_id", "product_id", "number", "version", "gtin", "text", "created_at_ms")
_Version = aliased(PassportRow)
# Compared by number and not by "none is later": PostgreSQL takes that to leave one row, and sorts all before it pages.
_IS_LAST: ColumnElement[bool] = PassportRow.number == (
    select(func.max(_Version.number))
    .where(_Version.tenant_id == PassportRow.tenant_id, _Version.product_id == PassportRow.product_id)
    .scalar_subquery()
)


def _retires(row: Any) -> ColumnElement[bool]:
    return and_(
        row.tenant_id == PassportRow.tenant_id,
        row.product_id == PassportRow.product_id,
        row.number == PassportRow.number,
    )


_IS_RETIRED: ColumnElement[bool] = exists().where(_retires(aliased(RetirementRow)))


def _selected(*conditions: ColumnElement[bool]) -> "Select[Any]":
    columns = [getattr(PassportRow, name) for name in _COLUMNS]
    retired = (
        RetirementRow.retired_at_ms,
        RetirementRow.retired_by,
        func.nullif(RetirementRow.reason, "").label("reason"),
    )
    return select(*columns, *retired).outerjoin(RetirementRow, _retires(RetirementRow)).where(*conditions)


def _newest(connection: Connection, tenant_id: str, product_ids: Collection[str]) -> dict[str, StoredPassport]:
    """The last versions of those of these products that have one, by product; retired ones among them."""
    wanted = _selected(PassportRow.tenant_id == tenant_id, PassportRow.product_id.in_(set(product_ids)), _IS_LAST)
    return {row.product_id: StoredPassport(**row._mapping) for row in connection.execute(wanted)}


def _lock(connection: Connection, tenant_id: str, now_ms: int) -> None:
    known_tenant(connection, tenant_id, now_ms)
    connection.execute(
        select(TenantRow.tenant_id).where(TenantRow.tenant_id == tenant_id).with_for_update(key_share=True)
    )


def _values(stored: StoredPassport) -> dict[str, object]:
    return {name: getattr(stored, name) for name in _COLUMNS}

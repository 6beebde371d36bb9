"""Registered passports in the database: versions are added and never changed, so that findings keep theirs."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.orm import Session

from claims.passports.load import read_passports
from claims.passports.passport import Passport
from claims.passports.quantities import QuantityReader
from review.api_errors import OrderRefused, VersionChanged
from review.audit.trail import Journal
from review.db.tables.passports import PassportRow
from review.db.tables.tenants import TenantRow
from review.errors import NotFoundError
from review.passports.records import Registered
from review.tenants.keys import known_tenant
from review.tenants.types import Caller


class UnknownPassport(NotFoundError):
    """The customer has no passport of this product, or no such version."""

    def __init__(self, product_id: str, version: str | None = None) -> None:
        which = "" if version is None else f" in version {version!r}"
        super().__init__(f"product {product_id!r} has no passport{which}; register it with PUT /v1/passports/{{id}}")
        self.product_id = product_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassport:
    """A version of a passport. `number` counts from 1; `version` is `sha256:` and the hash of `text`."""

    tenant_id: str
    product_id: str
    number: int
    version: str
    gtin: str | None
    text: str
    created_at_ms: int

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
        journal = Journal(at_ms=self._now_ms(), actor=caller.actor)
        with self._writing.begin() as connection:
            [kept] = put_passports(connection, caller.home, [registered], journal, condition or Condition())
            journal.close(connection)
        return kept

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
        statement = (
            select(PassportRow)
            .where(PassportRow.tenant_id == tenant_id, PassportRow.product_id == product_id)
            .order_by(PassportRow.number.desc())
        )
        with Session(self._engine) as session:
            found = tuple(_stored(row) for row in session.scalars(statement))
        if not found:
            raise UnknownPassport(product_id)
        return found

    def version(self, tenant_id: str, product_id: str, version: str) -> StoredPassport:
        """The version with this hash; UnknownPassport."""
        for stored in self.versions(tenant_id, product_id):
            if stored.version == version:
                return stored
        raise UnknownPassport(product_id, version)

    def listed(
        self, tenant_id: str, *, after: str = "", limit: int = 100, gtin: str | None = None
    ) -> tuple[StoredPassport, ...]:
        """The versions in force by product, after this product; `gtin`: with 14 digits, of that one alone."""
        latest = (
            select(PassportRow.product_id, func.max(PassportRow.number).label("number"))
            .where(PassportRow.tenant_id == tenant_id, PassportRow.product_id > after)
            .group_by(PassportRow.product_id)
        )
        if gtin is not None:
            named = select(PassportRow.product_id).where(PassportRow.tenant_id == tenant_id, PassportRow.gtin == gtin)
            latest = latest.where(PassportRow.product_id.in_(named))
        newest = latest.subquery()
        statement = (
            select(PassportRow)
            .join(
                newest,
                (PassportRow.product_id == newest.c.product_id) & (PassportRow.number == newest.c.number),
            )
            .where(PassportRow.tenant_id == tenant_id)
            .order_by(PassportRow.product_id)
            .limit(limit)
        )
        if gtin is not None:
            statement = statement.where(PassportRow.gtin == gtin)
        with Session(self._engine) as session:
            return tuple(_stored(row) for row in session.scalars(statement))

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def current_passports(
    connection: Connection, tenant_id: str, product_ids: Collection[str]
) -> dict[str, StoredPassport]:
    """The versions in force of those of these products that have one, by product."""
    newest = (
        select(PassportRow.product_id, func.max(PassportRow.number).label("number"))
        .where(PassportRow.tenant_id == tenant_id, PassportRow.product_id.in_(set(product_ids)))
        .group_by(PassportRow.product_id)
        .subquery()
    )
    statement = (
        select(PassportRow)
        .join(newest, (PassportRow.product_id == newest.c.product_id) & (PassportRow.number == newest.c.number))
        .where(PassportRow.tenant_id == tenant_id)
    )
    with Session(bind=connection, join_transaction_mode="rollback_only") as session:
        return {row.product_id: _stored(row) for row in session.scalars(statement)}


def put_passports(
    connection: Connection,
    tenant_id: str,
    given: Sequence[Registered],
    journal: Journal,
    condition: Condition | None = None,
) -> list[tuple[StoredPassport, bool]]:
    """Each passport as it is kept now and whether that is new, within the caller's transaction.

    One writer of a customer goes at a time, so that two can't count the same number.
    """
    known_tenant(connection, tenant_id, journal.at_ms)
    connection.execute(
        select(TenantRow.tenant_id).where(TenantRow.tenant_id == tenant_id).with_for_update(key_share=True)
    )
    before = current_passports(connection, tenant_id, [one.passport.id for one in given])
    kept: list[tuple[StoredPassport, bool]] = []
    for one in given:
        product_id = one.passport.id
        old = before.get(product_id)
        if condition is not None:
            _check(condition, product_id, old)
        if old is not None and old.version == one.passport.version:
            kept.append((old, False))
            continue
        stored = StoredPassport(
            tenant_id=tenant_id,
            product_id=product_id,
            number=1 if old is None else old.number + 1,
            version=one.passport.version,
            gtin=None if one.passport.gtin is None else one.passport.gtin.zfill(14),
            text=one.text,
            created_at_ms=journal.at_ms,
        )
        connection.execute(insert(PassportRow).values(_values(stored)))
        before[product_id] = stored
        journal.note("passport.registered", f"product:{product_id}", tenant=tenant_id, version=stored.version)
        kept.append((stored, True))
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


def _values(stored: StoredPassport) -> dict[str, object]:
    return {name: getattr(stored, name) for name in StoredPassport.__dataclass_fields__}


def _stored(row: PassportRow) -> StoredPassport:
    return StoredPassport(**{name: getattr(row, name) for name in StoredPassport.__dataclass_fields__})

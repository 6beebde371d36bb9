"""Customers and their keys in the database.

A secret has 256 bits from the system's generator, so its plain SHA-256 is stored: what makes guessing costly for
passwords (argon2id, 50 ms a try) buys nothing against 2²⁵⁶ and would be paid by every request.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.orm import Session

from review.api_errors import KeyRefused, TenantError
from review.audit.trail import Journal
from review.db.tables.streams import StreamRow
from review.db.tables.tenants import ApiKeyRow, TenantRow
from review.db.tenant_ids import LOCAL_TENANT
from review.db.upsert import insert_missing, table_of
from review.tenants.types import ApiKey, NewKey, Scope, Tenant

PREFIX = "zy"
PER_MINUTE = 600
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")
_TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")
_USED_STEP_MS = 60_000
# Without the mapping of objects, which would cost as much again for every request.
_COLUMNS = select(*table_of(ApiKeyRow).c)


class KeyStore:
    """Who may use the interface for programs. Every change is noted in the audit trail."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def add_tenant(self, tenant_id: str, name: str, actor: str) -> Tenant:
        """A new customer; TenantError if the id is taken or could not stand before a host's id."""
        if not _TENANT.fullmatch(tenant_id):
            raise TenantError(f"tenant {tenant_id!r}: an id has 1 to 59 of a-z, 0-9 and -, and no - first")
        tenant = Tenant(tenant_id=tenant_id, name=name or tenant_id, created_at_ms=self._now_ms())
        journal = self._journal(actor)
        with self._writing.begin() as connection:
            taken = connection.scalar(select(TenantRow.tenant_id).where(TenantRow.tenant_id == tenant_id))
            if taken is not None or tenant_id == LOCAL_TENANT:
                raise TenantError(f"tenant {tenant_id!r}: is there already; see `zhenyan keys tenants`")
            own_host = select(StreamRow.host_id).where(StreamRow.host_id.startswith(f"{tenant_id}/", autoescape=True))
            if connection.scalar(own_host.limit(1)) is not None:
                raise TenantError(f"tenant {tenant_id!r}: hosts of this installation begin with it; choose another id")
            connection.execute(
                insert(TenantRow).values(tenant_id=tenant_id, name=tenant.name, created_at_ms=tenant.created_at_ms)
            )
            journal.note("tenant.added", f"tenant:{tenant_id}")
            journal.close(connection)
        return tenant

    def tenants(self) -> tuple[Tenant, ...]:
        """Every customer, by id; the installation's own among them."""
        with Session(self._engine) as session:
            rows = session.scalars(select(TenantRow).order_by(TenantRow.tenant_id))
            return tuple(
                Tenant(tenant_id=row.tenant_id, name=row.name, created_at_ms=row.created_at_ms) for row in rows
            )

    def add(
        self,
        tenant_id: str,
        name: str,
        scopes: Iterable[Scope],
        actor: str,
        *,
        per_minute: int = PER_MINUTE,
        expires_at_ms: int | None = None,
    ) -> NewKey:
        """A new key of this customer; its token is given here and never again. TenantError: no such customer."""
        wanted = frozenset(scopes)
        if not wanted:
            raise TenantError(f"key {name!r}: may do nothing; give it scopes")
        journal = self._journal(actor)
        with self._writing.begin() as connection:
            known_tenant(connection, tenant_id, self._now_ms())
            made = self._insert(connection, tenant_id, name, wanted, per_minute, expires_at_ms)
            journal.note("key.added", f"key:{made.key.key_id}", tenant=tenant_id, scopes=" ".join(sorted(wanted)))
            journal.close(connection)
        return made

    def keys(self, tenant_id: str | None = None) -> tuple[ApiKey, ...]:
        """Every key, or this customer's, by when they were made."""
        statement = select(ApiKeyRow).order_by(ApiKeyRow.created_at_ms, ApiKeyRow.key_id)
        if tenant_id is not None:
            statement = statement.where(ApiKeyRow.tenant_id == tenant_id)
        with Session(self._engine) as session:
            return tuple(_key(row) for row in session.scalars(statement))

    def rotate(self, key_id: str, actor: str, *, overlap_ms: int) -> NewKey:
        """A key like this one in its place; the old one works for `overlap_ms` more. TenantError: none in force."""
        now_ms = self._now_ms()
        journal = self._journal(actor)
        with self._writing.begin() as connection:
            old = self._in_force(connection, key_id, now_ms)
            made = self._insert(connection, old.tenant_id, old.name, old.scopes, old.per_minute, old.expires_at_ms)
            ends_ms = now_ms + max(0, overlap_ms)
            if old.expires_at_ms is not None:
                ends_ms = min(ends_ms, old.expires_at_ms)
            connection.execute(update(ApiKeyRow).where(ApiKeyRow.key_id == key_id).values(expires_at_ms=ends_ms))
            journal.note("key.rotated", f"key:{key_id}", by=made.key.key_id, until_ms=ends_ms)
            journal.close(connection)
        return made

    def revoke(self, key_id: str, actor: str) -> None:
        """Ends the key at once. TenantError: there is none in force."""
        now_ms = self._now_ms()
        journal = self._journal(actor)
        with self._writing.begin() as connection:
            self._in_force(connection, key_id, now_ms)
            connection.execute(update(ApiKeyRow).where(ApiKeyRow.key_id == key_id).values(revoked_at_ms=now_ms))
            journal.note("key.revoked", f"key:{key_id}")
            journal.close(connection)

    def check(self, token: str) -> ApiKey:
        """The key in force behind a token; KeyRefused, with one text, for every other."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            raise KeyRefused
        with self._engine.connect() as connection:
            row = connection.execute(_COLUMNS.where(ApiKeyRow.key_id == parts[1])).one_or_none()
        stored = "" if row is None else row.secret_hash
        if not secrets.compare_digest(stored, _hash(parts[2])) or row is None:
            raise KeyRefused
        key = _key(row)
        now_ms = self._now_ms()
        if key.state_at(now_ms) != "active":
            raise KeyRefused
        if key.used_at_ms is None or key.used_at_ms + _USED_STEP_MS <= now_ms:
            with self._writing.begin() as connection:
                connection.execute(update(ApiKeyRow).where(ApiKeyRow.key_id == key.key_id).values(used_at_ms=now_ms))
        return key

    def _insert(
        self,
        connection: Connection,
        tenant_id: str,
        name: str,
        scopes: frozenset[Scope],
        per_minute: int,
        expires_at_ms: int | None,
    ) -> NewKey:
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = ApiKey(
            key_id=key_id,
            tenant_id=tenant_id,
            name=name,
            scopes=scopes,
            per_minute=per_minute,
            created_at_ms=self._now_ms(),
            expires_at_ms=expires_at_ms,
        )
        connection.execute(
            insert(ApiKeyRow).values(
                key_id=key_id,
                tenant_id=tenant_id,
                name=name,
                secret_hash=_hash(secret),
                scopes=sorted(scope.value for scope in scopes),
                per_minute=per_minute,
                created_at_ms=key.created_at_ms,
                expires_at_ms=expires_at_ms,
            )
        )
        return NewKey(key=key, token=f"{PREFIX}_{key_id}_{secret}")

    def _in_force(self, connection: Connection, key_id: str, now_ms: int) -> ApiKey:
        with Session(bind=connection, join_transaction_mode="rollback_only") as session:
            row = session.get(ApiKeyRow, key_id)
            key = None if row is None else _key(row)
        if key is None:
            raise TenantError(f"key {key_id!r}: there is none; see `zhenyan keys list`")
        if (state := key.state_at(now_ms)) != "active":
            raise TenantError(f"key {key_id!r}: is {state} already")
        return key

    def _journal(self, actor: str) -> Journal:
        return Journal(at_ms=self._now_ms(), actor=actor)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def known_tenant(connection: Connection, tenant_id: str, now_ms: int) -> None:
    """TenantError names a customer who is not there; the installation's own is made when it is first needed."""
    if tenant_id == LOCAL_TENANT:
        insert_missing(connection, TenantRow, [{"tenant_id": LOCAL_TENANT, "name": "本机", "created_at_ms": now_ms}])
    elif connection.scalar(select(TenantRow.tenant_id).where(TenantRow.tenant_id == tenant_id)) is None:
        raise TenantError(f"tenant {tenant_id!r}: there is none; make it with `zhenyan keys tenant {tenant_id}`")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: ApiKeyRow | Row[Any]) -> ApiKey:
    """The key; a scope that this program does not know gives nothing."""
    known = {scope.value for scope in Scope}
    return ApiKey(
        key_id=row.key_id,
        tenant_id=row.tenant_id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes if scope in known),
        per_minute=row.per_minute,
        created_at_ms=row.created_at_ms,
        expires_at_ms=row.expires_at_ms,
        revoked_at_ms=row.revoked_at_ms,
        used_at_ms=row.used_at_ms,
    )

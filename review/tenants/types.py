"""Customers, their keys, what a key may do, and who asks."""

from dataclasses import dataclass, field
from enum import StrEnum

from review.accounts.types import Person, Role
from review.db.tenant_ids import LOCAL_TENANT

_KEY = "key:"


class Scope(StrEnum):
    """One thing that a key may do; a key has those that it was made with and no more."""

    STREAMS_READ = "streams:read"
    STREAMS_WRITE = "streams:write"
    STREAMS_URGENT = "streams:urgent"
    FACTS_WRITE = "facts:write"
    PASSPORTS_READ = "passports:read"
    PASSPORTS_WRITE = "passports:write"
    FINDINGS_READ = "findings:read"
    CHECK = "check"
    BATCHES = "batches"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    HOSTS_READ = "hosts:read"
    EVIDENCE_READ = "evidence:read"
    COMPLAINTS_WRITE = "complaints:write"
    EVENTS_READ = "events:read"
    WEBHOOKS = "webhooks"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    STATISTICS_READ = "statistics:read"
    TRANSCRIPTS_READ = "transcripts:read"
    TRANSCRIPTS_FULL = "transcripts:full"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.value.endswith(":read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer."""

    tenant_id: str
    name: str
    created_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret, which is stored nowhere. `expires_at_ms` None: it does not expire by itself."""

    key_id: str
    tenant_id: str
    name: str
    scopes: frozenset[Scope]
    per_minute: int
    created_at_ms: int
    expires_at_ms: int | None = None
    revoked_at_ms: int | None = None
    used_at_ms: int | None = None

    def state_at(self, now_ms: int) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at_ms is not None and self.revoked_at_ms <= now_ms:
            return "revoked"
        if self.expires_at_ms is not None and self.expires_at_ms <= now_ms:
            return "expired"
        return "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made, with the one text that shows its secret."""

    key: ApiKey
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. A key sees what is its tenant's; people who log in work for the operator and see every tenant's,
    unless their account is limited.

    `sees`: the tenant whose rows are shown; None: every tenant's. `home`: the tenant for which something new is
    made. `actor`: who it was, for the audit trail. `person`: for decisions; a key decides as one reviewer. `scopes`:
    what it may do; a person has them all and is bound by their role.
    """

    sees: str | None
    home: str
    actor: str
    person: Person
    scopes: frozenset[Scope] = frozenset(Scope)

    @property
    def tenants(self) -> frozenset[str] | None:
        """The tenants whose rows are shown; None: all."""
        return None if self.sees is None else frozenset({self.sees})

    @property
    def key_id(self) -> str:
        """The key that asks; empty: a person does."""
        return self.actor.removeprefix(_KEY) if self.actor.startswith(_KEY) else ""

    @classmethod
    def of_person(cls, person: Person, tenant_id: str | None = None) -> "Caller":
        """Somebody who is logged in; `tenant_id`: for whom they ask, where they work for some customers alone."""
        return cls(sees=tenant_id, home=tenant_id or LOCAL_TENANT, actor=person.id, person=person)

    @classmethod
    def of_operator(cls, tenant_id: str, actor: str) -> "Caller":
        """Whoever works on the store of this machine in a customer's name."""
        return cls(sees=tenant_id, home=tenant_id, actor=actor, person=Person(id=actor, name=actor, role=Role.ADMIN))

    @classmethod
    def of_key(cls, key: ApiKey) -> "Caller":
        """A program with this key."""
        actor = f"{_KEY}{key.key_id}"
        person = Person(id=actor, name=key.name, role=Role.REVIEWER)
        return cls(sees=key.tenant_id, home=key.tenant_id, actor=actor, person=person, scopes=key.scopes)

"""What customers set for themselves, in the database: read, set anew, and every version before."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from claims.suggestions import Suggestion, SuggestionSettings, suggest
from claims.tenant_words import ListedWord
from claims.types import Finding
from review.api_errors import VersionChanged
from review.audit.trail import Journal
from review.db.tables.streams import FindingRow, StreamRow
from review.db.tables.tenant_rules import TenantRulesRow
from review.db.tables.tenants import TenantRow
from review.db.upsert import table_of
from review.streams.rows import finding_from_json
from review.streams.suggesting import places_of
from review.streams.tenant_rules import RuleKind, StoredRules, name_of, read_rules
from review.tenant_rules.words import TriedWord, try_words
from review.tenants.keys import known_tenant
from review.tenants.quotas import Quotas
from review.tenants.types import Caller

_MOST_TRIED = 5_000
Change = Callable[[StoredRules | None], Mapping[str, Any]]


class TenantRulesStore:
    """Customers' own rules; methods are short transactions."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def current(self, tenant_id: str, kind: RuleKind) -> StoredRules | None:
        """The version in force; None: nothing was set."""
        with self._engine.connect() as connection:
            return read_rules(connection, tenant_id, kind)

    def versions(self, tenant_id: str, kind: RuleKind, limit: int = 100) -> list[StoredRules]:
        """The versions, the latest first."""
        table = table_of(TenantRulesRow)
        statement = (
            select(*table.c)
            .where(table.c.tenant_id == tenant_id, table.c.kind == kind.value)
            .order_by(table.c.number.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [StoredRules(**row._mapping) for row in connection.execute(statement)]

    def put(self, caller: Caller, kind: RuleKind, change: Change, if_match: str | None = None) -> StoredRules:
        """What `change` makes of the version in force, in force from now on; the same content is the same version.

        `if_match`: the name of the version that it was made from; VersionChanged where another is in force.
        """
        journal = Journal(at_ms=int(self._now().timestamp() * 1000), actor=caller.actor)
        with self._writing.begin() as connection:
            _lock(connection, caller.home, journal.at_ms)
            old = read_rules(connection, caller.home, kind)
            in_force = name_of(kind, 0) if old is None else old.name
            if if_match is not None and if_match != in_force:
                raise VersionChanged(f"{kind.value} of {caller.home!r}", f'"{in_force}"')
            content = dict(change(old))
            version = _hash(content)
            if old is not None and old.version == version:
                return old
            new = StoredRules(
                tenant_id=caller.home,
                kind=kind.value,
                number=1 if old is None else old.number + 1,
                version=version,
                content=content,
                created_at_ms=journal.at_ms,
                created_by=caller.actor,
            )
            names = table_of(TenantRulesRow).c.keys()
            connection.execute(insert(TenantRulesRow).values({name: getattr(new, name) for name in names}))
            journal.note(f"{kind.value}.set", f"tenant:{caller.home}", name=new.name, version=version)
            journal.close(connection)
        return new

    def set_quotas(
        self, tenant_id: str, given: Mapping[str, float | str], actor: str, *, keeps: bool = True
    ) -> StoredRules:
        """Sets these bounds of the customer, those that are not given staying as they are, or going (`keeps` False).

        Raises TenantError, and pydantic's ValidationError for a bound that is none.
        """

        def change(old: StoredRules | None) -> Mapping[str, Any]:
            before = old.content if keeps and old is not None else {}
            return Quotas.model_validate({**before, **given}).model_dump()

        return self.put(Caller.of_operator(tenant_id, actor), RuleKind.QUOTAS, change)

    def try_suggestions(
        self, tenant_id: str, settings: SuggestionSettings
    ) -> dict[tuple[str, Suggestion], list[Finding]]:
        """The customer's latest findings by what is advised of them now and what these settings would advise."""
        moved: dict[tuple[str, Suggestion], list[Finding]] = {}
        statement = (
            select(FindingRow.record)
            .join(StreamRow, StreamRow.stream_id == FindingRow.stream_id)
            .where(StreamRow.tenant_id == tenant_id)
            .order_by(FindingRow.created_seq.desc())
            .limit(_MOST_TRIED)
        )
        with self._engine.connect() as connection:
            findings = [finding_from_json(record) for record in connection.scalars(statement)]
            for finding, place in zip(findings, places_of(connection, findings), strict=True):
                before = finding.suggestion or suggest(finding, SuggestionSettings(), place).value
                moved.setdefault((before, suggest(finding, settings, place)), []).append(finding)
        return moved

    def try_words(self, tenant_id: str, words: Sequence[ListedWord], at: datetime) -> list[TriedWord]:
        """What each word would have done to what the customer's broadcasts gave last."""
        return try_words(self._engine, tenant_id, words, at)


def _lock(connection: Connection, tenant_id: str, now_ms: int) -> None:
    """One writer of a customer goes at a time, so that two can't count the same number."""
    known_tenant(connection, tenant_id, now_ms)
    connection.execute(
        select(TenantRow.tenant_id).where(TenantRow.tenant_id == tenant_id).with_for_update(key_share=True)
    )


def _hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

"""What customers set for themselves, as it is read where findings are written."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select

from review.db.tables.streams import StreamRow
from review.db.tables.tenant_rules import TenantRulesRow
from review.db.upsert import table_of


class RuleKind(StrEnum):
    """What is set for a customer: quotas by the operator, all else by itself."""

    SUGGESTIONS = "suggestions"
    WORDS = "words"
    QUOTAS = "quotas"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRules:
    """A version of what a customer has set; `number` counts from 1, and `version` is `sha256:` and its hash."""

    tenant_id: str
    kind: str
    number: int
    version: str
    content: dict[str, Any]
    created_at_ms: int
    created_by: str

    @property
    def name(self) -> str:
        """The version as findings name it."""
        return name_of(self.kind, self.number)


def name_of(kind: str, number: int) -> str:
    """A version as findings name it; number 0: nothing was set."""
    return f"{kind}@{number}"


def read_rules(connection: Connection, tenant_id: str, kind: RuleKind, name: str | None = None) -> StoredRules | None:
    """The version in force, or the one of this name; None: there is none."""
    table = table_of(TenantRulesRow)
    statement = select(*table.c).where(table.c.tenant_id == tenant_id, table.c.kind == kind.value)
    if name is not None:
        number = name.rpartition("@")[2]
        statement = statement.where(table.c.number == (int(number) if number.isdigit() else 0))
    row = connection.execute(statement.order_by(table.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else StoredRules(**row._mapping)


def latest_rules(connection: Connection, tenant_ids: Collection[str], kind: RuleKind) -> dict[str, StoredRules]:
    """The versions in force of those of these customers that have set any."""
    columns = table_of(TenantRulesRow).c
    last = (
        select(columns.tenant_id, func.max(columns.number).label("number"))
        .where(columns.tenant_id.in_(tenant_ids), columns.kind == kind.value)
        .group_by(columns.tenant_id)
        .subquery()
    )
    in_force = (columns.tenant_id == last.c.tenant_id) & (columns.number == last.c.number)
    rows = connection.execute(select(*columns).join(last, in_force).where(columns.kind == kind.value))
    return {row.tenant_id: StoredRules(**row._mapping) for row in rows}


def rules_of_streams(connection: Connection, stream_ids: Collection[str], kind: RuleKind) -> dict[str, StoredRules]:
    """The versions in force of the customers of those of these broadcasts whose customers have set any."""
    of_streams = select(StreamRow.stream_id, StreamRow.tenant_id).where(StreamRow.stream_id.in_(stream_ids))
    tenants = {row.stream_id: row.tenant_id for row in connection.execute(of_streams)}
    in_force = latest_rules(connection, set(tenants.values()), kind)
    return {stream_id: in_force[tenant] for stream_id, tenant in tenants.items() if tenant in in_force}

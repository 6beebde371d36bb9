"""The depth of an order that names none, chosen in its own transaction by the rules that are in force then."""

from sqlalchemy import Connection, func, select

from ingest.decode.depth import DepthPlan
from review.cases.types import CaseState
from review.db.tables.cases import CaseRow, DecisionRow
from review.db.tables.streams import StreamRow
from review.db.tenant_ids import shown_host
from review.scheduling.depth_rules import DepthSettings, HostHistory, choose
from review.scheduling.types import DepthSource
from review.streams.tenant_rules import RuleKind, StoredRules, name_of, read_rules

_DAY_MS = 86_400_000


def choose_depth(connection: Connection, tenant_id: str, host_id: str, now_ms: int) -> tuple[DepthPlan, DepthSource]:
    """The depth by the customer's rules, and where it comes from; `host_id` as it is kept."""
    stored = read_rules(connection, tenant_id, RuleKind.DEPTH)
    name = name_of(RuleKind.DEPTH, 0) if stored is None else stored.name
    history = _history(connection, tenant_id, host_id, now_ms)
    return choose(depth_settings(stored), name, shown_host(tenant_id, host_id), history)


def depth_settings(stored: StoredRules | None) -> DepthSettings:
    """The rules of this version; None: nothing was set."""
    return DepthSettings() if stored is None else DepthSettings.model_validate(stored.content)


def _history(connection: Connection, tenant_id: str, host_id: str, now_ms: int) -> HostHistory:
    first_ms = connection.scalar(
        select(func.min(StreamRow.created_at_ms)).where(StreamRow.host_id == host_id, StreamRow.tenant_id == tenant_id)
    )
    days = 0 if first_ms is None else max(0, now_ms - first_ms) // _DAY_MS

    def confirmed(within_days: int) -> int:
        decided = select(DecisionRow.decision_id).where(
            DecisionRow.case_id == CaseRow.case_id,
            DecisionRow.after == CaseState.CONFIRMED.value,
            DecisionRow.undone_at_ms.is_(None),
            DecisionRow.decided_at_ms > now_ms - within_days * _DAY_MS,
        )
        counted = select(func.count()).where(
            CaseRow.host_id == host_id, CaseRow.state == CaseState.CONFIRMED.value, decided.exists()
        )
        return connection.scalar(counted) or 0

    return HostHistory(days, confirmed)

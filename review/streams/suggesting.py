"""Findings as they are written, with what is advised about them by the customer's settings; each keeps its version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from claims.suggestions import Place, Risk, Suggestion, SuggestionSettings, risk_of, suggest, worst
from claims.types import Finding
from review.db.tables.scheduling import OrderRow
from review.db.tables.streams import FindingRow, StreamRow
from review.db.tenant_ids import shown_host
from review.streams.tenant_rules import RuleKind, StoredRules, latest_rules, name_of, read_rules

_NOTHING_SET = name_of(RuleKind.SUGGESTIONS, 0)


def with_suggestions(
    connection: Connection, findings: Sequence[Finding], stored: Mapping[str, Mapping[str, Any]]
) -> list[Finding]:
    """The findings with what is advised: of one that is stored already by the settings that it names, of a new one by
    those in force."""
    places = _Places(connection, {finding.stream_id for finding in findings})
    in_force = latest_rules(connection, set(places.tenants.values()), RuleKind.SUGGESTIONS)
    settings: dict[tuple[str, str | None], tuple[str, SuggestionSettings]] = {}
    advised = []
    for finding in findings:
        tenant_id = places.tenants[finding.stream_id]
        pinned = stored.get(finding.finding_id, {}).get("suggested_by")
        key = (tenant_id, pinned)
        if key not in settings:
            settings[key] = _settings(connection, tenant_id, pinned, in_force.get(tenant_id))
        name, found = settings[key]
        advised.append(
            replace(
                finding,
                suggestion=suggest(finding, found, places.of(finding)).value,
                risk=risk_of(finding).value,
                suggested_by=name,
            )
        )
    return advised


def places_of(connection: Connection, findings: Sequence[Finding]) -> list[Place]:
    """Where each finding was made."""
    places = _Places(connection, {finding.stream_id for finding in findings})
    return [places.of(finding) for finding in findings]


def read_worst(connection: Connection, stream_ids: Sequence[str]) -> dict[str, tuple[Suggestion, Risk]]:
    """Of each of these broadcasts the gravest suggestion and risk of its findings."""
    found: dict[str, list[tuple[Suggestion, Risk]]] = {stream_id: [] for stream_id in stream_ids}
    columns = (FindingRow.stream_id, FindingRow.suggestion, FindingRow.risk)
    rows = connection.execute(
        select(*columns, func.count())
        .where(FindingRow.stream_id.in_(stream_ids), FindingRow.suggestion.is_not(None))
        .group_by(*columns)
    )
    for row in rows:
        found[row.stream_id].append((Suggestion(row.suggestion), Risk(row.risk)))
    return {stream_id: worst(pairs) for stream_id, pairs in found.items()}


class _Places:
    """Broadcasts with their customers, hosts, rooms and the categories of what they sell."""

    def __init__(self, connection: Connection, stream_ids: set[str]) -> None:
        columns = (StreamRow.stream_id, StreamRow.tenant_id, StreamRow.host_id, StreamRow.products)
        rows = connection.execute(
            select(*columns, OrderRow.external_id)
            .outerjoin(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
            .where(StreamRow.stream_id.in_(stream_ids))
        ).all()
        self.tenants = {row.stream_id: row.tenant_id for row in rows}
        self._rows = {row.stream_id: row for row in rows}

    def of(self, finding: Finding) -> Place:
        row = self._rows[finding.stream_id]
        goods = {product["product_id"]: product.get("category") for product in row.products}
        return Place(
            host_id=shown_host(row.tenant_id, row.host_id),
            room=row.external_id,
            category=None if finding.product_id is None else goods.get(finding.product_id),
        )


def _settings(
    connection: Connection, tenant_id: str, pinned: str | None, in_force: StoredRules | None
) -> tuple[str, SuggestionSettings]:
    if pinned == _NOTHING_SET:
        return pinned, SuggestionSettings()
    found = in_force if pinned is None else read_rules(connection, tenant_id, RuleKind.SUGGESTIONS, pinned)
    if found is None:
        return _NOTHING_SET, SuggestionSettings()
    return found.name, SuggestionSettings.model_validate(found.content)

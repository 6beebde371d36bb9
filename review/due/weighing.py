"""What the published table proposes for a host's strikes: arithmetic that anybody can repeat."""

from collections.abc import Sequence

from review.due.rules import DAY_MS, Factor, Measures, Topic, Weight
from review.due.types import MeasureKind, Proposal, Step, Strike


def expires_at_ms(strike: Strike, table: Measures) -> int:
    """When the strike stops counting."""
    return strike.at_ms + _weight(strike, table).expiry_days * DAY_MS


def propose(strikes: Sequence[Strike], table: Measures, now_ms: int, *, notices_at_ms: Sequence[int] = ()) -> Proposal:
    """The measure for what counts at this moment, with the sum and the reason.

    `notices_at_ms`: when the host was told of measures that stand; a strike after one weighs more. A blacklist is
    proposed only if a case that counts cites a law or an administrative regulation: else the next milder measure.
    """
    counted = sorted(
        (s for s in strikes if s.at_ms <= now_ms < expires_at_ms(s, table)), key=lambda s: (s.at_ms, s.case_id)
    )
    earliest = min(((s.at_ms, s.case_id) for s in strikes), default=None)
    steps = tuple(
        _step(strike, table, first=(strike.at_ms, strike.case_id) == earliest, notices_at_ms=notices_at_ms)
        for strike in counted
    )
    points = sum(step.points for step in steps)
    reached = [kind for kind in MeasureKind if points >= table.measures[kind].at_points]
    lacks_law = MeasureKind.BLACKLIST in reached and not any(_statutory(s, table) for s in counted)
    if lacks_law:
        reached.remove(MeasureKind.BLACKLIST)
    measure = reached[-1] if reached else None
    return Proposal(
        measure=measure,
        points=points,
        term_days=table.measures[measure].term_days if measure else 0,
        steps=steps,
        reason_zh=_reason_zh(steps, table, points, measure, lacks_law),
        reason_en=_reason_en(steps, table, points, measure, lacks_law),
        table_version=table.version,
    )


def _step(strike: Strike, table: Measures, *, first: bool, notices_at_ms: Sequence[int]) -> Step:
    base = _weight(strike, table).points
    factors: list[tuple[str, int]] = []
    for name, topic in (("health", table.aggravations.health), ("minors", table.aggravations.minors)):
        if _touches(strike, topic):
            factors.append((name, topic.percent))
    if any(notice_ms < strike.at_ms for notice_ms in notices_at_ms):
        factors.append(("repeated", table.aggravations.repeated.percent))
    if strike.corrected:
        factors.append(("corrected", -table.mitigations.corrected.percent))
    if first:
        factors.append(("first", -table.mitigations.first.percent))
    percent = max(0, 100 + sum(percent for _, percent in factors))
    return Step(
        case_id=strike.case_id,
        base_points=base,
        factors=tuple(factors),
        points=base * percent // 100,
        expires_at_ms=expires_at_ms(strike, table),
    )


def _weight(strike: Strike, table: Measures) -> Weight:
    return next(weight for severity, weight in table.severities.items() if severity == strike.severity)


def _touches(strike: Strike, topic: Topic) -> bool:
    in_category = strike.category is not None and any(strike.category.startswith(c) for c in topic.categories)
    return strike.class_id in topic.classes or in_category


def _statutory(strike: Strike, table: Measures) -> bool:
    found = [table.statute_of(cited) for cited in strike.law]
    return any(statute is not None and statute.level != "rule" for statute in found)


def _factor(table: Measures, name: str) -> Factor:
    factor: Factor = getattr(table.aggravations, name, None) or getattr(table.mitigations, name)
    return factor


def _sum_of(steps: Sequence[Step], table: Measures, language: str) -> str:
    lines = []
    for step in steps:
        factors = "".join(
            f" {percent:+d}% ({getattr(_factor(table, name), language)})" for name, percent in step.factors
        )
        lines.append(f"{step.case_id[:8]}: {step.base_points}{factors} = {step.points}")
    return "; ".join(lines)


def _reason_zh(
    steps: Sequence[Step], table: Measures, points: int, measure: MeasureKind | None, lacks_law: bool
) -> str:
    if not steps:
        return f"没有计分的已确认案件（处置标准 {table.version}）。"
    head = f"{len(steps)} 个已确认案件计 {points} 分（{_sum_of(steps, table, 'zh')}）。"
    if measure is None:
        return f"{head}未达到“{table.measures[MeasureKind.WARNING].zh}”的起点（处置标准 {table.version}）。"
    rule = table.measures[measure]
    capped = "分数已达到黑名单起点，但没有案件涉及法律或行政法规，故不建议列入黑名单。" if lacks_law else ""
    reached = f"达到“{rule.zh}”的起点 {rule.at_points} 分，通常期限 {rule.term_days} 天（处置标准 {table.version}）。"
    return f"{head}{reached}{capped}"


def _reason_en(
    steps: Sequence[Step], table: Measures, points: int, measure: MeasureKind | None, lacks_law: bool
) -> str:
    if not steps:
        return f"No confirmed case counts (table {table.version})."
    head = f"{len(steps)} confirmed case(s) make {points} points ({_sum_of(steps, table, 'en')})."
    if measure is None:
        return (
            f"{head} That is below the first measure, {table.measures[MeasureKind.WARNING].en} (table {table.version})."
        )
    rule = table.measures[measure]
    capped = (
        " The points reach the blacklist; as no case cites a law or an administrative regulation, it is not proposed."
        if lacks_law
        else ""
    )
    return (
        f"{head} That reaches {rule.en}, from {rule.at_points} points on, usually for {rule.term_days} days "
        f"(table {table.version}).{capped}"
    )

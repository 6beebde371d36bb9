"""Why the table proposes what it proposes, in words."""

from collections.abc import Sequence

from review.enforcement.penalty_table import Measures
from review.enforcement.types import Held, MeasureKind, Step


def reason_zh(
    steps: Sequence[Step],
    table: Measures,
    points: int,
    measure: MeasureKind | None,
    reached: MeasureKind | None,
    held: Held,
) -> str:
    """The reason in Chinese."""
    if not steps:
        return f"没有计分的已确认案件（处置标准 {table.version}）。"
    head = f"{len(steps)} 个已确认案件合计 {points} 分"
    if measure is None or reached is None:
        return f"{head}，未达到“{table.measures[MeasureKind.WARNING].zh}”的起点（处置标准 {table.version}）。"
    rule, most = table.measures[measure], table.measures[reached]
    reach = f"{head}，达到“{most.zh}”的起点 {most.at_points} 分"
    if held is Held.LAW:
        reach += "；但没有案件涉及法律或行政法规，故不建议列入黑名单"
    elif held is Held.LADDER:
        reach += "；但处置逐级进行，一场直播至多升一级，告知上一次处置之后再犯才升级"
    return f"{reach}。建议“{rule.zh}”，通常期限 {rule.term_days} 天（处置标准 {table.version}）。"


def reason_en(
    steps: Sequence[Step],
    table: Measures,
    points: int,
    measure: MeasureKind | None,
    reached: MeasureKind | None,
    held: Held,
) -> str:
    """The reason in English."""
    if not steps:
        return f"No confirmed case counts (table {table.version})."
    head = f"{_cases(len(steps))} {points} points"
    if measure is None or reached is None:
        return f"{head}, below the first measure, {table.measures[MeasureKind.WARNING].en} (table {table.version})."
    rule, most = table.measures[measure], table.measures[reached]
    reach = f"{head}, enough for {most.en} ({most.at_points} or more)."
    if held is Held.LAW:
        reach += " As no case cites a law or an administrative regulation, the blacklist is not proposed."
    elif held is Held.LADDER:
        reach += (
            " Measures follow one another rung by rung: one broadcast leads one rung further at most, and only after "
            "the host was told of the measure before."
        )
    return f"{reach} Proposed: {rule.en}, usually for {rule.term_days} days (table {table.version})."


def _cases(count: int) -> str:
    return "1 confirmed case makes" if count == 1 else f"{count} confirmed cases make"

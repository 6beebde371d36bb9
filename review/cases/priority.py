"""Which case first: harm × reach × uncertainty near the threshold × age, as one number that needs no clock.

Age multiplies by e for every `patience_ms` waited. The logarithm of the product, less the moment of opening over the
patience, then orders cases the same at any later time: it can be stored and indexed, and nothing starves, since every
case overtakes any later one after a bounded wait.
"""

import math
from dataclasses import dataclass

from review.cases.types import Reason

PATIENCE_MS = 4 * 3_600_000
_MINUTE_MS = 60_000
# Within how long a case is to be decided, by severity: once its broadcast is over, and while it goes on.
_TARGETS_MS = {
    "critical": (60 * _MINUTE_MS, 15 * _MINUTE_MS),
    "high": (240 * _MINUTE_MS, 60 * _MINUTE_MS),
    "medium": (1440 * _MINUTE_MS, 240 * _MINUTE_MS),
}
_HARM = {"critical": 8.0, "high": 4.0, "medium": 2.0}
_NEAR = 0.12
_UNSURE = 0.5
_CORRECTED = 0.25
_COMPLAINED = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityFactors:
    """What speaks for looking at a case soon.

    `reach`: viewers, where the platform told; 0: not known. `corrected`: the host put every one of its claims right on
    the spot (直播电商监督管理办法 31). `lowered`: a second reader took the last of them that was flagged for lawful.
    """

    severity: str
    score: float
    flag_at: float
    said_count: int
    stream_count: int
    reach: int
    opened_at_ms: int
    complained: bool = False
    corrected: bool = False
    lowered: bool = False


def target_ms(severity: str, *, on_air: bool) -> int:
    """Within how long such a case is to be decided; a severity that is not known has a day."""
    over, going_on = _TARGETS_MS.get(severity, _TARGETS_MS["medium"])
    return going_on if on_air else over


def rank_of(factors: PriorityFactors, patience_ms: int = PATIENCE_MS) -> float:
    """The place in the queue, higher first; comparable between cases opened at any time."""
    weight = _HARM[factors.severity] * _reach(factors) * (1 + _uncertainty(factors))
    if factors.complained:
        weight *= _COMPLAINED
    if factors.corrected or factors.lowered:
        weight *= _CORRECTED
    return math.log(weight) - factors.opened_at_ms / patience_ms


def reasons(factors: PriorityFactors) -> tuple[Reason, ...]:
    """What made the rank, the weightiest first; age is told by the page, which has a clock."""
    found = [Reason(code=f"harm_{factors.severity}")]
    if factors.complained:
        found.insert(0, Reason(code="complaint"))
    if factors.corrected:
        found.append(Reason(code="corrected"))
    if factors.lowered:
        found.append(Reason(code="second_reader"))
    if factors.reach:
        found.append(Reason(code="viewers", count=factors.reach))
    if factors.said_count > 1:
        found.append(Reason(code="said", count=factors.said_count))
    if factors.stream_count > 1:
        found.append(Reason(code="streams", count=factors.stream_count))
    if _uncertainty(factors) > _UNSURE:
        found.append(Reason(code="uncertain"))
    return tuple(found)


def _reach(factors: PriorityFactors) -> float:
    times = 1 + math.log2(max(1, factors.said_count)) + math.log2(max(1, factors.stream_count))
    return times * (1 + math.log10(1 + factors.reach))


def _uncertainty(factors: PriorityFactors) -> float:
    """1 at the threshold, falling to 0 away from it."""
    return math.exp(-(((factors.score - factors.flag_at) / _NEAR) ** 2))

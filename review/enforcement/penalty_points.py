"""What the published table proposes for a host's strikes: arithmetic that anybody can repeat."""

from collections.abc import Collection, Sequence

from review.enforcement.penalty_ladder import gravest_allowed
from review.enforcement.penalty_table import DAY_MS, Measures, Topic, Weight
from review.enforcement.proposal_reasons import reason_en, reason_zh
from review.enforcement.types import Held, MeasureKind, Proposal, Step, Strike, Taken


def expires_at_ms(strike: Strike, table: Measures) -> int:
    """When the strike stops counting."""
    return strike.at_ms + _weight(strike, table).expiry_days * DAY_MS


def propose(
    strikes: Sequence[Strike],
    table: Measures,
    now_ms: int,
    *,
    taken: Sequence[Taken] = (),
    chosen: Collection[str] | None = None,
) -> Proposal:
    """The measure for what counts at this moment, with the sum and the reason.

    `taken`: the measures that stand; what is said after the host was told of one weighs more, and the next rung of the
    ladder is reached from there. `chosen`: the cases that are weighed; None: all. Whether it is the host's first
    offence is judged by all. A blacklist is proposed only if a case that counts cites a law or an administrative
    regulation.
    """
    counting = [s for s in strikes if s.at_ms <= now_ms < expires_at_ms(s, table)]
    counted = sorted((s for s in counting if chosen is None or s.case_id in chosen), key=lambda s: (s.at_ms, s.case_id))
    first = _first_broadcast(strikes)
    steps = tuple(_step(strike, table, first_broadcast=first, taken=taken) for strike in counted)
    points = sum(step.points for step in steps)
    reached = [kind for kind in MeasureKind if points >= table.measures[kind].at_points]
    allowed = _allowed(reached, counting, counted, taken, table)
    measure = allowed[-1] if allowed else None
    held = _held(reached, measure, counted, table)
    stands = (steps, table, points, measure, reached[-1] if reached else None, held)
    return Proposal(
        measure=measure,
        points=points,
        term_days=table.measures[measure].term_days if measure else 0,
        steps=steps,
        reason_zh=reason_zh(*stands),
        reason_en=reason_en(*stands),
        table_version=table.version,
        reached=reached[-1] if reached else None,
        held=held,
    )


def _allowed(
    reached: Sequence[MeasureKind],
    counting: Sequence[Strike],
    counted: Sequence[Strike],
    taken: Sequence[Taken],
    table: Measures,
) -> list[MeasureKind]:
    """Those of the reached measures that ladder and law let be proposed.

    The rung on which the host stands is judged by all that counts, the step from it by what is weighed.
    """
    behind = {case_id for measure in taken for case_id in measure.case_ids}
    context = [s for s in counting if s in counted or s.case_id in behind]
    gravest = gravest_allowed(context, taken, table)
    statutory = any(_statutory(s, table) for s in counted)
    return [
        kind for kind in reached if kind.gravity <= gravest.gravity and (kind is not MeasureKind.BLACKLIST or statutory)
    ]


def _held(
    reached: Sequence[MeasureKind], measure: MeasureKind | None, counted: Sequence[Strike], table: Measures
) -> Held:
    if not reached or measure is reached[-1]:
        return Held.NOTHING
    lacks_law = reached[-1] is MeasureKind.BLACKLIST and not any(_statutory(s, table) for s in counted)
    return Held.LAW if lacks_law and len(reached) > 1 and measure is reached[-2] else Held.LADDER


def _first_broadcast(strikes: Sequence[Strike]) -> str | None:
    """The broadcast in which words of this host were first confirmed, forgotten ones among them."""
    said = [(b.first_ms, b.stream_id) for strike in strikes for b in strike.said_in]
    return min(said)[1] if said else None


def _step(strike: Strike, table: Measures, *, first_broadcast: str | None, taken: Sequence[Taken]) -> Step:
    base = _weight(strike, table).points
    factors: list[tuple[str, int]] = []
    for name, topic in (("health", table.aggravations.health), ("minors", table.aggravations.minors)):
        if _touches(strike, topic):
            factors.append((name, topic.percent))
    last_ms = max(broadcast.last_ms for broadcast in strike.said_in)
    repeated = any(measure.told_at_ms < last_ms for measure in taken)
    if repeated:
        factors.append(("repeated", table.aggravations.repeated.percent))
    if strike.corrected:
        factors.append(("corrected", -table.mitigations.corrected.percent))
    if not repeated and {broadcast.stream_id for broadcast in strike.said_in} == {first_broadcast}:
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

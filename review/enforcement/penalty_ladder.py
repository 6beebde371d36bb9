"""How far the published table lets strikes lead: one rung a broadcast, and only after the rung below was told."""

from collections.abc import Sequence

from review.enforcement.penalty_table import Measures
from review.enforcement.types import MeasureKind, Strike, Taken


def gravest_allowed(counted: Sequence[Strike], taken: Sequence[Taken], table: Measures) -> MeasureKind:
    """The gravest measure that the ladder lets the table propose for these strikes.

    `taken`: the measures that stand; one whose cases are all gone or forgotten is forgotten with them. Nothing of a
    broadcast that led to a measure leads further, and nothing that was said before the host was told of the last one.
    """
    ladder = table.ladder
    if _goes_straight(counted, table):
        return ladder.rungs[-1]
    known = {strike.case_id for strike in counted}
    standing = [measure for measure in taken if not known.isdisjoint(measure.case_ids)]
    rung = ladder.rung_of(max((m.kind for m in standing), key=lambda kind: kind.gravity, default=None))
    steps = ladder.steps_a_broadcast if _is_new(counted, standing) else 0
    at = min(max(rung + steps, 0), len(ladder.rungs) - 1)
    return ladder.rungs[at]


def _is_new(counted: Sequence[Strike], standing: Sequence[Taken]) -> bool:
    """True if words fell in a broadcast that has led to no measure yet, after the host was told of the last."""
    told_at_ms = max((measure.told_at_ms for measure in standing), default=-1)
    behind = {case_id for measure in standing for case_id in measure.case_ids}
    spent = {
        broadcast.stream_id
        for strike in counted
        if strike.case_id in behind
        for broadcast in strike.said_in
        if broadcast.first_ms <= told_at_ms
    }
    return any(
        broadcast.last_ms > told_at_ms and broadcast.stream_id not in spent
        for strike in counted
        for broadcast in strike.said_in
    )


def _goes_straight(counted: Sequence[Strike], table: Measures) -> bool:
    """True if cases so severe were confirmed in so many broadcasts that the ladder is left out."""
    straight = table.ladder.straight_to_last
    streams = {
        broadcast.stream_id
        for strike in counted
        if strike.severity == straight.severity
        for broadcast in strike.said_in
    }
    return len(streams) >= straight.broadcasts

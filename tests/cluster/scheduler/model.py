"""What decisions do to a snapshot: the store's rules, written down once more, short and slow."""

from collections.abc import Sequence
from dataclasses import replace

from review.scheduling.decisions import Close, Decision, Free, Grant, Recall, ReportWaiting, Snapshot
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Lease


def applied(snapshot: Snapshot, decisions: Sequence[Decision], terms: LeaseTerms) -> Snapshot:
    """The snapshot of the same moment, after the decisions took effect."""
    leases = dict(snapshot.leases)
    closed: set[str] = set()
    for decision in decisions:
        assert leases.get(decision.stream_id, decision.seen) == decision.seen, "decided on what was seen"
        leases[decision.stream_id] = _after(decision, snapshot.now_ms, terms)
        if isinstance(decision, Close):
            closed.add(decision.stream_id)
    orders = tuple(order for order in snapshot.orders if order.stream_id not in closed)
    open_ids = {order.stream_id for order in orders}
    kept = {k: lease for k, lease in leases.items() if lease.worker_id or k in open_ids}
    return replace(snapshot, orders=orders, leases=kept)


def _after(decision: Decision, now_ms: int, terms: LeaseTerms) -> Lease:
    seen = decision.seen
    freed = replace(seen, token=seen.token + 1, worker_id="", recalled_at_ms=0)
    match decision:
        case Grant():
            return replace(
                freed,
                worker_id=decision.worker_id,
                until_ms=now_ms + terms.lease_ms,
                restarts=decision.restarts,
                not_before_ms=now_ms,
                beat_at_ms=now_ms,
                why="",
            )
        case Recall():
            return replace(seen, recalled_at_ms=now_ms, why=decision.why)
        case Free():
            return replace(freed, restarts=decision.restarts, not_before_ms=decision.not_before_ms, why=decision.why)
        case Close():
            return replace(freed, why=decision.why)
        case ReportWaiting():
            return replace(seen, why=decision.why)

"""Which worker gets which broadcast: a pure function of what is seen at one moment."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from review.scheduling.applying import unseen
from review.scheduling.decisions import Close, Decision, Free, Grant, Recall, ReportWaiting, Snapshot
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Lease, Order, Priority, Worker
from review.streams.types import StreamState, Wanted

GIVES_WAY = "gives way to an urgent broadcast"
DRAINED = "its machine is being drained"
OVERLOADED = "its worker carries more than it can"
STOPPED = "it was stopped"
NO_WORKER = "no worker is running"


def plan(snapshot: Snapshot, terms: LeaseTerms) -> tuple[Decision, ...]:
    """What to do now, so that what is wanted runs; nothing where all is as it should be.

    Never two holders of one broadcast, never more on a worker than it can carry. Broadcasts stay where they are; those
    without a place go, the most urgent and then the oldest first, to the worker with the greatest share of its places
    free. A worker counts while its beat is young. What it held moves when it is gone, or is asked back one at a time
    where there is room elsewhere, if it is drained or carries too much.
    """
    return tuple(_Plan(snapshot, terms).decisions())


@dataclass(slots=True)
class _Plan:
    snapshot: Snapshot
    terms: LeaseTerms
    live: dict[str, Worker] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)
    kept: list[tuple[Order, Lease]] = field(default_factory=list)

    def decisions(self) -> Iterator[Decision]:
        young_ms = self.snapshot.now_ms - self.terms.beat_ms
        self.live = {w.worker_id: w for w in self.snapshot.workers if w.beat_at_ms > young_ms}
        self.load = dict.fromkeys(self.live, 0)
        wanting: list[tuple[Order, Lease]] = []
        for order in sorted(self.snapshot.orders, key=_first_come):
            lease = self.snapshot.leases.get(order.stream_id) or unseen(order.stream_id)
            if order.wanted is Wanted.STOP:
                yield from self._stop(lease)
            elif self._is_carried(lease):
                self.load[lease.worker_id] += 1
                self.kept.append((order, lease))
            else:
                wanting.append((order, lease))
        yield from self._free_what_is_over()
        waiting: list[Order] = []
        for order, lease in wanting:
            if not lease.worker_id and lease.not_before_ms > self.snapshot.now_ms:
                continue
            decision = self._settle(order, lease)
            if (
                decision is None
                or isinstance(decision, ReportWaiting)
                or (isinstance(decision, Free) and not decision.not_before_ms)
            ):
                waiting.append(order)
            if decision is not None:
                yield decision
        yield from self._make_way([order for order in waiting if order.priority is Priority.URGENT])
        yield from self._move_away()

    def _is_carried(self, lease: Lease) -> bool:
        """Whether a worker that is there has it, and is not overdue to give it back."""
        return self._is_held(lease) and not self._is_overdue(lease)

    def _is_held(self, lease: Lease) -> bool:
        return lease.worker_id in self.live and lease.until_ms > self.snapshot.now_ms

    def _is_overdue(self, lease: Lease) -> bool:
        return 0 < lease.recalled_at_ms <= self.snapshot.now_ms - self.terms.recall_ms

    def _stop(self, lease: Lease) -> Iterator[Decision]:
        """The holder ends it in good order; where there is none, or it takes too long, it ends at once."""
        if not self._is_carried(lease):
            yield Close(stream_id=lease.stream_id, seen=lease, state=StreamState.ENDED)
            return
        self.load[lease.worker_id] += 1
        if not lease.recalled_at_ms:
            yield Recall(stream_id=lease.stream_id, seen=lease, why=STOPPED)

    def _free_what_is_over(self) -> Iterator[Decision]:
        open_ids = {order.stream_id for order in self.snapshot.orders}
        for stream_id, lease in sorted(self.snapshot.leases.items()):
            if lease.worker_id and stream_id not in open_ids:
                yield Free(stream_id=stream_id, seen=lease, why="it is over", restarts=lease.restarts)

    def _settle(self, order: Order, lease: Lease) -> Decision | None:
        """What becomes of a broadcast that nobody who is there carries."""
        now_ms = self.snapshot.now_ms
        lost = lease.worker_id != "" and not self._is_held(lease)
        restarts = lease.restarts + lost
        if lost and restarts >= self.terms.most_restarts:
            why = f"whoever worked on it died {restarts} times in a row"
            return Close(stream_id=order.stream_id, seen=lease, state=StreamState.FAILED, why=why)
        wait_ms = self.terms.wait_ms(restarts) if lost else 0
        if wait_ms:
            why = "whoever worked on it died again and again"
            return Free(
                stream_id=order.stream_id, seen=lease, why=why, restarts=restarts, not_before_ms=now_ms + wait_ms
            )
        worker = self._roomiest(but_for=lease.worker_id)
        if worker is not None:
            self.load[worker.worker_id] += 1
            return Grant(stream_id=order.stream_id, worker_id=worker.worker_id, seen=lease, restarts=restarts)
        why = self._why_no_place()
        if lease.worker_id:
            return Free(stream_id=order.stream_id, seen=lease, why=why, restarts=restarts)
        return ReportWaiting(stream_id=order.stream_id, seen=lease, why=why) if lease.why != why else None

    def _room(self, worker: Worker) -> int:
        return 0 if worker.draining else int(worker.capacity) - self.load[worker.worker_id]

    def _roomiest(self, but_for: str) -> Worker | None:
        """The worker with the greatest share of its places free; None: nobody has any.

        Of equals, another than the one that just lost it.
        """
        able = [worker for worker in self.live.values() if self._room(worker) > 0]
        return min(
            able,
            key=lambda w: (self.load[w.worker_id] / int(w.capacity), w.worker_id == but_for, w.worker_id),
            default=None,
        )

    def _why_no_place(self) -> str:
        if not self.live:
            return NO_WORKER
        taking = [worker for worker in self.live.values() if not worker.draining]
        if not taking:
            return "every running worker is being drained"
        places = sum(int(worker.capacity) for worker in taking)
        return f"all {places} places of the {len(taking)} running worker(s) are taken"

    def _spare(self) -> int:
        """Places that are free and that nothing which was asked back will need."""
        free = sum(max(0, self._room(worker)) for worker in self.live.values())
        return free - sum(1 for _, lease in self.kept if lease.recalled_at_ms)

    def _make_way(self, urgent: list[Order]) -> Iterator[Decision]:
        """Asks background broadcasts back, the newest first, for urgent ones that have no place."""
        giving = [
            (order, lease)
            for order, lease in self.kept
            if order.priority is Priority.BACKGROUND and not self.live[lease.worker_id].draining
        ]
        missing = len(urgent) - sum(1 for _, lease in giving if lease.recalled_at_ms)
        able = [(order, lease) for order, lease in giving if not lease.recalled_at_ms]
        for order, lease in sorted(able, key=lambda pair: _first_come(pair[0]), reverse=True)[: max(0, missing)]:
            yield Recall(stream_id=order.stream_id, seen=lease, why=GIVES_WAY)

    def _move_away(self) -> Iterator[Decision]:
        """Asks one broadcast back of each worker that is drained or carries too much, as long as others have room."""
        spare = self._spare()
        for worker in sorted(self.live.values(), key=lambda w: w.worker_id):
            held = [(order, lease) for order, lease in self.kept if lease.worker_id == worker.worker_id]
            too_many = len(held) > int(worker.capacity)
            if not (worker.draining or too_many) or any(lease.recalled_at_ms for _, lease in held):
                continue
            if spare <= 0:
                return
            for order, lease in held[-1:]:
                spare -= 1
                yield Recall(stream_id=order.stream_id, seen=lease, why=DRAINED if worker.draining else OVERLOADED)


def _first_come(order: Order) -> tuple[int, int, str]:
    return order.priority, order.created_at_ms, order.stream_id

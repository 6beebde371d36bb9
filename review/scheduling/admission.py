"""Whether another broadcast may be ordered, asked inside the transaction that orders it."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from review.db.tables.base import CounterRow
from review.db.tables.scheduling import OrderRow, WorkerRow
from review.db.tables.streams import StreamRow
from review.db.upsert import insert_missing
from review.scheduling.decisions import Room
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Priority
from review.streams.types import StreamState, Wanted

OVER = (StreamState.ENDED.value, StreamState.FAILED.value)
_COUNTER = "admission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How many workers are there and take broadcasts, and how many they can carry."""

    workers: int
    places: int


def read_places(connection: Connection, now_ms: int, terms: LeaseTerms) -> Places:
    """The workers that are there; one that is drained, or that fell silent, has no places."""
    young = WorkerRow.beat_at_ms > now_ms - terms.beat_ms
    capacities = connection.scalars(select(WorkerRow.capacity).where(young, WorkerRow.draining.is_(False))).all()
    return Places(workers=len(capacities), places=sum(int(capacity) for capacity in capacities))


def read_room(connection: Connection, priority: Priority, now_ms: int, terms: LeaseTerms) -> Room:
    """How many more broadcasts of this priority the workers that are there can carry.

    Who asks goes on alone until its transaction ends, so that two can't both take the last place. Background broadcasts
    give way to urgent ones and do not count against them; a share of the places is for urgent ones only.
    """
    _go_alone(connection)
    there = read_places(connection, now_ms, terms)
    counted = connection.execute(
        select(OrderRow.priority, func.count())
        .join(StreamRow, StreamRow.stream_id == OrderRow.stream_id)
        .where(OrderRow.wanted == Wanted.RUN.value, StreamRow.state.not_in(OVER))
        .group_by(OrderRow.priority)
    )
    wanted: dict[int, int] = {priority: count for priority, count in counted}
    return _room(priority, there, wanted, terms)


def _go_alone(connection: Connection) -> None:
    insert_missing(connection, CounterRow, [{"name": _COUNTER, "value": 0}])
    connection.execute(update(CounterRow).where(CounterRow.name == _COUNTER).values(value=CounterRow.value + 1))


def _room(priority: Priority, there: Places, wanted: dict[int, int], terms: LeaseTerms) -> Room:
    places, workers = there.places, there.workers
    if not workers:
        return Room(free=0, places=0, why="no worker is running")
    urgent = wanted.get(Priority.URGENT, 0)
    others = sum(wanted.values()) - urgent
    if priority is Priority.URGENT:
        free = places - urgent - wanted.get(Priority.NORMAL, 0)
        kept = 0
    else:
        kept = max(0, terms.kept_places(places) - urgent)
        free = places - urgent - others - kept
    if free > 0:
        return Room(free=free, places=places)
    total = f"{urgent + others} broadcasts are wanted and the {workers} running worker(s) have {places} places"
    if kept:
        total += f", {kept} of them kept free for urgent broadcasts"
    return Room(free=0, places=places, why=total)

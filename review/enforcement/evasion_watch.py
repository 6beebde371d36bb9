"""Evasion watch: a broadcast of a bound host, or of a linked account, is reported once and punished by nobody."""

from sqlalchemy import Connection, insert, select

from review.audit.trail import Journal
from review.db.tables.enforcement import EvasionRow, MeasureRow
from review.db.tables.streams import StreamRow
from review.enforcement.rows import linked_hosts, lock_host, measures_where
from review.enforcement.types import MeasureKind, MeasureState
from review.streams.types import StreamState

_WATCHED = (MeasureKind.SUSPENSION.value, MeasureKind.BLACKLIST.value)


def live_streams(connection: Connection) -> tuple[str, ...]:
    """The ids of the broadcasts that run now."""
    return tuple(
        connection.scalars(
            select(StreamRow.stream_id).where(StreamRow.state == StreamState.LIVE.value).order_by(StreamRow.stream_id)
        )
    )


def report_evasion(connection: Connection, stream_id: str, journal: Journal) -> int:
    """How many measures that bind now this broadcast goes against and that were not reported yet."""
    host_id = connection.scalar(select(StreamRow.host_id).where(StreamRow.stream_id == stream_id))
    if host_id is None:
        return 0
    hosts = (host_id, *linked_hosts(connection, host_id))
    found = measures_where(
        connection,
        MeasureRow.host_id.in_(hosts),
        MeasureRow.kind.in_(_WATCHED),
        MeasureRow.state == MeasureState.IN_FORCE.value,
    )
    binding = [measure for measure in found if measure.binds(journal.at_ms)]
    if not binding:
        return 0
    lock_host(connection, host_id)
    seen = set(connection.scalars(select(EvasionRow.measure_id).where(EvasionRow.stream_id == stream_id)))
    new = [measure for measure in binding if measure.id not in seen]
    for measure in new:
        connection.execute(
            insert(EvasionRow).values(measure_id=measure.id, stream_id=stream_id, seen_at_ms=journal.at_ms)
        )
        journal.note("evasion.seen", f"measure:{measure.id}", host=host_id, stream=stream_id)
        journal.add_event(
            "evasion.seen",
            measure.host_id,
            measure.id,
            stream=stream_id,
            streaming_host=host_id,
            linked=host_id != measure.host_id,
        )
    return len(new)

"""What the pages of measures and appeals list, of the customers that a person reaches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from review.db.ownership import host_is_of
from review.db.tables.enforcement import AppealRow, MeasureRow
from review.enforcement.rows import appeals_where, measures_where
from review.enforcement.types import Appeal, AppealState, Measure, MeasureState

# End, or lapse, and id of the last measure that was shown.
Place = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurePage:
    """Some measures of `count`; `next_after` None: there are no more."""

    measures: tuple[Measure, ...]
    count: int
    next_after: Place | None


def measures_in_force(
    connection: Connection, tenants: Collection[str] | None, after: Place | None, limit: int
) -> MeasurePage:
    """The measures that were approved and have not ended, those that end first first; `tenants` None: of everybody."""
    found = (MeasureRow.state == MeasureState.IN_FORCE.value, *_of_hosts(tenants))
    return _paged(connection, found, MeasureRow.ends_at_ms, after, limit)


def proposals(connection: Connection, tenants: Collection[str] | None, after: Place | None, limit: int) -> MeasurePage:
    """The measures that wait for a second person, those that lapse first first."""
    found = (MeasureRow.state == MeasureState.PROPOSED.value, *_of_hosts(tenants))
    return _paged(connection, found, MeasureRow.lapses_at_ms, after, limit)


def open_appeals(connection: Connection, tenants: Collection[str] | None) -> tuple[Appeal, ...]:
    """The appeals that wait for a decision, the most urgent first."""
    of_measures = select(MeasureRow.measure_id).where(*_of_hosts(tenants))
    own = [] if tenants is None else [AppealRow.measure_id.in_(of_measures)]
    found = appeals_where(connection, AppealRow.state == AppealState.FILED.value, *own)
    return tuple(sorted(found, key=lambda appeal: (appeal.decide_due_ms, appeal.id)))


def _paged(
    connection: Connection,
    found: Sequence[ColumnElement[bool]],
    time: InstrumentedAttribute[int],
    after: Place | None,
    limit: int,
) -> MeasurePage:
    order = (time, MeasureRow.measure_id)
    rest: list[ColumnElement[bool]] = []
    if after is not None:
        at_ms, measure_id = after
        rest.append(or_(time > at_ms, and_(time == at_ms, MeasureRow.measure_id > measure_id)))
    places = connection.execute(select(*order).where(*found, *rest).order_by(*order).limit(limit + 1)).all()
    ids = [place.measure_id for place in places[:limit]]
    measures = {one.id: one for one in measures_where(connection, MeasureRow.measure_id.in_(ids))}
    return MeasurePage(
        measures=tuple(measures[each] for each in ids),
        count=connection.scalar(select(func.count()).select_from(MeasureRow).where(*found)) or 0,
        next_after=(places[limit - 1][0], ids[-1]) if len(places) > limit else None,
    )


def _of_hosts(tenants: Collection[str] | None) -> Sequence[ColumnElement[bool]]:
    return () if tenants is None else (host_is_of(MeasureRow.host_id, tenants),)

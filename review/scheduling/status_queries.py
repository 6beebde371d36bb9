"""Where broadcasts stand, read from the database in the caller's session."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session

from ingest.recording.ledger import NOTHING, Coverage
from ingest.types import Gap
from review.db.ownership import Owner, is_of
from review.db.tables.scheduling import LeaseRow, OrderRow
from review.db.tables.streams import CoverageRow, StreamRow
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.rows import lease_from_row
from review.scheduling.status import OVER_STATES, StreamStatus, covered, status_of
from review.streams.types import StreamCoverage, StreamState, Wanted

_OVER = tuple(state.value for state in OVER_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When it is asked (wall clock), and by which rules."""

    at_ms: int
    terms: LeaseTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An ordered broadcast that is not over and that somebody has worked on."""

    recorded_ms: int
    status: StreamStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How far the analysis of a broadcast is at one moment.

    `coverage`: the share that was really analysed; None: nothing was received yet. `lag_ms`: how far the analysis is
    behind the broadcast; `interrupted_ms` of it nobody has recorded so far.
    """

    coverage: float | None
    lag_ms: int
    interrupted_ms: int


def account_of(stands: StreamStatus, lease: LeaseRow | None, ledger: CoverageRow | None) -> Account:
    """The account of the broadcast that stands so, without its gaps, which nobody asks for in a list."""
    stored = NOTHING
    if ledger is not None:
        stored = Coverage(span_ms=ledger.span_ms, analysed_ms=ledger.analysed_ms, waiting_ms=ledger.waiting_ms, gaps=())
    now = covered(stored, lease.recorded_ms if lease else 0, stands.missed)
    interrupted_ms = stands.missed.length_ms if stands.missed is not None else 0
    return Account(
        coverage=now.analysed_ms / now.span_ms if now.span_ms else None,
        lag_ms=now.waiting_ms + interrupted_ms,
        interrupted_ms=interrupted_ms,
    )


def stream_status(
    moment: Moment, stream: StreamRow, order: OrderRow | None, lease: LeaseRow | None, ledger: CoverageRow | None
) -> StreamStatus:
    """Where the broadcast of these rows stands; `order` None: a command screens it, and its row is all there is."""
    state = StreamState(stream.state)
    if order is None:
        return StreamStatus(state=state)
    return status_of(
        state,
        None if lease is None else lease_from_row(lease),
        moment.at_ms,
        moment.terms,
        span_ms=0 if ledger is None else ledger.span_ms,
        stopped_at_ms=order.changed_at_ms if order.wanted == Wanted.STOP.value else None,
    )


def read_open(
    session: Session, moment: Moment, stream_ids: Collection[str] | None = None, owner: Owner | None = None
) -> dict[str, Open]:
    """The open ones of these broadcasts, or of all, or of all of these customers."""
    rows = session.execute(
        select(StreamRow, OrderRow, LeaseRow, CoverageRow)
        .join(OrderRow, OrderRow.stream_id == StreamRow.stream_id)
        .join(LeaseRow, LeaseRow.stream_id == StreamRow.stream_id)
        .outerjoin(CoverageRow, CoverageRow.stream_id == StreamRow.stream_id)
        .where(StreamRow.state.not_in(_OVER), *(() if stream_ids is None else (StreamRow.stream_id.in_(stream_ids),)))
        .where(*(() if owner is None else (is_of(owner),)))
        .order_by(StreamRow.stream_id)
    )
    return {
        stream.stream_id: Open(
            recorded_ms=lease.recorded_ms, status=stream_status(moment, stream, order, lease, ledger)
        )
        for stream, order, lease, ledger in rows
    }


def read_missed(session: Session, moment: Moment, owner: Owner | None = None) -> list[Gap]:
    """What nobody records now, of each broadcast that is interrupted."""
    found = read_open(session, moment, owner=owner).values()
    return [one.status.missed for one in found if one.status.missed is not None]


def now_covered(session: Session, moment: Moment, stream_id: str, stored: StreamCoverage) -> StreamCoverage:
    """The broadcast's account as it is at this moment."""
    found = read_open(session, moment, [stream_id]).get(stream_id)
    return stored if found is None else covered(stored, found.recorded_ms, found.status.missed)


def all_covered(session: Session, moment: Moment, stored: StreamCoverage, owner: Owner | None = None) -> StreamCoverage:
    """The sum of all accounts, or of these customers', with what is missed just now."""
    gaps = read_missed(session, moment, owner)
    length_ms = sum(gap.length_ms for gap in gaps)
    return StreamCoverage(
        segment_count=stored.segment_count,
        analysed_count=stored.analysed_count,
        span_ms=stored.span_ms + length_ms,
        analysed_ms=stored.analysed_ms,
        waiting_ms=stored.waiting_ms,
        gaps=(*stored.gaps, *gaps),
    )


def state_at(moment: Moment) -> ColumnElement[str]:
    """The state of `status` as a column, for rows of streams joined with their leases, which may be missing.

    It says the same as the function, so that lists can be searched by it; a test holds them together.
    """
    is_held = and_(LeaseRow.worker_id != "", LeaseRow.until_ms > moment.at_ms)
    is_tried = or_(is_held, LeaseRow.not_before_ms > moment.at_ms)
    is_silent = LeaseRow.recorded_at_ms <= moment.at_ms - moment.terms.lease_ms
    interrupted, waiting = StreamState.INTERRUPTED.value, StreamState.WAITING.value
    return case(
        (or_(StreamRow.state.in_(_OVER), LeaseRow.stream_id.is_(None)), StreamRow.state),
        (
            and_(StreamRow.state == StreamState.UNREACHABLE.value, ~is_tried),
            case((LeaseRow.on_air, interrupted), else_=waiting),
        ),
        (and_(StreamRow.state != StreamState.UNREACHABLE.value, LeaseRow.on_air, is_silent), interrupted),
        (and_(StreamRow.state == StreamState.LIVE.value, ~LeaseRow.on_air, ~is_held), waiting),
        else_=StreamRow.state,
    )

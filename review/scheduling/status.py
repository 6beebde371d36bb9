"""Where a broadcast really stands at one moment: pure functions of what is stored, of its lease, and of the time.

What is stored is what somebody last told. Who died tells nothing any more, so whoever asks looks at the lease as well:
a broadcast on air that nobody has recorded for the length of a lease is interrupted, whatever stands in its row.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

from ingest.recording.ledger import Coverage
from ingest.types import Gap, GapKind
from review.scheduling.lease_terms import LeaseTerms
from review.scheduling.types import Lease
from review.streams.types import StreamRecord, StreamState

OVER_STATES = (StreamState.ENDED, StreamState.FAILED)
LOST = "its worker died, or can't be heard"
_NOBODY_YET = "a worker"
Covered = TypeVar("Covered", bound=Coverage)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStatus:
    """What is so now. `worker_id` empty: nobody works on it, and `why` says why.

    `missed`: what was on air since somebody last recorded it; None: nothing that is known of.
    """

    state: StreamState
    worker_id: str = ""
    why: str = ""
    missed: Gap | None = None

    def shown(self, stream: StreamRecord) -> StreamRecord:
        """The stream as it is now; an error that was told of an earlier state is none of this one."""
        if stream.state is self.state:
            return stream
        return replace(stream, state=self.state, error=self.missed.why if self.missed is not None else self.why or None)


def status_of(
    state: StreamState,
    lease: Lease | None,
    now_ms: int,
    terms: LeaseTerms,
    *,
    span_ms: int = 0,
    stopped_at_ms: int | None = None,
) -> StreamStatus:
    """Where a broadcast stands whose row says `state`.

    `span_ms`: how far its ledger goes. `stopped_at_ms`: when it was asked to be stopped (wall clock); None: it was not.
    Before a lease's length has passed without a word nothing is said to be interrupted: a worker that is replaced in
    that time is no interruption.
    """
    if state in OVER_STATES:
        return StreamStatus(state=state)
    if lease is None:
        return StreamStatus(state=state, why=_NOBODY_YET if state is StreamState.WAITING else "")
    is_held = lease.worker_id != "" and lease.until_ms > now_ms
    now = _state(state, lease, now_ms, terms, is_held=is_held)
    until_ms = now_ms if stopped_at_ms is None else min(now_ms, stopped_at_ms)
    return StreamStatus(
        state=now,
        worker_id=lease.worker_id if is_held else "",
        why="" if is_held else _why(lease),
        missed=missed(lease, until_ms, span_ms) if is_missed(now, lease) else None,
    )


def is_missed(state: StreamState, lease: Lease) -> bool:
    """Whether what is on air is missed by us: not where its worker is there and only its source is away."""
    return state is StreamState.INTERRUPTED or (state is StreamState.UNREACHABLE and lease.away_kind != "")


def missed(lease: Lease, until_ms: int, span_ms: int) -> Gap | None:
    """What was on air from the moment at which somebody last recorded it until `until_ms` (wall clock).

    It lies behind all that was recorded, of which the ledger may know more than was told with the lease: the clocks of
    the stream and of the wall meet where the lease says so. None where nothing was on air, or where it waits for
    whoever records it.
    """
    start_ms = max(span_ms, lease.recorded_ms)
    end_ms = lease.recorded_ms + until_ms - lease.recorded_at_ms
    if not lease.on_air or end_ms <= start_ms:
        return None
    kind, why = loss(lease)
    return Gap(kind=kind, start_ms=start_ms, end_ms=end_ms, why=why)


def loss(lease: Lease) -> tuple[GapKind, str]:
    """How the last holder was lost, and why nobody else has gone on."""
    if not lease.away_kind:
        return GapKind.CRASH, LOST
    whys = dict.fromkeys(why for why in (lease.away_why, "" if lease.worker_id else lease.why) if why)
    return GapKind(lease.away_kind), "; ".join(whys)


def covered(stored: Covered, recorded_ms: int, gap: Gap | None) -> Covered:
    """The account with what was recorded since it was stored, which waits, and what was missed after that."""
    settled_ms = stored.span_ms - stored.waiting_ms
    span_ms = max(stored.span_ms, recorded_ms)
    if gap is None:
        return replace(stored, span_ms=span_ms, waiting_ms=span_ms - settled_ms)
    return replace(stored, span_ms=gap.end_ms, waiting_ms=gap.start_ms - settled_ms, gaps=(*stored.gaps, gap))


def _state(state: StreamState, lease: Lease, now_ms: int, terms: LeaseTerms, *, is_held: bool) -> StreamState:
    if state is StreamState.UNREACHABLE:
        is_tried = is_held or lease.not_before_ms > now_ms
        nobody = StreamState.INTERRUPTED if lease.on_air else StreamState.WAITING
        return state if is_tried else nobody
    if lease.on_air:
        is_silent = now_ms - lease.recorded_at_ms >= terms.lease_ms
        return StreamState.INTERRUPTED if is_silent else state
    return StreamState.WAITING if state is StreamState.LIVE and not is_held else state


def _why(lease: Lease) -> str:
    return LOST if lease.worker_id else lease.why or _NOBODY_YET

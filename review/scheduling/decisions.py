"""What the dispatcher sees at one moment, and what it may decide: a closed vocabulary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.types import GapKind
from review.scheduling.types import Lease, Order, Worker
from review.streams.types import StreamState


class Released(StrEnum):
    """Why a worker lets go of a broadcast.

    `ended`: it is over, or was stopped; nobody starts it again. `failed`: tried again after a while, a limited number
    of times. `unreachable`: the same, because its source gave nothing. `refused`: can't ever work, such as an address
    that may not be captured. `given_back`: somebody else goes on at once, and nothing is counted against it.
    """

    ENDED = "ended"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    GIVEN_BACK = "given_back"


class Air(StrEnum):
    """What a worker sees of a broadcast that it holds.

    `unseen`: nothing came since it took it. `on`: it comes and is recorded. `away`: nothing has come for a while, and
    it is known why. `over`: nothing more is to come, or it waits for whoever records it, as a file does.
    """

    UNSEEN = "unseen"
    ON = "on"
    AWAY = "away"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a worker is with a broadcast that it holds under `token`, on the stream clock.

    `kind` and `why`: of what keeps it `away`.
    """

    token: int
    recorded_ms: int
    analysed_ms: int
    air: Air = Air.UNSEEN
    kind: GapKind | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that decisions are taken on, as it was at `now_ms` (wall clock).

    `orders`: broadcasts that are not over, wanted or to be stopped. `leases`: those of these orders, and any other that
    somebody still holds. `workers`: all that are known, also those whose beat is old.
    """

    now_ms: int
    orders: tuple[Order, ...] = ()
    leases: Mapping[str, Lease] = field(default_factory=dict)
    workers: tuple[Worker, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The worker gets the broadcast under a new token, if the lease still is as it was seen."""

    stream_id: str
    worker_id: str
    seen: Lease
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The holder is asked to give the broadcast back; it stops in good order."""

    stream_id: str
    seen: Lease
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """The broadcast is taken from its holder; nobody has it before `not_before_ms`."""

    stream_id: str
    seen: Lease
    why: str
    restarts: int
    not_before_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """The broadcast is over: stopped while nobody had it, or failed too often."""

    stream_id: str
    seen: Lease
    state: StreamState
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWaiting:
    """Why nobody works on the broadcast, for whoever asks; told once."""

    stream_id: str
    seen: Lease
    why: str


Decision = Grant | Recall | Free | Close | ReportWaiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Whether another broadcast may be ordered. `free`: how many more; `why`: in words, where there is none."""

    free: int
    places: int
    why: str = ""

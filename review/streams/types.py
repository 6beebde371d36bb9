"""What the store takes and gives: streams, stored findings, pages of them, and how much was really analysed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from claims.types import Disposition, Finding, VerdictKind
from ingest.recording.ledger import Coverage


class StreamState(StrEnum):
    """Where a broadcast stands; `failed` keeps its error text until the state changes again.

    `waiting`: nobody works on it yet. `live`: it is recorded, whether anybody speaks in it or not. `unreachable`: a
    worker tries, and its source gives nothing. `interrupted`: it was live, and nobody records it.
    """

    WAITING = "waiting"
    LIVE = "live"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Who speaks: the platform's account, not the seller."""

    id: str
    name: str
    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRef:
    """A product on sale in the stream, and the name a reviewer knows it by; `category` None: not registered."""

    product_id: str
    name: str
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRecord:
    """A broadcast as reviewers see it.

    `source` is stored without credentials and query, whatever is given. `started_at` must carry its offset: it is
    the moment that price windows are judged by, and clock times are shown in its zone; None: not known. `viewers`: the
    most that its platform told of; 0: it told nothing. `tenant_id`: whose broadcast it is.
    """

    stream_id: str
    source: str
    host: Host
    title: str
    started_at: datetime | None
    products: tuple[ProductRef, ...] = ()
    state: StreamState = StreamState.WAITING
    error: str | None = None
    viewers: int = 0
    tenant_id: str = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """A finding and its place in the store.

    `created_seq` never changes; `updated_seq` grows with every change. Both come from one counter whose order is the
    order of commits, so a reader that goes on after the last number it saw misses nothing. `clip_start_ms` is the
    stream time of the clip's first frame; None: there is no clip yet.
    """

    finding: Finding
    host_id: str
    created_seq: int
    updated_seq: int
    clip_start_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingQuery:
    """Which findings, and where to go on; None: not asked about. `tenants`: of these customers alone.

    Oldest first after `after`; with `newest_first`, the latest ones and `after` is still a lower bound.
    """

    stream_id: str | None = None
    host_id: str | None = None
    class_id: str | None = None
    product_id: str | None = None
    disposition: Disposition | None = None
    tenants: frozenset[str] | None = None
    after: int = 0
    limit: int = 100
    newest_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPage:
    """Some findings and the `after` of the next page; `more` says whether it has any now."""

    findings: tuple[StoredFinding, ...]
    next_after: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCoverage(Coverage):
    """How much of a broadcast was really analysed, and in how many segments; of several, the sum."""

    segment_count: int
    analysed_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many findings there are, by verdict among those in the queue and by disposition among all."""

    by_verdict: Mapping[VerdictKind, int] = field(default_factory=dict)
    by_disposition: Mapping[Disposition, int] = field(default_factory=dict)


class Wanted(StrEnum):
    """What a customer wants of a broadcast."""

    RUN = "run"
    STOP = "stop"

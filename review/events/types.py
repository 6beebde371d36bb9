"""Events, and the addresses that they are sent to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from review.db.tenant_ids import shown_host

# What is told of every stretch of a broadcast: in a log of its own, and only to who asks for it by this name.
STRETCH = "stream.stretch"
# What falls due: in the log of events, and only to who asks for it by name or by family.
DEADLINES = frozenset({"deadline.measure", "deadline.appeal", "deadline.case"})
# Every kind of event that there is: what is told is one of these, and what webhooks may ask for.
KINDS = frozenset(
    {
        *("finding.created", "finding.updated"),
        *("stream.live", "stream.gap", "stream.interrupted", "stream.resumed", "stream.unreachable"),
        *("stream.ended", "stream.failed", "stream.stopped", "stream.health", STRETCH),
        *("decision.made", "decision.reversed"),
        *("measure.proposed", "measure.in_force", "measure.rejected", "measure.lapsed", "measure.ended"),
        *("measure.lifted", "measure.varied"),
        *("appeal.filed", "appeal.upheld", "appeal.varied", "appeal.overturned"),
        *("evasion.seen", "complaint.filed"),
        *("batch.done", "batch.failed", "batch.cancelled"),
        *DEADLINES,
    }
)
# The most that a page of the log has.
MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that a customer will be told; `kind` is one of KINDS, or the program is wrong (ValueError).

    `tenant_id` None: the customer whose broadcasts the host has. `subject`: the id of the finding, case, measure or
    broadcast that it is about. `body`: JSON.
    """

    kind: str
    subject: str
    host_id: str = ""
    stream_id: str | None = None
    tenant_id: str | None = None
    body: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of event; add it to KINDS, or nobody can ask for it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that a customer is told. Its `sequence` counts the customer's events in the order of their commits.

    `id` never changes: by it a receiver knows an event that comes again. `at_ms`: Unix time.
    """

    tenant_id: str
    sequence: int
    id: str
    at_ms: int
    kind: str
    subject: str
    host_id: str
    stream_id: str | None
    body: Mapping[str, object] = field(default_factory=dict)

    def to_json(self, more: Mapping[str, object] | None = None) -> dict[str, object]:
        """The event as it is sent, read and followed; `more` joins its data."""
        data = {
            "sequence": self.sequence,
            "subject": self.subject,
            "host_id": shown_host(self.tenant_id, self.host_id),
            "stream_id": self.stream_id,
        }
        return {
            "id": self.id,
            "sequence": self.sequence,
            "type": self.kind,
            "timestamp": datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
            "data": data | dict(self.body) | dict(more or {}),
        }

    @property
    def streams(self) -> frozenset[str]:
        """The broadcasts that it is about."""
        several = self.body.get("streams")
        named = {self.stream_id, self.body.get("stream"), *(several if isinstance(several, list) else ())}
        return frozenset(name for name in named if isinstance(name, str))


class EndpointState(StrEnum):
    """Whether an address is told; `disabled`: it answered 410, or its customer or operator took it out."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that a customer is told at. `kinds` empty: every event but stretches and what falls due.

    `finding.*` names a family.

    `url` may hold the customer's token. `callback`: it came with a broadcast, and hears of that alone.
    """

    id: str
    tenant_id: str
    url: str = field(repr=False)
    kinds: tuple[str, ...] = ()
    callback: bool = False
    state: EndpointState = EndpointState.ACTIVE
    why: str = ""
    disabled_after: int | None = None
    failures: int = 0
    paused_until_ms: int = 0
    created_at_ms: int = 0

    def is_due(self, now_ms: int) -> bool:
        """Whether it may be told something now."""
        return self.state is EndpointState.ACTIVE and self.paused_until_ms <= now_ms

    def hears(self, kind: str) -> bool:
        """Whether an event of this kind is sent there; stretches and what falls due only where they are named."""
        if kind == STRETCH:
            return STRETCH in self.kinds
        return (not self.kinds and kind not in DEADLINES) or any(
            kind == wanted or (wanted.endswith(".*") and kind.startswith(wanted[:-1])) for wanted in self.kinds
        )


class DeliveryState(StrEnum):
    """How far the telling of an event is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The telling of one event at one address. `next_at_ms`: when it is tried next, while it is pending."""

    endpoint_id: str
    event_sequence: int
    state: DeliveryState
    attempts: int
    next_at_ms: int
    last_error: str
    delivered_at_ms: int | None

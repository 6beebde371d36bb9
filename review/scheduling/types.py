"""What the live service is told and tells: orders, leases, workers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

from ingest.decode.depth import EVERYTHING, DepthPlan
from review.streams.types import Wanted


class Priority(IntEnum):
    """Who goes first when there is not room for all; the lower number does."""

    URGENT = 0
    NORMAL = 5
    BACKGROUND = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthSource:
    """Where a broadcast's depth comes from: its own order, or its customer's rules as they were then.

    `name`: the host whose room it is, or the tier. `rules`: the rules' version; empty: the order names its depth.
    `confirmed`, `days_known`: what a tier was chosen by; None: it asked not.
    """

    by: Literal["order", "room", "tier", "default"]
    name: str = ""
    rules: str = ""
    confirmed: int | None = None
    days_known: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A broadcast to screen. `url` is as the customer gave it, tokens and all, and never shown.

    `products`: product id and passport version of each product on sale. `max_ms`: when to stop, on the stream clock.
    `depth`: which pictures are looked at. `depth_source` None: it was ordered when there were no rules of depth.
    """

    stream_id: str
    tenant_id: str
    url: str = field(repr=False)
    wanted: Wanted = Wanted.RUN
    priority: Priority = Priority.NORMAL
    products: tuple[tuple[str, str], ...] = ()
    policy: str | None = None
    callback_url: str | None = field(default=None, repr=False)
    external_id: str | None = None
    max_ms: int | None = None
    created_at_ms: int = 0
    depth: DepthPlan = EVERYTHING
    depth_source: DepthSource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on a broadcast until `until_ms` (wall clock); `worker_id` empty: nobody has it.

    `recalled_at_ms`: since when the holder is asked to give it back; 0: it is not. `why`: why nobody has it, or why it
    is asked back. `recorded_at_ms`: when a holder last told that it records (wall clock); 0: none ever did. `on_air`:
    what is not recorded now is missed for good. `away_kind`, `away_why`: how the last holder was lost; empty: it was
    not, as far as anybody told.
    """

    stream_id: str
    worker_id: str
    token: int
    until_ms: int
    restarts: int = 0
    not_before_ms: int = 0
    recorded_ms: int = 0
    analysed_ms: int = 0
    beat_at_ms: int = 0
    recalled_at_ms: int = 0
    why: str = ""
    recorded_at_ms: int = 0
    on_air: bool = False
    away_kind: str = ""
    away_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that carries broadcasts. `capacity`: how many it can carry; `why`: what bounds it, in words."""

    worker_id: str
    node: str
    capacity: float
    draining: bool = False
    why: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    started_at_ms: int = 0
    beat_at_ms: int = 0

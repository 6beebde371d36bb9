"""What the live service's actors are made with and what they answer: plain values, for they cross processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from claims.types import Passage
from vision.layout.types import RoomMark


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """Settings of the live service on every machine.

    `job`: what every screening takes from the settings, by the names that `ScreenJob` has for it. `places`: how many
    broadcasts a shard carries; 0: as measured at its start. `shards`: how many of them share a machine.
    `frames_bytes`: pictures in hand of all broadcasts of a shard. `checkpoint_ms`: how often, on the stream clock, what
    the stages remember is written down. `recycle_s` and `recycle_bytes`: the age and the memory at which an actor's
    process is replaced; 0: never; `recycle_least_s`: how old it is at least by then. `policy_dir` None: the one in
    force. `lagging_ms`: how far the analysis of a broadcast on air may be behind before that is told.
    `trace_url`: where findings are traced to; empty: nowhere.
    """

    job: Mapping[str, Any] = field(repr=False)
    database_url: str = field(repr=False)
    data_dir: Path
    policy_dir: Path | None = None
    allow_net: tuple[str, ...] = ()
    places: float = 0
    shards: int = 1
    frames_bytes: int = 512_000_000
    checkpoint_ms: int = 10_000
    shed_from_ms: int = 12_000
    recycle_s: float = 43_200
    recycle_bytes: int = 4_000_000_000
    recycle_least_s: float = 60
    replay_ms: int = 600_000
    lagging_ms: int = 30_000
    trace_url: str = field(default="", repr=False)


class FailureReason(StrEnum):
    """Why a call was not done: the broadcast is somebody else's by now, the actor knows nothing of it, the actor is not
    there, the database does not answer, what it is to go on from is of no use, or a fault."""

    LEASE_LOST = "lease_lost"
    NOT_OPEN = "not_open"
    GONE = "gone"
    DATABASE = "database"
    STATE = "state"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call that was not done. Exceptions with arguments of their own do not survive the way; text does."""

    trouble: FailureReason
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadScreen:
    """What the reading of a segment gave."""

    passages: list[Passage]
    marks: tuple[RoomMark, ...]


class DesiredState(StrEnum):
    """What is wanted of a broadcast on a shard.

    `stop` ends it in good order, `give_back` leaves it for somebody else to go on with, `abandon` lets it be at once.
    """

    RUN = "run"
    STOP = "stop"
    GIVE_BACK = "give_back"
    ABANDON = "abandon"


class EndOfWork(StrEnum):
    """How the work on a broadcast ended: it is over, its capture failed and may work later, or it was given back."""

    OVER = "over"
    FAILED = "failed"
    GIVEN_BACK = "given_back"

"""What a person wants to be told by mail, how often, and what a digest says."""

from dataclasses import dataclass, field
from enum import StrEnum

from review.presentation.catalogues import Language


class Every(StrEnum):
    """How often a digest is sent, if there is something to say."""

    NEVER = "never"
    HOUR = "hour"
    DAY = "day"


class Topic(StrEnum):
    """What a digest is about: measures that wait for approval, appeals to be decided, cases that are late."""

    DEADLINES = "deadlines"
    APPEALS = "appeals"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPreference:
    """What a person wants; `email` may be personal and is never logged. `failed`: the last sending was in vain."""

    person_id: str
    email: str = field(default="", repr=False)
    every: Every = Every.NEVER
    topics: tuple[Topic, ...] = tuple(Topic)
    language: Language = "zh"
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits for a person. `*_soon`: within a day; `appeals_over`: beyond their day.

    `late`: cases that waited longer than their severity allows, by severity.
    """

    proposals: int = 0
    proposals_soon: int = 0
    appeals: int = 0
    appeals_soon: int = 0
    appeals_over: int = 0
    late: tuple[tuple[str, int], ...] = ()

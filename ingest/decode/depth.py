"""How deep a broadcast is looked into, as it was ordered: all its pictures, one in a while, or its sound alone; by the
hour, on the clock of the broadcast's own zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

DAY_MIN = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Which pictures are looked at; `every_ms`: of sampled ones, how far apart they are at the least."""

    pictures: Literal["all", "sampled", "none"] = "all"
    every_ms: int = 0

    @property
    def why(self) -> str:
        """What is left out by order, in words; empty: nothing is."""
        if self.pictures == "none":
            return "by order: sound alone"
        return f"by order: one picture in {self.every_ms / 1000:g} s" if self.pictures == "sampled" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthHours:
    """A depth from one minute of the day to another, half-open; over midnight where it ends before it begins."""

    from_min: int
    until_min: int
    depth: Depth

    def holds(self, minute: int) -> bool:
        """Whether this minute of the day is within."""
        if self.from_min < self.until_min:
            return self.from_min <= minute < self.until_min
        return minute >= self.from_min or minute < self.until_min


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthPlan:
    """The depth of a broadcast, and that of some hours of the day: the first that holds counts."""

    usual: Depth = Depth()
    hours: tuple[DepthHours, ...] = ()

    def at(self, moment_ms: int, zone: tzinfo | None) -> Depth:
        """The depth at this moment (wall clock), in the broadcast's zone; UTC where it has none."""
        local = (_EPOCH + timedelta(milliseconds=moment_ms)).astimezone(zone or UTC)
        minute = local.hour * 60 + local.minute
        return next((one.depth for one in self.hours if one.holds(minute)), self.usual)


EVERYTHING = DepthPlan()

"""How deep a customer's broadcasts are looked into where their orders don't say: by room, by the host's history, and by
default."""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from claims.types import Frozen
from ingest.decode.depth import EVERYTHING, Depth, DepthHours, DepthPlan
from review.db.tenant_ids import HOST_ID
from review.scheduling.types import DepthSource

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Pictures = Annotated[
    Literal["all", "sampled", "none"],
    Field(description="`sampled`: one in `every_s`; `none`: its sound alone is heard"),
]
EveryS = Annotated[int | None, Field(ge=2, le=600, description="Of `sampled`: so many seconds lie between two")]
HostId = Annotated[str, StringConstraints(min_length=1, max_length=130, pattern=HOST_ID)]
TierName = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
Cases = Annotated[int | None, Field(ge=0, le=10_000)]
Days = Annotated[int | None, Field(ge=0, le=36_500)]
# Where something stands, from the outside in, and what is wrong with it.
Fault = tuple[tuple[str | int, ...], str]


class DepthHoursIn(Frozen):
    """Another depth at these hours of the day, by the zone in which `started_at` is given; half-open, over midnight
    where it ends before it begins."""

    from_: Annotated[Clock, Field(alias="from")]
    until: Clock
    pictures: Pictures
    every_s: EveryS = None


class DepthIn(Frozen):
    """Which pictures are looked at; speech is always heard. Of `hours`, the first that holds counts."""

    pictures: Pictures = "all"
    every_s: EveryS = None
    hours: Annotated[tuple[DepthHoursIn, ...], Field(max_length=24)] = ()

    def faults(self) -> Iterator[Fault]:
        """What does not go together."""
        for index, one in enumerate(self.hours):
            if one.from_ == one.until:
                yield ("hours", index, "until"), "is from: an hour that is none"
            if _is_odd(one):
                yield ("hours", index, "every_s"), _EVERY
        if _is_odd(self):
            yield ("every_s",), _EVERY

    def plan(self) -> DepthPlan:
        """The depth as a broadcast is looked into by it; of what has no faults."""
        hours = tuple(
            DepthHours(from_min=_minute(one.from_), until_min=_minute(one.until), depth=_depth(one))
            for one in self.hours
        )
        return DepthPlan(usual=_depth(self), hours=hours)


class DepthRoom(Frozen):
    """The depth of some rooms, by their hosts' accounts as orders name them."""

    hosts: Annotated[tuple[HostId, ...], Field(min_length=1, max_length=1000)]
    depth: DepthIn


class DepthTier(Frozen):
    """The depth of hosts with a history within these bounds, each of them included; null: not asked about.

    `least_confirmed`, `most_confirmed`: cases that people confirmed in the `within_days` before the order.
    `least_days_known`, `most_days_known`: whole days since the host's first broadcast; 0 of a host that has none yet.
    """

    name: TierName
    within_days: Annotated[int, Field(ge=1, le=3650)] = 90
    least_confirmed: Cases = None
    most_confirmed: Cases = None
    least_days_known: Days = None
    most_days_known: Days = None
    depth: DepthIn

    def faults(self) -> Iterator[Fault]:
        """What bounds nothing, or nobody can be within."""
        bounds = (
            ("least_confirmed", self.least_confirmed, "most_confirmed", self.most_confirmed),
            ("least_days_known", self.least_days_known, "most_days_known", self.most_days_known),
        )
        if all(low is None and high is None for _, low, _, high in bounds):
            yield (), "asks about nothing; name a bound, or set the depth as default"
        for least, low, most, high in bounds:
            if low is not None and high is not None and low > high:
                yield (least,), f"is {low}, above {most} {high}; no host is within both"


class DepthSettings(Frozen):
    """Where an order names no depth, it is its room's, else that of the first tier that its host is in, else `default`.

    `default` null: all pictures are looked at.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "rooms": [{"hosts": ["anchor-7"], "depth": {"pictures": "all"}}],
                    "tiers": [
                        {"name": "fined", "within_days": 90, "least_confirmed": 1, "depth": {"pictures": "all"}},
                        {"name": "new", "most_days_known": 30, "depth": {"pictures": "sampled", "every_s": 5}},
                    ],
                    "default": {"pictures": "sampled", "every_s": 20},
                }
            ]
        },
    )

    rooms: Annotated[tuple[DepthRoom, ...], Field(max_length=200)] = ()
    tiers: Annotated[tuple[DepthTier, ...], Field(max_length=20)] = ()
    default: DepthIn | None = None

    def faults(self) -> list[Fault]:
        """What can't be set, each as place and reason."""
        return [*self._of_rooms(), *self._of_tiers(), *_under(("default",), self.default)]

    def _of_rooms(self) -> Iterator[Fault]:
        seen: dict[str, int] = {}
        for index, room in enumerate(self.rooms):
            for at, host in enumerate(room.hosts):
                if host in seen:
                    yield ("rooms", index, "hosts", at), f"{host!r} stands in rooms.{seen[host]} already"
                seen.setdefault(host, index)
            yield from _under(("rooms", index, "depth"), room.depth)

    def _of_tiers(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for index, tier in enumerate(self.tiers):
            if tier.name in seen:
                yield ("tiers", index, "name"), f"{tier.name!r} is the name of a tier before it"
            seen.add(tier.name)
            yield from ((("tiers", index, *place), why) for place, why in tier.faults())
            yield from _under(("tiers", index, "depth"), tier.depth)


class HostHistory:
    """What is known of a host when a broadcast is ordered; cases are counted once for each number of days asked about.

    `confirmed_within`: how many cases were confirmed in so many days.
    """

    def __init__(self, days_known: int, confirmed_within: Callable[[int], int]) -> None:
        self.days_known = days_known
        self._confirmed_within = confirmed_within
        self._counted: dict[int, int] = {}

    def confirmed(self, days: int) -> int:
        """How many of the host's cases were confirmed in the last days."""
        if days not in self._counted:
            self._counted[days] = self._confirmed_within(days)
        return self._counted[days]


def choose(settings: DepthSettings, rules: str, host_id: str, history: HostHistory) -> tuple[DepthPlan, DepthSource]:
    """The depth for this host, and where it comes from; `rules`: the settings' version."""
    for room in settings.rooms:
        if host_id in room.hosts:
            return room.depth.plan(), DepthSource(by="room", name=host_id, rules=rules)
    for tier in settings.tiers:
        if _is_in(tier, history):
            asked = (tier.least_confirmed, tier.most_confirmed) != (None, None)
            source = DepthSource(
                by="tier",
                name=tier.name,
                rules=rules,
                confirmed=history.confirmed(tier.within_days) if asked else None,
                days_known=history.days_known,
            )
            return tier.depth.plan(), source
    plan = EVERYTHING if settings.default is None else settings.default.plan()
    return plan, DepthSource(by="default", rules=rules)


def _is_in(tier: DepthTier, history: HostHistory) -> bool:
    if not _within(tier.least_days_known, history.days_known, tier.most_days_known):
        return False
    if tier.least_confirmed is None and tier.most_confirmed is None:
        return True
    return _within(tier.least_confirmed, history.confirmed(tier.within_days), tier.most_confirmed)


def _within(low: int | None, value: int, high: int | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _under(place: tuple[str | int, ...], depth: DepthIn | None) -> Iterator[Fault]:
    if depth is not None:
        yield from (((*place, *inner), why) for inner, why in depth.faults())


_EVERY = "stands with `sampled` pictures, and with no others"


def _is_odd(given: DepthIn | DepthHoursIn) -> bool:
    return (given.pictures == "sampled") != (given.every_s is not None)


def _depth(given: DepthIn | DepthHoursIn) -> Depth:
    return Depth(pictures=given.pictures, every_ms=1000 * (given.every_s or 0))


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])

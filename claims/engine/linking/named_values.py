"""Values that are told of an attribute by its name, said or shown, registered or not: where both differ it is noted."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from claims.engine.linking.asides import has_aside
from claims.engine.linking.cut_short import is_cut_short
from claims.engine.linking.entries import PassportCache, registered_of
from claims.engine.linking.mentions import Mention, mentions_in
from claims.engine.linking.naming import NOT_NAMED, Closeness, surroundings
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.linking import LinkingFile
from claims.policy.policy import Policy
from claims.text.units import plain

# What stood on the screen is held against what is said so long after it, and the other way round.
_REMEMBERED_MS = 120_000
_APART = Decimal("0.03")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedValue:
    """A value at [start, end), from `low` to `high` in its canonical unit, told of the named attribute."""

    attribute: str
    dimension: str
    low: Decimal
    high: Decimal
    text: str
    start: int
    end: int

    def differs(self, other: "StatedValue") -> bool:
        """True where no rounding makes them one."""
        if self.dimension != other.dimension:
            return False
        slack = _APART * max(abs(self.high), abs(other.high))
        return self.low > other.high + slack or other.low > self.high + slack


def _named(passport: Passport, policy: Policy) -> list[tuple[str, str, tuple[str, ...]]]:
    """What is measured of such goods: label, dimension and names; no label under which several values stand."""
    registered = registered_of(passport, policy)
    paths: dict[str, set[str]] = {}
    for entry in registered.entries:
        paths.setdefault(entry.label, set()).add(entry.path)
    single = [e for e in registered.entries if e.pieces == 1 and e.place is None and len(paths[e.label]) == 1]
    named = [(e.label, e.dimension, e.names) for e in single if not e.per]
    return named + [(o.names[0], o.dimension, o.names) for o in registered.others if o.names]


_named_of = PassportCache(_named).of


def stated_values(window: Window, passport: Passport, policy: Policy) -> Iterator[StatedValue]:
    """Every value in focus that is told of a named attribute of the goods; of nothing else, and nothing denied."""
    words, named = policy.linking, _named_of(passport, policy)
    # A policy that does not say what else values are told of holds none against another.
    is_measured = any(window.focus_start < q.end <= window.focus_end for q in window.quantities)
    mentions = mentions_in(window, words) if words.not_of_goods and named and is_measured else []
    for mention in mentions:
        if not window.focus_start < mention.end <= window.focus_end or not _is_plain(mention, window, words):
            continue
        about = surroundings(mention.start, mention.end, [m for m in mentions if m is not mention], window, words)
        found = [(about.closest(names), label) for label, dimension, names in named if dimension == mention.dimension]
        closest = max((one for one, _ in found), default=NOT_NAMED)
        labels = {label for one, label in found if one == closest}
        if closest.closeness < Closeness.CLAUSE or closest.barred or len(labels) != 1:
            continue
        yield StatedValue(
            attribute=labels.pop(),
            dimension=mention.dimension,
            low=mention.canonical_low,
            high=mention.canonical_high,
            text=f"{plain(mention.low)} {mention.unit}",
            start=mention.start,
            end=mention.end,
        )


def _is_plain(mention: Mention, window: Window, words: LinkingFile) -> bool:
    """True for one value with a unit, said of the goods themselves."""
    if mention.is_bare or mention.kind != "exact" or mention.low != mention.high or mention.place is not None:
        return False
    if window.doubted(mention.start, mention.end) or not window.is_confirmed(mention.start, mention.end):
        return False
    clause = window.text[slice(*window.clause(mention.start, mention.end))]
    if is_cut_short(window.text, mention.start, words) or window.text.startswith("/", mention.end):
        return False
    if words.totals.any_in(clause) or words.per_hundred.search(clause) is not None:
        return False
    return not has_aside(mention.start, mention.end, window, words, words.not_of_goods)


class Board:
    """What was last said and shown of each attribute of each product in a conversation."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, str], tuple[int, StatedValue]] = {}

    def note(self, product: str, channel: str, at_ms: int, value: StatedValue) -> StatedValue | None:
        """Remembers the value; what was told otherwise on the other channel not long before, None where nothing was."""
        other_channel = "speech" if channel == "screen" else "screen"
        self._last[product, value.attribute, channel] = (at_ms, value)
        noted_ms, other = self._last.get((product, value.attribute, other_channel), (0, None))
        if other is None or abs(at_ms - noted_ms) > _REMEMBERED_MS:
            return None
        return other if value.differs(other) else None

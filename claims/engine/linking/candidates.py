"""Which registered attributes a number may be said of at all, and whether it agrees with what is registered."""

from dataclasses import dataclass, replace
from decimal import Decimal

from claims.engine.linking.entry import Entry, Registered
from claims.engine.linking.mentions import Mention
from claims.engine.linking.naming import Closeness, Named, Surroundings
from claims.engine.linking.passport_comparison import Said, agrees, is_age, said_as
from claims.engine.linking.sums import is_per_hundred
from claims.policy.linking import LinkingFile

_BASE, _BASES = Decimal(100), frozenset({"g", "mL"})
# So large is a number that may be a registered one without any word for it, and so near to that.
_LEAST_BARE, _NEAR_LEAST, _NEAR_MOST = 10, Decimal("0.4"), Decimal("2.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A number and an attribute that it may be said of, and whether it agrees with what is registered of it."""

    mention: Mention
    entry: Entry
    said: Said
    named: Named
    agrees: bool


def links_of(mention: Mention, registered: Registered, about: Surroundings, words: LinkingFile) -> list[Link]:
    """Every attribute that the number may be said of by its unit; without a unit, by its name or what it counts."""
    found = []
    for entry in registered.entries:
        said = said_as(mention, entry, words)
        if said is None:
            continue
        if not _is_of_sort(mention, entry, words) or _is_its_base(mention, entry, about, words):
            continue
        named = about.closest(entry.names)
        if not said.by_unit and named.closeness < Closeness.SENTENCE and not _may_count(mention, entry, said, named):
            continue
        link = Link(mention=mention, entry=entry, said=said, named=named, agrees=agrees(said, mention, entry))
        besides = words.means_besides.get(mention.unit)
        found.append(link if link.agrees or besides is None else all_of(link, besides))
    fitting = [link for link in found if link.agrees]
    sides = [link for link in fitting if not link.entry.is_open]
    if mention.place is not None and sides:
        # A number of a size that is one of the registered sides is no other side.
        return sides
    # What agrees with a registered value isn't held against its sum, or against another side of it.
    single = {link.entry.path for link in fitting if link.entry.pieces == 1}
    return [link for link in found if link.agrees or link.entry.path not in single]


def _may_count(mention: Mention, entry: Entry, said: Said, named: Named) -> bool:
    """True for a number without a unit that may be said of the entry by what stands behind it, as a size, or by value.

    Without anything behind it, it may be what is registered without a unit, or what the passage before named, if it is
    not far from it.
    """
    if mention.place is not None and entry.place is not None:
        return True
    if mention.classifier:
        return _counts(mention, entry)
    registered = entry.canonical_low
    if not mention.is_bare or not registered:
        return False
    if named.closeness < Closeness.PASSAGE and (entry.dimension or mention.low < _LEAST_BARE):
        return False
    return _NEAR_LEAST <= said.low / registered <= _NEAR_MOST


def _counts(mention: Mention, entry: Entry) -> bool:
    """True where what stands behind the number counts what the entry counts: 个 of anything."""
    if not mention.classifier:
        return False
    if mention.classifier.isascii():
        return entry.own_unit.startswith(mention.classifier)
    return entry.dimension == "count" or mention.classifier in entry.own_unit or mention.classifier in entry.shown


def _is_its_base(mention: Mention, entry: Entry, about: Surroundings, words: LinkingFile) -> bool:
    """True for the hundred grams or millilitres of which something is told: they say of what, not how much."""
    if mention.unit not in _BASES or not mention.low == mention.high == _BASE:
        return False
    return about.before.endswith(words.of_each) or is_per_hundred(entry, words)


def _is_of_sort(mention: Mention, entry: Entry, words: LinkingFile) -> bool:
    """False for a number of pieces where no pieces are registered, and the other way round."""
    if not mention.is_bare or not mention.classifier:
        return True
    if mention.is_ordinal(words):
        if is_age(mention, entry, words):
            return True
        return entry.own_unit.startswith(mention.classifier) or entry.shown.endswith(mention.classifier)
    if entry.dimension == "share":
        return mention.classifier in words.points
    return _counts(mention, entry) or (not entry.dimension and not entry.own_unit)


def all_of(link: Link, count: Decimal) -> Link:
    """The link with whether so many times what is said agrees."""
    said = replace(link.said, low=link.said.low * count, high=link.said.high * count)
    return replace(link, agrees=agrees(said, link.mention, link.entry))

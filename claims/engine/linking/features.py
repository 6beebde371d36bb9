"""What speaks for a number being said of a registered attribute, and what against it: numbers from 0 to 1 by name."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from claims.engine.linking.asides import aside_features
from claims.engine.linking.candidates import Link, all_of, links_of
from claims.engine.linking.entries import characters_of
from claims.engine.linking.entry import Registered
from claims.engine.linking.mentions import Mention
from claims.engine.linking.naming import NOT_NAMED, Closeness, Named, Surroundings, surroundings
from claims.engine.linking.passport_comparison import agrees, said_as
from claims.engine.linking.sums import SUMMED
from claims.engine.window import Window
from claims.policy.linking import LinkingFile
from claims.policy.policy import Policy
from claims.text.units import is_times

Features = Mapping[str, float]
_TALKED, _NEAR_BEFORE, _COUNTED = 30, 18, 2
_TECHNICAL, _LENGTH, _COUNT = "technical", "length", "count"
_OF_DIMENSION = frozenset({"mass", "volume", "length", "time", "share", "count", "temperature"})
_TWO, _HALF = 2, Decimal("0.5")
_MOST_TIMES, _TIMES_SLACK = 100, Decimal("0.03")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """A number with all that its features are taken from; `stranger`: the closest name of what is not registered."""

    window: Window
    mention: Mention
    mentions: Sequence[Mention]
    links: Sequence[Link]
    registered: Registered
    about: Surroundings
    stranger: Named
    words: LinkingFile
    asserted: Sequence[tuple[int, int]]
    asides: Features


def scenery(
    window: Window,
    mention: Mention,
    mentions: Sequence[Mention],
    registered: Registered,
    policy: Policy,
    asserted: Sequence[tuple[int, int]] = (),
) -> Scenery:
    """The number with its links and what stands about it; `asserted`: where detectors found statements of records."""
    words = policy.linking
    others = [m for m in mentions if m is not mention]
    about = surroundings(mention.start, mention.end, others, window, words)
    links = links_of(mention, registered, about, words)
    unregistered = (
        o.names for o in registered.others if not mention.dimension or o.dimension in {mention.dimension, ""}
    )
    scene = Scenery(
        window=window,
        mention=mention,
        mentions=mentions,
        links=links,
        registered=registered,
        about=about,
        stranger=max((about.closest(names) for names in unregistered), default=NOT_NAMED) if links else NOT_NAMED,
        words=words,
        asserted=asserted,
        asides=aside_features(mention.start, mention.end, window, policy) if links else {},
    )
    pieces = _pieces_behind(mention, others, window.text)
    if pieces is not None:
        # So much in each of so many (125g×2罐) agrees with what all of them are.
        links = [one if one.agrees else all_of(one, pieces) for one in links]
        scene = replace(scene, links=links)
    if _in(words.pairs, about.before[-_NEAR_BEFORE:]):
        # What both of a pair are told of agrees with what one of them is registered as.
        links = [one if one.agrees or not _is_of_one(one, words) else all_of(one, _HALF) for one in links]
        scene = replace(scene, links=links)
    if not _in(words.totals, about.before[about.clause :]):
        return scene
    # A sum that is told of so many as are counted agrees with one of them.
    agreeing = [replace(one, agrees=True) if _is_multiple(one, scene) else one for one in links]
    return replace(scene, links=agreeing)


def _is_of_one(link: Link, words: LinkingFile) -> bool:
    """Whether the attribute is registered of one piece of a pair, by its label."""
    return any(link.entry.label.startswith(name) for name in words.of_one)


def _pieces_behind(mention: Mention, others: Sequence[Mention], text: str) -> Decimal | None:
    """How many pieces there are of so much (125g×2罐); None where no number follows, or it is the side of a size."""
    if mention.dimension in {"", _LENGTH}:
        return None
    behind = next((one for one in others if one.start > mention.start), None)
    if behind is None or not (behind.is_bare or behind.dimension == _COUNT):
        return None
    return behind.low if is_times(text[mention.end : behind.start]) else None


def is_asserted(start: int, end: int, asserted: Sequence[tuple[int, int]]) -> bool:
    """True where a detector found a statement of what is registered in these words."""
    return any(s < end and start < e for s, e in asserted)


def features_of(link: Link, scene: Scenery) -> Features:
    """The features of one link."""
    found: dict[str, float] = {}
    found |= _naming(link, scene)
    found |= _likeness(link, scene)
    found |= _company(link, scene)
    found |= _value(link)
    found |= _manner(link, scene)
    found |= scene.asides
    found |= _together(found)
    return {name: value for name, value in found.items() if value}


def _naming(link: Link, scene: Scenery) -> Features:
    closeness = link.named.closeness
    rival = max((one.named for one in scene.links if one.entry.path != link.entry.path), default=NOT_NAMED)
    return {
        f"named {closeness.name.lower()}": 1.0,
        "its name is another number's": float(link.named.barred),
        "named at length": min(link.named.size, 5) / 5 if closeness > Closeness.NONE else 0.0,
        "another attribute is named closer": float(rival > link.named),
        "another is named as close": float(rival == link.named and closeness > Closeness.NONE),
        "an attribute that is not registered is named closer": float(scene.stranger > link.named),
        "a part is named that it is of": float(
            any(q in scene.about.before or q in scene.about.behind for q in link.entry.qualifiers)
        ),
    }


def _likeness(link: Link, scene: Scenery) -> Features:
    """How many characters of its label stand about the number, where no attribute is named in its clause."""
    if any(one.named.closeness >= Closeness.CLAUSE for one in scene.links):
        return {}
    about = scene.about.before[-_NEAR_BEFORE:] + scene.about.behind
    own = _share_of(link.entry.characters, about)
    others = [_share_of(o.entry.characters, about) for o in scene.links if o.entry.path != link.entry.path]
    most = max(others, default=0.0)
    return {
        "its label's characters are near": own,
        "more of its label is near than of any other": float(own > most),
        "more of another label is near": float(own < most),
    }


def _share_of(characters: frozenset[str], text: str) -> float:
    return sum(char in text for char in characters) / len(characters) if characters else 0.0


def label_share(label: str, text: str, words: LinkingFile) -> float:
    """How many of the telling characters of a label stand in the text."""
    return _share_of(characters_of(label, words), text)


def _company(link: Link, scene: Scenery) -> Features:
    alike = {one.entry.path for one in scene.links if one.said.by_unit and one.entry.pieces == 1}
    strangers = sum(o.dimension == link.mention.dimension for o in scene.registered.others)
    fits = [one for one in scene.links if one.agrees and one.entry.path != link.entry.path]
    sums = [one for one in scene.links if one.agrees and one.entry.pieces > 1]
    return {
        "the only one in this unit": float(len(alike) == 1),
        "one of two in this unit": float(len(alike) == _TWO),
        "such goods have more in this unit": min(strangers, 3) / 3 if link.mention.dimension else 0.0,
        "fits another attribute": float(bool(fits)),
        "fits another that is named": float(any(one.named.closeness >= Closeness.BEHIND for one in fits)),
        "fits the sum over a pack": float(bool(sums)),
        "the registered value is said later": float(_is_said(link, scene, later=True)),
        "the registered value was said before": float(_is_said(link, scene, later=False)),
        "a multiple of the registered value": float(_is_multiple(link, scene)),
    }


def _is_said(link: Link, scene: Scenery, *, later: bool) -> bool:
    """True where another number is the registered value, in the same unit or in none."""
    mention = link.mention
    for other in scene.mentions:
        if other is mention or (other.start > mention.start) is not later or other.kind not in {"exact", mention.kind}:
            continue
        if other.dimension != mention.dimension and not other.is_bare:
            continue
        if other.is_bare and not mention.is_bare and mention.low:
            factor = mention.canonical_low / mention.low
            other = replace(
                other,
                dimension=mention.dimension,
                canonical_low=other.low * factor,
                canonical_high=other.high * factor,
            )
        said = said_as(other, link.entry, scene.words)
        if said is not None and agrees(said, other, link.entry):
            return True
    return False


def _is_multiple(link: Link, scene: Scenery) -> bool:
    """True where the number is so many times the registered value as another number of the passage says."""
    low, high = link.entry.canonical_low, link.entry.canonical_high
    is_sum = _in(scene.words.totals, scene.about.before[scene.about.clause :])
    if low is None or low != high or low <= 0 or not (is_sum or link.mention.dimension in SUMMED):
        return False
    times = link.said.low / low
    whole = times.to_integral_value()
    if not 1 < whole <= _MOST_TIMES or abs(times - whole) > whole * _TIMES_SLACK:
        return False
    counts = (n for n in scene.window.numbers if n.start != link.mention.start and n.low == n.high)
    return any(n.low == whole for n in counts if abs(n.start - link.mention.start) <= _TALKED)


def _value(link: Link) -> Features:
    low, high = link.entry.canonical_low, link.entry.canonical_high
    registered = low if low is not None else high
    assert registered is not None
    ratio = 9.0
    if registered > 0 and link.said.low > 0:
        ratio = abs(math.log(float(link.said.low) / float(registered)))
    better = link.entry.attribute.better if link.entry.attribute is not None and not link.agrees else "none"
    is_more = link.said.low > registered
    harms = (better == "higher" and is_more) or (better == "lower" and not is_more)
    return {
        "within a third": float(ratio <= 0.3),
        "within double": float(0.3 < ratio <= 0.75),
        "within five times": float(0.75 < ratio <= 1.6),
        "far from the registered value": float(ratio > 3),
        "better than registered": float(harms),
        "worse than registered": float(not harms and better != "none"),
        "out of the range of such goods": float(_is_out_of_range(link)),
    }


def _is_out_of_range(link: Link) -> bool:
    attribute = link.entry.attribute
    if attribute is None or link.entry.pieces > 1 or link.entry.canonical_low is None or not link.entry.low:
        return False
    low, high = attribute.least, attribute.most
    scale = link.entry.canonical_low / link.entry.low if link.entry.own_unit == attribute.unit else None
    return scale is not None and not low * scale <= link.said.low <= high * scale


def _manner(link: Link, scene: Scenery) -> Features:
    mention = link.mention
    dimension = mention.dimension if mention.dimension in _OF_DIMENSION else _TECHNICAL if mention.dimension else "bare"
    return {
        f"measures {dimension}": 1.0,
        f"meant as {mention.kind}": float(mention.kind != "exact"),
        "on screen": float(not scene.window.in_speech(mention.start)),
        "counted by the registered word": float(
            bool(mention.classifier) and mention.classifier in link.entry.label + link.entry.shown
        ),
        "counts anything": float(
            bool(mention.classifier) and mention.classifier not in link.entry.label + link.entry.shown
        ),
        "what is counted is in its label": float(
            bool(mention.classifier) and not link.entry.characters.isdisjoint(scene.about.behind[:_COUNTED])
        ),
        "a small number": float(mention.low <= 3 and (mention.is_bare or mention.dimension == "count")),
        "one number of a size": float(mention.place is not None),
        "a sum over a pack": float(link.entry.pieces > 1),
        "a sum is spoken of": float(_in(scene.words.totals, scene.about.before[scene.about.clause :])),
        "so much of something": float(link.entry.per),
        "in a statement that a detector knows": float(is_asserted(mention.start, mention.end, scene.asserted)),
    }


def _together(found: Features) -> Features:
    """What says more together than one by one."""
    unnamed = found.get("named none", 0.0) or found.get("named passage", 0.0)
    only = found.get("the only one in this unit", 0.0)
    near = found.get("within a third", 0.0) or found.get("within double", 0.0)
    measured = next((name.removeprefix("measures ") for name in found if name.startswith("measures ")), "")
    return {
        f"unnamed, the only one of {measured}": float(bool(unnamed) and bool(only)),
        f"unnamed, one of several of {measured}": float(bool(unnamed) and not only),
        "unnamed, the only one, near the registered value": float(bool(unnamed) and bool(only) and bool(near)),
        "unnamed, far from the registered value": float(bool(unnamed) and not near),
    }


def _in(words: Sequence[str], text: str) -> bool:
    return any(word in text for word in words)

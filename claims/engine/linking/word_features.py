"""What speaks for a word being said of a registered attribute, and what against it."""

from collections.abc import Sequence
from dataclasses import dataclass

from claims.engine.linking.asides import aside_features
from claims.engine.linking.features import Features, is_asserted, label_share
from claims.engine.linking.kinds import (
    MATERIAL,
    ORIGIN,
    PLACE,
    WordEntry,
    WordMention,
    families_shared,
    is_stated_in,
    is_written_in,
    may_be_said_of,
    word_agrees,
)
from claims.engine.linking.mentions import Mention
from claims.engine.linking.naming import NOT_NAMED, Closeness, Named, Surroundings, surroundings
from claims.engine.window import Window
from claims.policy.policy import Policy

_LONGEST, _BEHIND = 5, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class WordLink:
    """A word and an attribute that it may be said of, and whether it agrees with what is registered of it."""

    mention: WordMention
    entry: WordEntry
    named: Named
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WordScenery:
    """A word with all that its features are taken from."""

    window: Window
    mention: WordMention
    mentions: Sequence[WordMention]
    links: Sequence[WordLink]
    about: Surroundings
    policy: Policy
    asserted: Sequence[tuple[int, int]]
    asides: Features


def word_scenery(
    window: Window,
    mention: WordMention,
    mentions: Sequence[WordMention],
    numbers: Sequence[Mention],
    entries: Sequence[WordEntry],
    policy: Policy,
    asserted: Sequence[tuple[int, int]] = (),
) -> WordScenery:
    """The word with its links and what stands about it; `asserted`: where detectors found statements of records."""
    about = surroundings(mention.start, mention.end, numbers, window, policy.linking)
    links = [
        WordLink(mention=mention, entry=e, named=about.closest(e.names), agrees=word_agrees(mention, e, policy))
        for e in entries
        if may_be_said_of(mention, e)
    ]
    links = [one for one in links if not _is_only_a_region(one, asserted)]
    return WordScenery(
        window=window,
        mention=mention,
        mentions=mentions,
        links=links,
        about=about,
        policy=policy,
        asserted=asserted,
        asides=aside_features(mention.start, mention.end, window, policy) if links else {},
    )


def _is_only_a_region(link: WordLink, asserted: Sequence[tuple[int, int]]) -> bool:
    """True for another region of the country that nothing says the goods come from: viewers live in all of them."""
    mention = link.mention
    if link.entry.path != ORIGIN or link.agrees or mention.place is None or mention.place.region is None:
        return False
    return link.named.closeness <= Closeness.PASSAGE and not is_asserted(mention.start, mention.end, asserted)


def word_features_of(link: WordLink, scene: WordScenery) -> Features:
    """The features of one link."""
    closeness, mention, entry = link.named.closeness, link.mention, link.entry
    others = [one for one in scene.links if one.entry.path != entry.path]
    rival = max((one.named for one in others), default=NOT_NAMED)
    fits = [one for one in others if one.agrees]
    shared = list(families_shared(mention, entry))
    before = [m for m in scene.mentions if m.start < mention.start]
    later = [m for m in scene.mentions if m.start > mention.start]
    behind = scene.window.text[mention.end : mention.end + _BEHIND]
    about = scene.about.before + scene.about.behind
    likeness = label_share(entry.label, about, scene.policy.linking)
    more = max((label_share(o.entry.label, about, scene.policy.linking) for o in others), default=0.0)
    found = {
        f"named {closeness.name.lower()}": 1.0,
        "its label's characters are near": likeness,
        "more of another label is near": float(more > likeness),
        "another attribute is named closer": float(rival > link.named),
        "another is named as close": float(rival == link.named and closeness > Closeness.NONE),
        "the only attribute with such a value": float(not others),
        "fits another attribute": float(bool(fits)),
        "fits another that is named": float(any(one.named.closeness >= Closeness.BEHIND for one in fits)),
        "another value of the same family": float(bool(shared)),
        "only of the same sort": float(not shared),
        "what is registered is not understood": float(not entry.is_known),
        "a long word": min(mention.end - mention.start, _LONGEST) / _LONGEST,
        "a word of several families": min(len(mention.hits), 4) / 4,
        "a word for a material": float(mention.material is not None and MATERIAL in entry.types),
        "a place": float(mention.place is not None and PLACE in entry.types),
        "the whole product's": float(entry.path == "origin"),
        "of the composition": float(entry.path.startswith(("composition", "materials"))),
        "the registered value is said later": float(
            is_stated_in(later, entry, scene.policy) or is_written_in(behind, entry)
        ),
        "the registered value was said before": float(is_stated_in(before, entry, scene.policy)),
        "in a statement that a detector knows": float(is_asserted(mention.start, mention.end, scene.asserted)),
        "on screen": float(not scene.window.in_speech(mention.start)),
        "begins its clause": float(scene.about.clause == len(scene.about.before)),
    }
    found |= {f"of the sort {name}": 1.0 for name in mention.types & entry.types}
    found |= scene.asides
    return {name: value for name, value in found.items() if value}

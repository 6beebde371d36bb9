"""Words of which a thing has only one, as they are said and as they are registered: values, materials, places."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from claims.engine.context import asks_by_doubling
from claims.engine.linking.entries import PassportCache, names_of
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.places import Place
from claims.policy.policy import Policy
from claims.policy.values import ValueHit
from claims.text.about_numbers import with_digits
from claims.text.normalise import bare, normalise

MATERIAL, PLACE, ORIGIN = "material", "place", "origin"
_LEAST, _BEFORE_PLACE = 2, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WordMention:
    """A word at [start, end), and what it may be: values of families, a material, a place.

    `types`: of which sort such words are (material, grade, process …).
    """

    start: int
    end: int
    text: str
    hits: tuple[ValueHit, ...] = ()
    material: str | None = None
    place: Place | None = None
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WordEntry:
    """A registered text: its place in the passport, what it is called, and the values, material and places it tells."""

    path: str
    label: str
    shown: str
    words: str
    names: tuple[str, ...]
    hits: tuple[ValueHit, ...] = ()
    material: str | None = None
    places: tuple[Place, ...] = ()
    types: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        """True where it is known what the text means."""
        return bool(self.hits or self.material or self.places)


def words_in(window: Window, passport: Passport, policy: Policy) -> list[WordMention]:
    """Every such word of the window, the longest where several overlap."""
    spans: dict[tuple[int, int], list[ValueHit]] = {}
    for hit in policy.values.find(window.text, passport.goods):
        spans.setdefault((hit.start, hit.end), []).append(hit)
    for concept in ("material_word", "place"):
        for span in window.located.spans(concept):
            spans.setdefault(span, [])
    found = [_mention(span, hits, window, policy) for span, hits in spans.items()]
    found = [one for one in found if one.types != {PLACE} or not _is_of_others(one, window, policy)]
    found = [one for one in found if asks_by_doubling(window, one.start) is None]
    kept: list[WordMention] = []
    for one in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if one.end - one.start >= _LEAST and not any(k.start < one.end and one.start < k.end for k in kept):
            kept.append(one)
    return sorted(kept, key=lambda m: m.start)


def _is_of_others(place: WordMention, window: Window, policy: Policy) -> bool:
    """True for a place where viewers are, or where something is sent: 上海的阿姨, 寄到江西."""
    words = policy.linking.place_of_others
    if words is None:
        return False
    before = window.text[max(0, place.start - _BEFORE_PLACE) : place.start]
    return words.behind.match(window.text, place.end) is not None or words.before.search(before) is not None


def _mention(span: tuple[int, int], hits: list[ValueHit], window: Window, policy: Policy) -> WordMention:
    start, end = span
    text = window.text[start:end]
    material, place = policy.materials.identify(text), policy.places.find(text)
    types = {name for hit in hits for name in policy.values.types[hit.family.id]}
    types |= ({MATERIAL} if material is not None else set()) | ({PLACE} if place is not None else set())
    return WordMention(
        start=start, end=end, text=text, hits=tuple(hits), material=material, place=place, types=frozenset(types)
    )


def _words_registered(passport: Passport, policy: Policy) -> list[WordEntry]:
    """The texts of attributes, the composition, and where it comes from."""
    kind = policy.goods.kind_of(passport.names, passport.category)
    found = []
    for text in passport.texts:
        attribute = policy.attributes.named(text.key, text.label)
        if attribute is not None and attribute.id in policy.linking.judged_elsewhere:
            continue
        names = names_of(text.label, text.cues, policy.goods.attribute(kind, text.key, text.label), policy.linking)
        found.append(_entry(text.path, text.label, text.text, names, passport, policy))
    for material in passport.materials:
        names = names_of(material.part, policy.wording.materials.names_of(material.part), None, policy.linking)
        made = _entry(material.path, policy.linking.types[MATERIAL][0], material.name, names, passport, policy)
        found.append(made)
    region = " ".join(p for p in (passport.origin_country, passport.origin_region) if p)
    own = policy.places.read(passport.origin_region) or policy.places.read(passport.origin_country)
    if own:
        label = policy.linking.types[PLACE][0]
        names = names_of(label, (), None, policy.linking)
        types = frozenset({PLACE})
        entry = WordEntry(
            path=ORIGIN, label=label, shown=region, words=region, names=names, types=types, places=tuple(own)
        )
        found.append(entry)
    return found


def _entry(path: str, label: str, shown: str, names: tuple[str, ...], passport: Passport, policy: Policy) -> WordEntry:
    words, types = normalise(shown).text, policy.linking.types_of(label)
    material = policy.materials.identify(words) if MATERIAL in types else None
    hits = _values_of(words, label, types, passport, policy)
    if not hits and material is not None:
        # A name too short to be found in talk has the value of its longer names: 棉, 纯棉.
        named = (_values_of(name, label, types, passport, policy) for name in policy.materials.names_of(material))
        hits = next((found for found in named if found), [])
    return WordEntry(
        path=path,
        label=label,
        shown=shown,
        words=words,
        names=names,
        hits=tuple(hits),
        material=material,
        places=tuple(policy.places.read(shown)) if PLACE in types else (),
        types=types,
    )


def _values_of(words: str, label: str, types: frozenset[str], passport: Passport, policy: Policy) -> list[ValueHit]:
    return [h for h in policy.values.find(words, passport.goods) if _is_value_of(h, words, label, types, policy)]


def _is_value_of(hit: ValueHit, words: str, label: str, types: frozenset[str], policy: Policy) -> bool:
    """True where the label is one under which such values stand or of their sort, or the text is nothing but the value.

    A label of colours, scents or places tells one of those, whatever else such words may be.
    """
    if any(one in label or label in one for one in hit.family.labels):
        return True
    sorts = policy.values.types[hit.family.id]
    if types & sorts:
        return True
    is_closed = bool(types) and types.issubset(policy.linking.closed)
    return hit.end - hit.start >= len(words) - 1 and not (is_closed and sorts)


def may_be_said_of(mention: WordMention, entry: WordEntry) -> bool:
    """True where the word is of a sort that the attribute has."""
    if entry.path == ORIGIN and mention.place is None:
        return False
    families = {hit.family.id for hit in entry.hits}
    if any(hit.family.id in families for hit in mention.hits):
        return True
    return bool(mention.types & entry.types)


def word_agrees(mention: WordMention, entry: WordEntry, policy: Policy) -> bool:
    """True where what is registered says the same, or more broadly or narrowly so.

    Most of the families that both are of decide: 榉木 and 松木 are one as wood, and not as timbers, planks or boards.
    """
    registered, said = with_digits(entry.words), with_digits(mention.text)
    if bare(said) in registered or registered in said:
        return True
    if mention.place is not None and any(same_place(mention.place, place) for place in entry.places):
        return True
    families: dict[str, bool] = {}
    for one, other in product(mention.hits, entry.hits):
        if one.family.id == other.family.id:
            related = one.family.related(one.value, other.value)
            families[one.family.id] = families.get(one.family.id, False) or related
    known = [*families.values()]
    if mention.material is not None and entry.material is not None:
        known.append(policy.materials.related(mention.material, entry.material))
    if known:
        return 2 * sum(known) > len(known)
    names = {name for hit in mention.hits for name in hit.family.names[hit.value]}
    return any(with_digits(name) in registered for name in names)


def same_place(one: Place, other: Place) -> bool:
    """False for other countries, and for other provinces where both are told."""
    if one.country != other.country:
        return False
    return one.region is None or other.region is None or one.region == other.region


def families_shared(mention: WordMention, entry: WordEntry) -> Iterator[str]:
    """The families of which both are."""
    families = {hit.family.id for hit in entry.hits}
    yield from (hit.family.id for hit in mention.hits if hit.family.id in families)


def is_stated_in(mentions: Sequence[WordMention], entry: WordEntry, policy: Policy) -> bool:
    """True where one of the words agrees with what is registered."""
    return any(may_be_said_of(m, entry) and word_agrees(m, entry, policy) for m in mentions)


_CODE = re.compile(r"[a-z0-9]{2,}")


def is_written_in(text: str, entry: WordEntry) -> bool:
    """True where folded text holds what is registered, its code, or another name of its value."""
    said, registered = with_digits(text), with_digits(entry.words)
    names = {with_digits(name) for hit in entry.hits for name in hit.family.names[hit.value]}
    return any(word in said for word in (registered, *_CODE.findall(registered), *names))


words_registered = PassportCache(_words_registered).of

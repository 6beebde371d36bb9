"""What is registered of a product and can be measured: values with their names, sizes, and sums over a pack."""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from claims.engine.linking.entry import Entry, Registered, Unregistered
from claims.engine.linking.sums import sums_of
from claims.passports.passport import Passport, RegisteredText
from claims.policy.goods import GoodsAttribute, GoodsKind
from claims.policy.linking import LinkingFile
from claims.policy.policy import Policy
from claims.policy.vocabulary import Attribute
from claims.text.about_numbers import signed_range
from claims.text.normalise import is_cjk, normalise
from claims.text.numbers import Number, find_numbers
from claims.text.registered import WrittenValue, written_values
from claims.text.units import UnitConverter

_SHORT_TEXT, _MOST_VALUES, _LEAST_NAME, _KEPT = 24, 3, 2, 512
_OF_SPACE = re.compile(r"/[cd]?m3")
_OWN_UNIT = re.compile(r"[^\d*×]{0,12}")
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")


Made = TypeVar("Made")


class PassportCache(Generic[Made]):
    """What is made of passports, by policy: the last ones are remembered."""

    def __init__(self, make: Callable[[Passport, Policy], Made]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[Policy, OrderedDict[str, Made]] = WeakKeyDictionary()

    def of(self, passport: Passport, policy: Policy) -> Made:
        """What is made of this passport."""
        pages = self._made.setdefault(policy, OrderedDict())
        key = f"{passport.version} {passport.id}"
        found = pages.get(key)
        if found is None:
            found = pages[key] = self._make(passport, policy)
            if len(pages) > _KEPT:
                pages.popitem(last=False)
        return found


def _registered(passport: Passport, policy: Policy) -> Registered:
    """What is registered of the product and can be measured."""
    kind = policy.goods.kind_of(passport.names, passport.category)
    written = {text.path for text in passport.texts}
    entries = [*_measured(passport, written, kind, policy)]
    for text in passport.texts:
        entries += _written(text, kind, policy)
    entries = _disambiguated(entries)
    entries += _shares(passport)
    entries += sums_of(entries, policy.linking)
    known = {entry.attribute.id for entry in entries if entry.attribute is not None}
    others = (
        Unregistered(names=_lowered(attribute.names), dimension=_dimension(attribute, policy.converter))
        for attribute in (kind.attributes if kind is not None else ())
        if attribute.id not in known
    )
    return Registered(entries=tuple(entries), others=tuple(others))


def _disambiguated(entries: list[Entry]) -> list[Entry]:
    """Where two are one attribute of such goods (of one port, of both), only the passport's own words tell which."""
    paths: dict[str, set[str]] = {}
    for entry in entries:
        if entry.attribute is not None:
            paths.setdefault(entry.attribute.id, set()).add(entry.path)
    shared = {name for name, of in paths.items() if len(of) > 1}
    return [
        replace(e, names=e.own_names) if e.attribute is not None and e.attribute.id in shared else e for e in entries
    ]


def _measured(passport: Passport, written: set[str], kind: GoodsKind | None, policy: Policy) -> Iterator[Entry]:
    """The values that stand in fields of their own; those of other classes are left to these."""
    for value in passport.quantities:
        attribute = policy.attributes.named(value.key, value.label)
        if value.path in written or value.key == "nutrition":
            continue
        if attribute is not None and attribute.id in policy.linking.judged_elsewhere:
            continue
        of_goods = policy.goods.attribute(kind, value.key, value.label)
        yield Entry(
            path=value.path,
            label=value.label,
            shown=value.shown,
            names=names_of(value.label, value.cues, of_goods, policy.linking),
            own_names=names_of(value.label, value.cues, None, policy.linking),
            characters=characters_of(value.label, policy.linking),
            kind=value.kind,
            low=value.low,
            high=value.high,
            canonical_low=value.canonical_low,
            canonical_high=value.canonical_high,
            dimension=value.dimension,
            own_unit=value.unit,
            attribute=of_goods,
            condition=value.condition,
            qualifiers=value.qualifiers,
            class_id=_class_of(attribute, policy),
        )


def _class_of(attribute: Attribute | None, policy: Policy) -> str | None:
    return policy.linking.attribute_classes.get(attribute.id) if attribute is not None else None


def _written(text: RegisteredText, kind: GoodsKind | None, policy: Policy) -> Iterator[Entry]:
    """The values that stand in a registered text: 200×230cm, 2.5g/L, 3-4级, IP54, -10~-20°C."""
    attribute = policy.attributes.named(text.key, text.label)
    if attribute is not None and attribute.id in policy.linking.judged_elsewhere:
        return
    words, values = written_values(text.text, policy.converter)
    of_goods = policy.goods.attribute(kind, text.key, text.label)
    cues = (*text.cues, *(attribute.cues if attribute is not None else ()))
    common = Entry(
        path=text.path,
        label=text.label,
        shown=text.text,
        names=names_of(text.label, cues, of_goods, policy.linking),
        own_names=names_of(text.label, cues, None, policy.linking),
        characters=characters_of(text.label, policy.linking),
        kind="exact",
        low=None,
        high=None,
        canonical_low=None,
        canonical_high=None,
        dimension="",
        own_unit="",
        attribute=of_goods,
        class_id=_class_of(attribute, policy),
    )
    signed = _signed(common, words, policy)
    if signed is not None:
        yield signed
        return
    sizes = [v for v in values if v.quantity.dimension == "length"]
    for at, value in enumerate(values[: _MOST_VALUES + 1]):
        place = at if len(sizes) > 1 and len(sizes) == len(values) else None
        yield _of_value(common, value, words, place)
    if values or len(words) > _SHORT_TEXT:
        return
    for number in find_numbers(words)[:_MOST_VALUES]:
        yield _of_number(common, number, words)


def _shares(passport: Passport) -> Iterator[Entry]:
    """How much of each material there is of its part."""
    for material in passport.materials:
        share = material.percent
        if share is None:
            continue
        yield Entry(
            path=material.path,
            label=material.name,
            shown=f"{material.name} {share.normalize():f}%",
            names=_lowered((material.name, _BRACKETS.sub("", material.name), *material.aliases), 1),
            own_names=(),
            characters=frozenset(material.name),
            kind="exact",
            low=share,
            high=share,
            canonical_low=share,
            canonical_high=share,
            dimension="share",
            own_unit="percent",
            attribute=None,
        )


def _signed(common: Entry, words: str, policy: Policy) -> Entry | None:
    """A range of temperatures that goes below zero."""
    found = signed_range(words)
    unit = policy.converter.table.unit_at(words, found[2]) if found is not None else None
    if found is None or unit is None:
        return None
    low, high = found[0], found[1]
    dimension = policy.converter.table.dimension(unit.unit)
    return replace(
        common,
        low=low,
        high=high,
        canonical_low=low,
        canonical_high=high,
        dimension="temperature" if dimension == "degree" else dimension,
        own_unit=unit.unit,
    )


def _of_value(common: Entry, value: WrittenValue, words: str, place: int | None) -> Entry:
    quantity = value.quantity
    dimension = "temperature" if quantity.dimension == "degree" else quantity.dimension
    behind = words[quantity.end : quantity.end + 1]
    of_space = _OF_SPACE.match(words, quantity.end)
    if of_space is not None:
        # So much of a cubic metre is no weight.
        dimension = ""
    return replace(
        common,
        low=quantity.low,
        high=quantity.high,
        canonical_low=quantity.canonical_low,
        canonical_high=quantity.canonical_high,
        dimension=dimension,
        own_unit=quantity.unit if of_space is None else f"{quantity.unit}{of_space[0]}",
        per=behind == "/",
        place=place,
        kind=quantity.kind if quantity.kind in {"at_least", "at_most"} else value.bound,
    )


def _of_number(common: Entry, number: Number, words: str) -> Entry:
    unit = _OWN_UNIT.match(words, number.end)
    return replace(
        common,
        low=number.low,
        high=number.high,
        canonical_low=number.low,
        canonical_high=number.high,
        own_unit=unit[0].strip() if unit is not None else "",
        names=(*common.names, *_prefix(words, number.start)),
    )


def _prefix(words: str, start: int) -> tuple[str, ...]:
    """The letters right before a number of a rating (IP54, SPF50), by which it is called."""
    head = re.search(r"[a-z]{1,4}$", words[:start])
    return (head[0],) if head else ()


def names_of(
    label: str, cues: tuple[str, ...], attribute: GoodsAttribute | None, words: LinkingFile
) -> tuple[str, ...]:
    """By which words the talk may mean it: its label and parts of that, the passport's own words, the trade's."""
    bare = _BRACKETS.sub("", label)
    ends = [bare[at:] for at in range(1, len(bare) - 1) if is_cjk(bare[at])]
    heads = [bare.removesuffix(end) for end in words.common_ends if bare.endswith(end)]
    parts = [part for part in (*ends, *heads) if len(part) >= _LEAST_NAME and part not in words.common_ends]
    named = attribute.names if attribute is not None else ()
    single = tuple(cue for cue in cues if len(cue) == 1 and cue in label)
    return (*_lowered((label, bare, *cues, *named, *parts)), *single)


def characters_of(label: str, words: LinkingFile) -> frozenset[str]:
    """The characters of a label that say what is measured."""
    return frozenset(char for char in _BRACKETS.sub("", label) if is_cjk(char)) - frozenset(words.plain_characters)


def _lowered(words: tuple[str, ...], least: int = _LEAST_NAME) -> tuple[str, ...]:
    found = (normalise(word).text for word in words)
    return tuple(dict.fromkeys(word for word in found if len(word) >= least))


def _dimension(attribute: GoodsAttribute, converter: UnitConverter) -> str:
    unit = converter.table.written(attribute.unit)
    return converter.table.dimension(unit) if unit is not None else ""


registered_of = PassportCache(_registered).of

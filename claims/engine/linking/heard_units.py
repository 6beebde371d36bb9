"""Units that a recogniser wrote as other words of their sound: 三十二棒 for 三十二磅 of goods that register pounds."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from claims.engine.linking.entry import Registered
from claims.engine.linking.mentions import Mention
from claims.engine.window import Window
from claims.policy.unit_table import UnitTable
from claims.text.normalise import is_cjk
from claims.text.spell import spell
from claims.text.units import UnitConverter

_NO_UNITS, _LONGEST, _LEAST = frozenset({"", "count", "share", "money"}), 4, 10


def with_heard_units(
    mentions: Sequence[Mention], window: Window, registered: Registered, converter: UnitConverter
) -> list[Mention]:
    """The mentions, spoken numbers in a unit where what stands behind them sounds like a registered one.

    Only a number without a unit, of two digits or with a point, is read so: behind a single numeral stands too much
    else (三生, 一进门).
    """
    table = converter.table
    wanted = {entry.dimension for entry in registered.entries} - _NO_UNITS
    units = [(spelt, unit) for spelt, unit in _spelt_units(table) if table.dimension(unit) in wanted]
    return [_in_unit(mention, window, units, converter) for mention in mentions]


@lru_cache(maxsize=8)
def _spelt_units(table: UnitTable) -> tuple[tuple[tuple[str, ...], str], ...]:
    """How each unit sounds that is said in characters, the longest first; the order is the same in every process."""
    forms = (form for form in table.said if all(map(is_cjk, form)) and len(form) <= _LONGEST)
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    return tuple((spell(form), said.unit) for form in ordered if (said := table.unit_at(form, 0)) is not None)


def _in_unit(
    mention: Mention, window: Window, units: Sequence[tuple[tuple[str, ...], str]], converter: UnitConverter
) -> Mention:
    alone = mention.is_bare and not mention.classifier and mention.place is None
    single = mention.low < _LEAST and mention.low == mention.low.to_integral_value()
    if not alone or single or not window.in_speech(mention.start):
        return mention
    behind = window.text[mention.number_end : mention.number_end + _LONGEST]
    heard = next((c for c in range(len(behind)) if not is_cjk(behind[c])), len(behind))
    sounds = spell(behind[:heard]) if heard else ()
    for spelt, unit in units:
        if sounds[: len(spelt)] == spelt:
            end = mention.number_end + len(spelt)
            return replace(
                mention,
                end=end,
                canonical_low=converter.canonical(mention.low, unit),
                canonical_high=converter.canonical(mention.high, unit),
                unit=unit,
                dimension=converter.table.dimension(unit),
                written=window.text[mention.number_end : end],
            )
    return mention

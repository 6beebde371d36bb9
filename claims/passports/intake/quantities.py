"""Figures of a passport that comes in: whether unit, sign and share can be right for the attribute."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from claims.passports.forms import QuantityForm
from claims.passports.intake.measures import Borne, MeasureTable
from claims.passports.intake.texts import Place, quoted
from claims.passports.intake.units import UnitRegistry
from claims.policy.wording_of_records import IntakeWording

_SHARE, _ALCOHOL, _COUNT = "share", "alcohol", "count"
LARGEST = Decimal("1e15")
_SMALLEST = Decimal("1e-15")


def is_figure(number: Decimal) -> bool:
    """True for nought and for what something can measure; a number of a thousand digits is slow to reckon with."""
    return not number or _SMALLEST <= abs(number) <= LARGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An attribute's figure as a record has it; `units`: each with its key. `needs_number`: it is nothing without."""

    key: str
    label: str | None
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    units: tuple[tuple[str, str], ...]
    needs_number: bool = False

    @staticmethod
    def of(key: str, label: str | None, form: QuantityForm) -> "Figure":
        """The figure of a quantity of the long form."""
        units = tuple((name, text) for name, text in (("unit", form.unit), ("unit_text", form.unit_text)) if text)
        return Figure(
            key=key, label=label, value=form.value, low=form.min, high=form.max, units=units, needs_number=True
        )

    @property
    def numbers(self) -> list[tuple[str, Decimal]]:
        """Its numbers, each with its key."""
        named = (("value", self.value), ("min", self.low), ("max", self.high))
        return [(name, number) for name, number in named if number is not None]


class QuantityChecks:
    """Holds figures against what their attributes bear."""

    def __init__(
        self,
        registry: UnitRegistry,
        measures: MeasureTable,
        signed: frozenset[str],
        materials: frozenset[str],
        wording: IntakeWording,
    ) -> None:
        self._registry = registry
        self._measures = measures
        self._signed = signed
        self._materials = materials
        self._hundredths = wording.hundredths
        self._per_cent = tuple(one.lower() for one in wording.per_cent)
        *others, last = wording.examples
        self._advice = f"write it as on the label, such as {', '.join(others)} or {last}"

    def objections(self, figure: Figure, category: str) -> Iterator[tuple[Place, str]]:
        """What is wrong with the figure, with the key at which it is."""
        borne = self._measures.borne(figure.key, figure.label, category)
        wrong_units = [*self._units(figure, borne)]
        yield from wrong_units
        for name, number in figure.numbers:
            if not is_figure(number):
                yield (name,), "is a number that no product has; correct it, or choose another unit"
        if not wrong_units:
            yield from self._signs(figure, borne)
            yield from self._wholes(figure, borne)

    def _units(self, figure: Figure, borne: Borne | None) -> Iterator[tuple[Place, str]]:
        found: list[frozenset[str]] = []
        for name, text in figure.units:
            measures = self._registry.measures(text)
            counts = borne is not None and _COUNT in borne.dimensions
            if not measures and counts and self._registry.could_be_counted(text):
                continue
            if not measures:
                near = self._registry.nearest(text)
                advice = f"nearest: {', '.join(near)}" if near else self._advice
                yield (name,), f"unit {quoted(text)} is not known; {advice}"
            elif borne is not None and not measures & borne.dimensions:
                examples = ", ".join(self._registry.examples(borne.dimensions)[:4])
                what = quoted(figure.label or figure.key)
                yield (name,), f"unit {quoted(text)} does not fit {what}, which is told in units such as {examples}"
            else:
                found.append(measures)
        if len(found) > 1 and not frozenset.intersection(*found):
            texts = " and ".join(quoted(text) for _, text in figure.units)
            yield ("unit",), f"unit and unit_text measure different things: {texts}"

    def _signs(self, figure: Figure, borne: Borne | None) -> Iterator[tuple[Place, str]]:
        if self._measures.is_difference(figure.key, figure.label):
            return
        meant = self._meant(figure, borne)
        # What is not known may be a change in per cent (水洗尺寸变化 -3 %).
        may_be = meant & (self._signed | {_SHARE}) if borne is None else meant <= self._signed
        if not meant or may_be:
            return
        for name, number in figure.numbers:
            if number < 0:
                yield (name,), f"is {number}; {quoted(figure.label or figure.key)} can't be less than 0"

    def _wholes(self, figure: Figure, borne: Borne | None) -> Iterator[tuple[Place, str]]:
        names = {figure.key.lower(), (figure.label or "").lower()}
        if not (borne.whole if borne is not None else bool(names & self._materials)):
            return
        if not self._meant(figure, borne) & {_SHARE, _ALCOHOL}:
            return
        size = self._size(figure, borne)
        for name, number in figure.numbers:
            if size is not None and number * size > 100:
                unit = figure.units[0][1] if figure.units else "%"
                yield (name,), f"is {number} {unit}; the share of a whole can't exceed 100 %"

    def _meant(self, figure: Figure, borne: Borne | None) -> frozenset[str]:
        """What the figure measures, by its unit where it has one."""
        measures = [found for _, text in figure.units if (found := self._registry.measures(text))]
        if borne is None:
            return frozenset.intersection(*measures) if measures else frozenset()
        return frozenset.intersection(borne.dimensions, *measures)

    def _size(self, figure: Figure, borne: Borne | None) -> Decimal | None:
        """How many hundredths one of the figure's unit is; None where it is no such unit, such as g."""
        if not figure.units:
            return Decimal(1) if borne is not None and borne.dimensions <= {_SHARE, _ALCOHOL} else None
        for _, text in figure.units:
            unit = self._registry.folded(text)
            if unit in self._hundredths:
                return self._hundredths[unit]
            if unit.lower().startswith(self._per_cent):
                return Decimal(1)
        return None

"""The table of units as data: which spoken form means which unit, and what can be compared."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from claims.types import Frozen


class UnitForms(Frozen):
    """How one unit is spoken and how passports write it."""

    said: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


class Dimension(Frozen):
    """Units that can be compared with one another."""

    canonical: str
    units: dict[str, UnitForms]


class DegreeRule(Frozen):
    """What a bare 度 means for products of a category."""

    category: str
    dimension: str


class UnitsFile(Frozen):
    """`units.yaml`."""

    definitions: Annotated[tuple[str, ...], Field(min_length=1)]
    dimensions: dict[str, Dimension]
    degree_means: tuple[DegreeRule, ...] = ()


@dataclass(frozen=True, slots=True)
class SaidUnit:
    """A unit as spoken at a place."""

    text: str
    unit: str


class UnitTable:
    """Look-ups over `units.yaml`; the longest spoken form wins."""

    def __init__(self, file: UnitsFile) -> None:
        self.definitions = file.definitions
        self.degree_means = file.degree_means
        self._dimension_of: dict[str, str] = {}
        self._canonical_of: dict[str, str] = {}
        self._said: dict[str, list[SaidUnit]] = {}
        self._written: dict[str, str] = {}
        for name, dimension in file.dimensions.items():
            for unit, forms in dimension.units.items():
                self._dimension_of[unit] = name
                self._canonical_of[unit] = dimension.canonical
                for text in forms.said:
                    self._said.setdefault(text[0], []).append(SaidUnit(text, unit))
                for written in (unit, *forms.codes, *forms.texts, *forms.said):
                    self._written.setdefault(written, unit)
                    self._written.setdefault(written.lower(), unit)
        for forms_at in self._said.values():
            forms_at.sort(key=lambda form: -len(form.text))

    @property
    def dimensions(self) -> frozenset[str]:
        """The names of all dimensions."""
        return frozenset(self._dimension_of.values())

    def unit_at(self, text: str, at: int) -> SaidUnit | None:
        """The unit spoken at `at`, or None."""
        if at >= len(text):
            return None
        for form in self._said.get(text[at], ()):
            end = at + len(form.text)
            if text.startswith(form.text, at) and not (
                form.text[-1].isascii() and form.text[-1].isalpha() and _goes_on(text, end)
            ):
                return form
        return None

    def dimension(self, unit: str) -> str:
        """What `unit` measures."""
        return self._dimension_of[unit]

    def canonical(self, unit: str) -> str:
        """The unit in which values of this kind are compared."""
        return self._canonical_of[unit]

    def written(self, text: str) -> str | None:
        """The unit that a passport's unit text or code means, or None."""
        return self._written.get(text) or self._written.get(text.lower())

    def degree_dimension(self, category: str) -> str:
        """What a bare 度 measures for a product of this category."""
        return next((rule.dimension for rule in self.degree_means if category.startswith(rule.category)), "temperature")


def _goes_on(text: str, at: int) -> bool:
    return at < len(text) and text[at].isascii() and text[at].isalpha()

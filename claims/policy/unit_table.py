"""The table of units as data: which spoken form means which unit, and what can be compared."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from claims.policy.words import Word
from claims.types import Frozen

# W·h is Wh.
_JOINTS = str.maketrans(dict.fromkeys("·⋅∙・•.", ""))


class UnitForms(Frozen):
    """How one unit is spoken and how passports write it."""

    said: tuple[Word, ...] = ()
    codes: tuple[Word, ...] = ()
    texts: tuple[Word, ...] = ()


class Dimension(Frozen):
    """Units that can be compared with one another."""

    canonical: str
    units: dict[str, UnitForms]

    @model_validator(mode="after")
    def _canonical_is_listed(self) -> "Dimension":
        if self.canonical not in self.units:
            raise ValueError(f"canonical unit {self.canonical!r} is not among the units")
        return self


class DegreeRule(Frozen):
    """What a bare 度 means for products of a category."""

    category: str
    dimension: Literal["alcohol", "temperature"]


class UnitsFile(Frozen):
    """`units.yaml`."""

    definitions: Annotated[tuple[str, ...], Field(min_length=1)]
    dimensions: dict[str, Dimension]
    degree_means: tuple[DegreeRule, ...] = ()
    # Words that begin as a unit does and are none (包邮).
    no_units: tuple[str, ...] = ()


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
        self._no_units = file.no_units
        self._dimension_of: dict[str, str] = {}
        self._canonical_of: dict[str, str] = {}
        self._said: dict[str, list[SaidUnit]] = {}
        self._written: dict[str, str] = {}
        self._coded: set[str] = set()
        for name, dimension in file.dimensions.items():
            if any(forms.codes for forms in dimension.units.values()):
                self._coded.add(name)
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
    def units(self) -> tuple[str, ...]:
        """Every unit, in the order of the file."""
        return tuple(self._dimension_of)

    @property
    def said(self) -> frozenset[str]:
        """Every spoken form of every unit."""
        return frozenset(form.text for forms in self._said.values() for form in forms)

    @property
    def dimensions(self) -> frozenset[str]:
        """The names of all dimensions."""
        return frozenset(self._dimension_of.values())

    def unit_at(self, text: str, at: int) -> SaidUnit | None:
        """The unit spoken at `at`, or None."""
        if at >= len(text) or text.startswith(self._no_units, at):
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

    def is_bare(self, unit: str) -> bool:
        """Whether such values are written as bare numbers: no code of UN/CEFACT is for any unit of its kind."""
        return self._dimension_of[unit] not in self._coded

    def canonical(self, unit: str) -> str:
        """The unit in which values of this kind are compared."""
        return self._canonical_of[unit]

    def written(self, text: str) -> str | None:
        """The unit that a passport's unit text or code means, or None."""
        folded = "".join(text.translate(_JOINTS).split())
        found = (self._written.get(one) for one in (text, text.lower(), folded, folded.lower()))
        return next((unit for unit in found if unit), None)

    def degree_dimension(self, category: str) -> str:
        """What a bare 度 measures for a product of this category."""
        return next((rule.dimension for rule in self.degree_means if category.startswith(rule.category)), "temperature")


def _goes_on(text: str, at: int) -> bool:
    return at < len(text) and text[at].isascii() and text[at].isalpha()

"""Registered values: unit codes and unit texts to the canonical units in which claims are compared."""

from decimal import Decimal

from claims.passports.door import Door
from claims.passports.forms import QuantityForm
from claims.passports.passport import RegisteredQuantity
from claims.passports.schemes import CertificateSchemes
from claims.policy.vocabulary import AttributeTable
from claims.policy.wording_of_records import PassportsWording
from claims.text.about_numbers import is_below_zero
from claims.text.normalise import normalise
from claims.text.registered import bound_before, written_out
from claims.text.units import UnitConverter, find_factors, plain

_QUALIFIER = 2


class QuantityReader:
    """Reads registered quantities, in numbers or in words, and knows by which words hosts mean them.

    It holds what else of the policy a passport is read by: `schemes` of certificates, `wording` of what has a field of
    its own, and the `door` to which whole passports are held that come in.
    """

    def __init__(
        self,
        converter: UnitConverter,
        attributes: AttributeTable,
        door: Door,
        schemes: CertificateSchemes,
        wording: PassportsWording,
    ) -> None:
        self.converter = converter
        self.attributes = attributes
        self.door = door
        self.schemes = schemes
        self.wording = wording

    def read(
        self,
        path: str,
        key: str,
        label: str,
        aliases: tuple[str, ...],
        form: QuantityForm,
        *,
        condition: str | None = None,
    ) -> list[RegisteredQuantity]:
        """The value, or an empty list where its unit can't be compared with anything spoken."""
        low = form.value if form.value is not None else form.min
        high = form.value if form.value is not None else form.max
        if low is None and high is None:
            raise ValueError(f"{path}: a quantity needs value, min or max")
        table = self.converter.table
        written = [text for text in (form.unit, form.unit_text) if text]
        unit = next((u for u in map(table.written, written) if u), None)
        attribute = self.attributes.named(key, label)
        assumed = attribute.unit if attribute else None
        if unit is None and assumed is not None and (not written or table.dimension(assumed) == "count"):
            unit = assumed
        if unit == "degree" or (
            unit is not None
            and attribute is not None
            and attribute.unit
            and (table.dimension(unit) == "degree" or set(written).issubset(self.wording.any_unit))
        ):
            unit = attribute.unit if attribute and attribute.unit else "piece" if unit != "degree" else "celsius"
        if unit is None:
            return []
        shown_unit = form.unit_text or unit
        if low is not None and high is not None and low != high:
            shown = f"{plain(low)}–{plain(high)} {shown_unit}"
        else:
            shown = f"{plain(low if low is not None else Decimal(str(high)))} {shown_unit}"
        return [
            RegisteredQuantity(
                path=path,
                key=key,
                label=label,
                cues=self._cues(key, label, aliases),
                unit=unit,
                dimension=table.dimension(unit),
                low=low,
                high=high,
                canonical_low=None if low is None else self.converter.canonical(low, unit),
                canonical_high=None if high is None else self.converter.canonical(high, unit),
                kind=form.kind,
                shown=shown,
                condition=condition,
                qualifiers=self._qualifiers(key, label),
            )
        ]

    def read_text(
        self, path: str, key: str, label: str, aliases: tuple[str, ...], text: str
    ) -> list[RegisteredQuantity]:
        """The quantities that stand in a registered text (整机24个月, 1800x2000x220mm)."""
        found: list[RegisteredQuantity] = []
        written = normalise(written_out(text))
        for quantity in find_factors(written.text, self.converter):
            if quantity.dimension == "degree":
                continue
            bound = bound_before(written.original[: written.starts[quantity.start]])
            sign = -1 if quantity.dimension == "temperature" and is_below_zero(written.text, quantity.start) else 1
            low, high = sorted((sign * quantity.low, sign * quantity.high))
            canonical_low, canonical_high = sorted((sign * quantity.canonical_low, sign * quantity.canonical_high))
            found.append(
                RegisteredQuantity(
                    path=path,
                    key=key,
                    label=label,
                    cues=self._cues(key, label, aliases),
                    unit=quantity.unit,
                    dimension=quantity.dimension,
                    low=None if bound == "at_most" else low,
                    high=None if bound == "at_least" else high,
                    canonical_low=None if bound == "at_most" else canonical_low,
                    canonical_high=None if bound == "at_least" else canonical_high,
                    kind="exact",
                    shown=text,
                )
            )
        return found

    def _qualifiers(self, key: str, label: str) -> tuple[str, ...]:
        attribute = self.attributes.named(key, label)
        if attribute is None:
            return ()
        name = max((n for n in attribute.labels if n in label), key=len, default="")
        rest = (
            label.lower().replace(name.lower(), "", 1).strip("()（） ").removesuffix(self.wording.room) if name else ""
        )
        if self.attributes.is_common(rest):
            return ()
        return (rest,) if len(rest) >= _QUALIFIER and not rest.startswith(self.wording.no_difference) else ()

    def _cues(self, key: str, label: str, aliases: tuple[str, ...]) -> tuple[str, ...]:
        attribute = self.attributes.named(key, label)
        cues = [normalise(word).text for word in (label, *aliases)]
        endings = self.wording.left_out
        cues += [stem for cue in cues for ending in endings if len(stem := cue.removesuffix(ending)) >= _QUALIFIER]
        if attribute:
            cues += attribute.cues
        return tuple(dict.fromkeys(c for c in cues if c))

"""Registered values: unit codes and unit texts to the canonical units in which claims are compared."""

from decimal import Decimal

from claims.passports.forms import QuantityForm
from claims.passports.intake.checks import IntakeChecks
from claims.passports.passport import RegisteredQuantity
from claims.passports.schemes import CertificateSchemes
from claims.policy.vocabulary import AttributeTable
from claims.policy.wording_of_records import PassportsWording
from claims.text.normalise import normalise
from claims.text.registered import written_values
from claims.text.units import UnitConverter, plain

_QUALIFIER = 2
_DEGREE = "degree"
_IN_DEGREES = frozenset({"alcohol", "temperature", "baume_degree"})


class QuantityReader:
    """Reads registered quantities, in numbers or in words, and knows by which words hosts mean them.

    It holds what else of the policy a passport is read by: `schemes` of certificates, `wording` of what has a field of
    its own, and the `intake` checks to which whole passports are held that come in.
    """

    def __init__(
        self,
        converter: UnitConverter,
        attributes: AttributeTable,
        intake: IntakeChecks,
        schemes: CertificateSchemes,
        wording: PassportsWording,
    ) -> None:
        self.converter = converter
        self.attributes = attributes
        self.intake = intake
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
        elif unit is not None:
            unit = self._meant(unit, assumed)
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
                cues=self._cues(key, label, aliases, table.dimension(unit)),
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
        _, values = written_values(text, self.converter)
        for value in values:
            quantity, bound = value.quantity, value.bound
            if quantity.dimension == _DEGREE:
                continue
            found.append(
                RegisteredQuantity(
                    path=path,
                    key=key,
                    label=label,
                    cues=self._cues(key, label, aliases, quantity.dimension),
                    unit=quantity.unit,
                    dimension=quantity.dimension,
                    low=None if bound == "at_most" else quantity.low,
                    high=None if bound == "at_least" else quantity.high,
                    canonical_low=None if bound == "at_most" else quantity.canonical_low,
                    canonical_high=None if bound == "at_least" else quantity.canonical_high,
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

    def _meant(self, unit: str, assumed: str | None) -> str:
        """The unit that is meant where the written one tells too little: degrees of what, pieces or a bare number."""
        table = self.converter.table
        if unit == _DEGREE:
            return assumed if assumed is not None and table.dimension(assumed) in _IN_DEGREES else "celsius"
        if assumed is None:
            return unit
        if table.dimension(unit) == "count" and table.is_bare(assumed):
            return assumed
        if table.dimension(unit) == "share" and table.dimension(assumed) == "alcohol":
            return assumed
        return unit

    def _cues(self, key: str, label: str, aliases: tuple[str, ...], dimension: str) -> tuple[str, ...]:
        """The words by which hosts mean it; a key alone names no attribute that is measured in something else."""
        attribute = self.attributes.named(key, label)
        if attribute is not None and attribute.unit is not None and not attribute.is_named_in(label):
            measures = self.converter.table.dimension(attribute.unit)
            attribute = attribute if measures == dimension else None
        cues = [normalise(word).text for word in (label, *aliases)]
        endings = self.wording.left_out
        cues += [stem for cue in cues for ending in endings if len(stem := cue.removesuffix(ending)) >= _QUALIFIER]
        if attribute:
            cues += attribute.cues
        return tuple(dict.fromkeys(c for c in cues if c))

"""Everything for which a passport is refused when it comes in, beside what its form refuses.

What is stored already passed the checks of its day; it is loaded all the same, with its objections.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain, islice

from claims.passports.forms import LongPassport, PricePointForm, ShortPassport
from claims.passports.intake.categories import CategoryTable
from claims.passports.intake.measures import MeasureTable
from claims.passports.intake.models import IntakeFile
from claims.passports.intake.quantities import LARGEST, Figure, QuantityChecks, is_figure
from claims.passports.intake.repeats import repeats
from claims.passports.intake.texts import Place, quoted
from claims.passports.intake.units import UnitRegistry
from claims.policy.unit_table import UnitTable
from claims.policy.wording_of_records import IntakeWording

# Each fault costs a search for what was meant: a record that is wrong throughout must not cost minutes.
MOST_FAULTS = 200
_HUNDRED = Decimal(100)
# How far rounded shares of one part may exceed a whole.
_ROUNDING = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """What is wrong, and where in the record."""

    path: Place
    reason: str


class IntakeChecks:
    """Holds records against a policy's `door.yaml`; without one, only against what needs no table."""

    def __init__(
        self, file: IntakeFile | None, table: UnitTable, materials: frozenset[str], wording: IntakeWording
    ) -> None:
        self._file = file
        self.categories = None if file is None else CategoryTable(file.categories)
        figures = None
        if file is not None:
            units = UnitRegistry(table, file.units, wording)
            measures = MeasureTable(file.measures, file.differences, file.qualifiers, wording.holds)
            figures = QuantityChecks(units, measures, file.signed, materials, wording)
        self._figures = figures

    def objections(self, form: LongPassport | ShortPassport) -> list[Objection]:
        """What is wrong with a record whose form is in order, beside the characters in its texts; many are cut off."""
        own = self._short(form) if isinstance(form, ShortPassport) else self._long(form)
        found = chain(self._category(form.category), own, repeats(form), _order(form))
        return [Objection(path=path, reason=why) for path, why in dict.fromkeys(islice(found, MOST_FAULTS))]

    def _category(self, category: str) -> Iterator[tuple[Place, str]]:
        if self.categories is None or self.categories.knows(category):
            return
        near = self.categories.nearest(category)
        advice = f"nearest: {', '.join(near)}" if near else f"known are: {', '.join(self.categories.ids)}"
        yield ("category",), f"{quoted(category)} begins with no known category; {advice} (as in food/honey)"

    def _short(self, form: ShortPassport) -> Iterator[tuple[Place, str]]:
        for index, one in enumerate(form.attributes):
            place: Place = ("attributes", index)
            if one.value is not None or one.min is not None or one.max is not None or one.unit:
                figure = Figure(
                    key=one.name,
                    label=one.label,
                    value=one.value,
                    low=one.min,
                    high=one.max,
                    units=(("unit", one.unit),) if one.unit else (),
                )
                yield from self._figure(place, figure, form.category)
            yield from _tolerance((*place, "tolerance_percent"), one.tolerance_percent, share=True)
        shares = [(("composition", i, "percent"), c.part, c.percent) for i, c in enumerate(form.composition)]
        yield from _shares(shares)
        if form.price is not None:
            yield from _price(("price", "regular"), form.price.regular)
            yield from _price(("price", "lowest_7d"), form.price.lowest_7d)
            yield from self._currency(("price", "currency"), form.price.currency)
            yield from self._deals(("price", "history"), form.price.history)

    def _long(self, form: LongPassport) -> Iterator[tuple[Place, str]]:
        for place, figure in _long_figures(form):
            yield from self._figure(place, figure, form.category)
        for place, quantity in _long_tolerances(form):
            yield from _tolerance((*place, "tol_abs"), quantity[0], share=False)
            yield from _tolerance((*place, "tol_pct"), quantity[1], share=True)
        shares = [
            (("materials", i, "percent", "value"), m.part, m.percent.value if m.percent else None)
            for i, m in enumerate(form.materials)
        ]
        yield from _shares(shares)
        for name in ("pack_count", "shelf_life_days", "brand_since", "vintage"):
            number = getattr(form, name)
            if number is not None and not 0 < number <= LARGEST:
                yield (name,), "is no number that a product has; it must be 1 or more"
        yield from _price(("msrp",), form.msrp)
        yield from self._deals(("price_history",), form.price_history)
        known = {paper.doc_id for paper in form.evidence}
        used = [(("specs", i, "evidence"), spec.evidence) for i, spec in enumerate(form.specs)]
        used += [(("permitted_claims", i, "evidence"), claim.evidence) for i, claim in enumerate(form.permitted_claims)]
        for place, names in used:
            for name in names:
                if name not in known:
                    yield place, f"evidence id {quoted(name)} is used but not listed under evidence"

    def _figure(self, place: Place, figure: Figure, category: str) -> Iterator[tuple[Place, str]]:
        yield from _range(place, figure)
        if self._figures is not None:
            yield from ((place + path, why) for path, why in self._figures.objections(figure, category))

    def _deals(self, place: Place, deals: Iterable[PricePointForm]) -> Iterator[tuple[Place, str]]:
        for index, deal in enumerate(deals):
            yield from _price((*place, index, "deal_price"), deal.deal_price)
            yield from self._currency((*place, index, "currency"), deal.currency)

    def _currency(self, place: Place, code: str) -> Iterator[tuple[Place, str]]:
        if self._file is None or code in self._file.currencies:
            return
        bare = code.strip()
        meant = self._file.instead.get(bare.upper(), bare.upper())
        advice = f"; did you mean {meant}?" if meant in self._file.currencies else ", such as CNY"
        yield place, f"{quoted(code)} is no currency code of ISO 4217{advice}"


def _long_figures(form: LongPassport) -> Iterator[tuple[Place, Figure]]:
    if form.net_content is not None:
        yield ("net_content",), Figure.of("net_content", None, form.net_content)
    for index, nutrient in enumerate(form.nutrition):
        yield ("nutrition", index, "amount"), Figure.of(nutrient.name, None, nutrient.amount)
    for index, spec in enumerate(form.specs):
        if spec.q is not None:
            yield ("specs", index, "q"), Figure.of(spec.key, spec.name_zh, spec.q)
    for index, material in enumerate(form.materials):
        if material.percent is not None:
            yield ("materials", index, "percent"), Figure.of("percent", None, material.percent)


def _long_tolerances(form: LongPassport) -> Iterator[tuple[Place, tuple[Decimal | None, Decimal | None]]]:
    if form.net_content is not None:
        yield ("net_content",), (form.net_content.tol_abs, form.net_content.tol_pct)
    for index, spec in enumerate(form.specs):
        if spec.q is not None:
            yield ("specs", index, "q"), (spec.q.tol_abs, spec.q.tol_pct)


def _range(place: Place, figure: Figure) -> Iterator[tuple[Place, str]]:
    value, low, high = figure.value, figure.low, figure.high
    if low is not None and high is not None and low > high:
        yield (*place, "min"), f"min {low} is greater than max {high}"
    elif value is not None and low is not None and value < low:
        yield (*place, "value"), f"value {value} is less than min {low}"
    elif value is not None and high is not None and value > high:
        yield (*place, "value"), f"value {value} is greater than max {high}"
    if value is None and low is None and high is None and figure.needs_number:
        yield place, "a quantity needs value, min or max"


def _tolerance(place: Place, tolerance: Decimal | None, *, share: bool) -> Iterator[tuple[Place, str]]:
    if tolerance is not None and tolerance < 0:
        yield place, f"is {tolerance}; a tolerance is 0 or more"
    elif share and tolerance is not None and tolerance > _HUNDRED:
        yield place, f"is {tolerance} %, and can't exceed 100 %"


def _shares(shares: Sequence[tuple[Place, str, Decimal | None]]) -> Iterator[tuple[Place, str]]:
    sums: dict[str, Decimal] = {}
    for place, part, share in shares:
        if share is None:
            continue
        if share < 0:
            yield place, f"is {share} %; a share is 0 or more"
        elif share > _HUNDRED:
            yield place, f"is {share} %; a share can't exceed 100 %"
        elif sums.get(part, Decimal(0)) <= _HUNDRED + _ROUNDING < sums.get(part, Decimal(0)) + share:
            yield place, f"makes part {quoted(part)} more than 100 % ({sums[part] + share} %)"
        sums[part] = sums.get(part, Decimal(0)) + max(Decimal(0), share)


def _price(place: Place, price: Decimal | None) -> Iterator[tuple[Place, str]]:
    if price is not None and price < 0:
        yield place, f"is {price}; a price is 0 or more"
    elif price is not None and not is_figure(price):
        yield place, "is a number that no price has; correct it"


def _order(form: LongPassport | ShortPassport) -> Iterator[tuple[Place, str]]:
    """Terms that end before they begin, which nothing is ever in."""
    terms: list[tuple[Place, date | None, date | None]] = [((), form.valid_from, form.valid_to)]
    if isinstance(form, ShortPassport):
        terms += [(("certificates", i), c.valid_from, c.valid_until) for i, c in enumerate(form.certificates)]
    else:
        terms += [(("evidence", i), e.valid_from, e.valid_to) for i, e in enumerate(form.evidence)]
    for place, begins, ends in terms:
        if begins is not None and ends is not None and begins > ends:
            yield (*place, "valid_from"), f"{begins} is after the end of the term, {ends}"

"""The tables of the dashboards, ready to be shown, drawn or written as CSV."""

import csv
import io
from collections.abc import Callable, Mapping

from review.analytics.store import AnalyticsStore, Tenants
from review.analytics.types import Cell, Figures, Outcomes
from review.cases.tally import Dimension
from review.presentation.language import Words

PERIODS = (7, 30, 90)
_MOST_HOSTS = 50
_SHARES = frozenset({"col.share", "col.precision", "col.from", "col.to"})
_MINUTE_MS = 60_000
# A cell that begins like this is a formula to a spreadsheet, and hosts choose their own names.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Dashboards:
    """Each table by its name, in a viewer's language; of these customers alone, or of all for None."""

    def __init__(
        self, teaching: AnalyticsStore, class_names: Mapping[str, tuple[str, str]], tenants: Tenants = None
    ) -> None:
        self._teaching = teaching
        self._tenants = tenants
        self._class_names = class_names

    def findings(self, dimension: Dimension, days: int, words: Words) -> Figures:
        """Findings that joined cases, by one dimension; of hosts, those with the most."""
        limit = _MOST_HOSTS if dimension is Dimension.HOST else None
        tallies = self._teaching.tallies(dimension, days, limit, self._tenants)
        name = self._naming(dimension, tallies, words)
        if dimension is Dimension.HOUR:
            counts = dict(tallies)
            tallies = [(f"{hour:02}", counts.get(f"{hour:02}", 0)) for hour in range(24)] if counts else []
        total = sum(count for _, count in tallies)
        return Figures(
            name=dimension.value,
            columns=(f"col.{dimension.value}", "col.count", "col.share"),
            rows=tuple((name(key), count, count / total) for key, count in tallies),
            chart="columns" if dimension is Dimension.HOUR else "bars",
            shares=_SHARES,
        )

    def ages(self, words: Words) -> Figures:
        """Waiting cases by how long they wait."""
        rows = tuple((words(f"age.{name}"), count) for name, count in self._teaching.ages(self._tenants).items())
        return Figures(name="age", columns=("col.age", "col.count"), rows=rows, chart="columns")

    def coverage(self, words: Words) -> Figures:
        """How much of the broadcasts was analysed, waits, or was lost to what."""
        found = self._teaching.coverage(self._tenants)
        named = {
            words("coverage.analysed"): found.analysed_ms,
            words("coverage.waiting"): found.waiting_ms,
            **{words.term("gap", kind): length for kind, length in found.lost_ms.items()},
        }
        total = sum(named.values())
        rows = tuple((name, round(length / _MINUTE_MS, 1), length / total) for name, length in named.items() if total)
        return Figures(
            name="coverage", columns=("col.cause", "col.minutes", "col.share"), rows=rows, chart="bars", shares=_SHARES
        )

    def precision(self, days: int, words: Words, *, by_class: bool = False) -> Figures:
        """How many of the cases of each rule, or class, people found to violate."""
        outcomes = self._outcomes(days, words, by_class=by_class)
        rows = tuple(
            (name, each.decided, each.violates, each.lawful, each.precision, *(each.interval or (None, None)))
            for name, each in outcomes
            if each.decided
        )
        columns = ("col.decided", "col.violates", "col.lawful", "col.precision", "col.from", "col.to")
        return Figures(
            name="class-precision" if by_class else "precision",
            columns=("col.class" if by_class else "col.rule", *columns),
            rows=rows,
            shares=_SHARES,
        )

    def reversals(self, days: int, words: Words) -> Figures:
        """Decisions that did not last, by rule."""
        rows = tuple(
            (name, each.decided, each.undone, each.disagreed, each.reopened, each.overturned)
            for name, each in self._outcomes(days, words)
            if each.undone or each.disagreed or each.reopened
        )
        columns = ("col.rule", "col.decided", "col.undone", "col.disagreed", "col.reopened", "col.overturned")
        return Figures(name="reversals", columns=columns, rows=rows)

    def named(self, name: str, days: int, words: Words) -> Figures | None:
        """The table of this name; None if there is none."""
        if name in set(Dimension):
            return self.findings(Dimension(name), days, words)
        makers: dict[str, Callable[[], Figures]] = {
            "age": lambda: self.ages(words),
            "coverage": lambda: self.coverage(words),
            "precision": lambda: self.precision(days, words),
            "class-precision": lambda: self.precision(days, words, by_class=True),
            "reversals": lambda: self.reversals(days, words),
        }
        return makers[name]() if name in makers else None

    def _naming(self, dimension: Dimension, tallies: list[tuple[str, int]], words: Words) -> Callable[[str], str]:
        if dimension is Dimension.CLASS:
            return lambda key: words.named(self._class_names, key)
        if dimension is Dimension.HOST:
            names = self._teaching.host_names(key for key, _ in tallies)
            return lambda key: f"{names.get(key, '')} ({key})".strip()
        if dimension is Dimension.CATEGORY:
            return lambda key: words.goods(key) if key else words("dash.no_category")
        return lambda key: key

    def _outcomes(self, days: int, words: Words, *, by_class: bool = False) -> list[tuple[str, Outcomes]]:
        """Outcomes by rule or class, with the name to show, those of the most cases first."""
        sums: dict[str, Outcomes] = {}
        for each in self._teaching.outcomes(days, self._tenants):
            key = each.class_id if by_class else each.rule
            sums[key] = added(sums[key], each) if key in sums else each
        ordered = sorted(sums.items(), key=lambda item: (-item[1].decided, item[0]))
        return [(words.named(self._class_names, key) if by_class else key, each) for key, each in ordered]


def added(one: Outcomes, other: Outcomes) -> Outcomes:
    """Both together, under the name of the first."""
    return Outcomes(
        rule=one.rule,
        class_id=one.class_id,
        violates=one.violates + other.violates,
        lawful=one.lawful + other.lawful,
        undone=one.undone + other.undone,
        disagreed=one.disagreed + other.disagreed,
        reopened=one.reopened + other.reopened,
        overturned=one.overturned + other.overturned,
    )


def shown(figures: Figures, column: str, value: Cell, words: Words) -> str:
    """A cell as people read it."""
    if value is None:
        return "—"
    if column == "col.minutes" and isinstance(value, int | float):
        return words.length(round(value * _MINUTE_MS))
    if column in figures.shares and isinstance(value, float):
        return f"{value * 100:.1f} %"
    return str(value)


def as_csv(figures: Figures, words: Words) -> str:
    """The table as CSV; it begins with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([words(column) for column in figures.columns])
    for row in figures.rows:
        writer.writerow([guarded_cell(value) for value in row])
    return "\ufeff" + out.getvalue()


def guarded_cell(value: Cell) -> Cell:
    """The cell as it may stand in a file that a spreadsheet opens: no formula, four places at most."""
    if isinstance(value, float):
        return round(value, 4)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value

"""How good it is: what is found and missed, what bars would lose and save, how people decide."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from review.analytics.agreement import Agreement
from review.analytics.people import Tally, agreement_of_all, by_class, by_person
from review.analytics.quality_queries import (
    Answer,
    Behind,
    DecidedCase,
    Missed,
    missed_by,
    read_answers,
    read_behind,
    read_decided_cases,
    read_drawn,
    read_flagged,
)
from review.analytics.raised_thresholds import Raise, ScoredCase, best_raise, raised
from review.analytics.recall import Recall, in_strata, recall_of
from review.analytics.types import wilson
from review.db.ownership import Owner

# From how many decided cases on a figure is told, unless the settings say otherwise.
FIGURES_FROM = 30
BY = ("all", "class", "goods", "policy")
_WEEK_MS = 7 * 86_400_000
# What takes longer to read is kept so long, and so many times as long as it took; of so many questions.
_LONG_S, _KEPT_S, _KEPT_TIMES, _MOST_KEPT = 0.05, 60.0, 100, 50
Read = TypeVar("Read")
# One customer, several, or all.
Whose = str | frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How much is found and how right it is, of one class, kind of goods or policy. `precision` None: too few cases."""

    key: str
    recall: Recall
    decided: int
    violates: int
    precision: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """How many of the cases of one week people found to violate; `begins_ms`: the week's first moment (UTC)."""

    begins_ms: int
    decided: int
    violates: int
    precision: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarOf:
    """A class or a detector (`CLASS.rule`) as people decided its cases, and the bar that would save most."""

    name: str
    decided: int
    violates: int
    precision: float
    interval: tuple[float, float]
    best: Raise | None


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How people decide: each, each class, and all together."""

    by_person: Mapping[str, Tally]
    by_class: Mapping[str, Tally]
    agreement: Agreement


class Quality:
    """Every figure of quality, out of the database; `fewest`: from how many decided cases on one is told."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], fewest: int) -> None:
        self._engine, self._now, self.fewest = engine, now, fewest
        self._kept: dict[tuple[object, ...], tuple[float, object]] = {}

    def found(self, days: int, by: str, owner: Whose = None) -> list[Found]:
        """How much is found and how right it is in these days, by one of `BY`; what was missed most comes first."""
        return self.tables(days, (by,), owner)[by]

    def tables(self, days: int, every: Sequence[str] = BY, owner: Whose = None) -> dict[str, list[Found]]:
        """The same by each of these, read once."""
        since_ms = self._since_ms(days)
        flagged = self._read(("flagged", days, owner), lambda s: read_flagged(s, since_ms, owner))
        drawn = self._read(("drawn", days, owner), lambda s: read_drawn(s, since_ms, owner))
        rights = self._keep(("right", days, *every, owner), lambda: self._rights(days, every, owner))
        tables = {}
        for by in every:
            missed, right = missed_by(by, drawn, flagged), rights[by]
            keys = sorted({*missed, *right}, key=lambda key: (-_missed_of(missed.get(key)), key))
            tables[by] = [self._found(key, missed.get(key), right.get(key, (0, 0))) for key in keys]
        return tables

    def _rights(self, days: int, every: Sequence[str], owner: Whose) -> dict[str, dict[str, tuple[int, int]]]:
        cases = self._decided(days, owner)
        return {by: _right(cases, by) for by in every}

    def bars(self, days: int, owner: Whose = None) -> list[BarOf]:
        """Classes and detectors with enough decided cases, those whose bar would save most first."""
        return self._keep(("bars", days, owner), lambda: self._bars(self._decided(days, owner)))

    def _bars(self, cases: Sequence[DecidedCase]) -> list[BarOf]:
        found: dict[str, list[ScoredCase]] = defaultdict(list)
        for case in cases:
            found[case.class_id].append(case.scored)
            if case.rule.partition(".")[0] == case.class_id:
                found[case.rule].append(case.scored)
        enough = [_bar(name, cases) for name, cases in found.items() if len(cases) >= self.fewest]
        return sorted(enough, key=lambda one: (-(len(one.best.saved) if one.best else 0), one.name))

    def raise_of(self, days: int, name: str, bar: float, owner: Whose = None) -> Raise:
        """What this bar for the class or the detector would lose and save."""
        cases = [case.scored for case in self._decided(days, owner) if name in {case.class_id, case.rule}]
        return raised(cases, bar)

    def behind(self, case_ids: Sequence[str]) -> list[Behind]:
        """What was said in these cases, the lowest score first."""
        with Session(self._engine) as session:
            return read_behind(session, case_ids)

    def weekly(self, days: int, name: str, owner: Whose = None) -> list[Weekly]:
        """The precision of a class or a detector week by week, the oldest first."""
        weeks: dict[int, list[bool]] = defaultdict(list)
        for case in self._decided(days, owner):
            if name in {case.class_id, case.rule}:
                weeks[case.decided_at_ms // _WEEK_MS * _WEEK_MS].append(case.scored.violates)
        return [
            Weekly(
                begins_ms=week,
                decided=len(verdicts),
                violates=sum(verdicts),
                precision=sum(verdicts) / len(verdicts),
                interval=wilson(sum(verdicts), len(verdicts)),
            )
            for week, verdicts in sorted(weeks.items())
        ]

    def people(self, days: int, owner: Whose = None) -> People:
        """How people decide, on these customers' cases."""
        since_ms = self._since_ms(days)
        return self._read(("people", days, owner), lambda s: self._people(read_answers(s, since_ms, owner)))

    def _people(self, answers: list[Answer]) -> People:
        agreement = agreement_of_all(answers, self.fewest)
        return People(by_person=by_person(answers), by_class=by_class(answers), agreement=agreement)

    def decided(self, days: int, owner: Owner | None) -> list[DecidedCase]:
        """The cases that stand decided since then, each once; of all customers, or of these."""
        return self._decided(days, owner if owner is None or isinstance(owner, str) else frozenset(owner))

    def kept(self, key: tuple[object, ...], ask: Callable[[Session], Read]) -> Read:
        """What is read; kept as every figure here is, where reading it takes long."""
        return self._read(key, ask)

    def _decided(self, days: int, owner: Whose) -> list[DecidedCase]:
        since_ms = self._since_ms(days)
        return self._read(("cases", days, owner), lambda session: read_decided_cases(session, since_ms, owner))

    def _read(self, key: tuple[object, ...], ask: Callable[[Session], Read]) -> Read:
        def read() -> Read:
            with Session(self._engine) as session:
                return ask(session)

        return self._keep(key, read)

    def _keep(self, key: tuple[object, ...], make: Callable[[], Read]) -> Read:
        """What is made; what takes long is kept for a minute or longer, for everybody who asks meanwhile."""
        until_s, kept = self._kept.get(key, (float("-inf"), None))
        if time.monotonic() < until_s:
            return cast(Read, kept)
        began_s = time.monotonic()
        found = make()
        ended_s = time.monotonic()
        if ended_s - began_s > _LONG_S:
            until_s = ended_s + max(_KEPT_S, _KEPT_TIMES * (ended_s - began_s))
            self._kept = {**dict(list(self._kept.items())[-_MOST_KEPT:]), key: (until_s, found)}
        return found

    def _found(self, key: str, missed: Missed | None, right: tuple[int, int]) -> Found:
        violates, decided = right
        recall = recall_of(0, (), self.fewest)
        if missed is not None:
            strata = in_strata(missed.passages, missed.decided, missed.breaches)
            recall = recall_of(missed.found, strata, self.fewest)
        enough = decided >= self.fewest
        return Found(
            key=key,
            recall=recall,
            decided=decided,
            violates=violates,
            precision=violates / decided if enough else None,
            interval=wilson(violates, decided) if enough else None,
        )

    def _since_ms(self, days: int) -> int:
        first = (self._now() - timedelta(days=days - 1)).date()
        return int(datetime.combine(first, datetime.min.time(), UTC).timestamp() * 1000)


def _right(cases: list[DecidedCase], by: str) -> dict[str, tuple[int, int]]:
    """Violating and decided cases by class, kind of goods or policy, or of all."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for case in cases:
        of = sums[{"class": case.class_id, "goods": case.goods, "policy": case.policy}.get(by, "all")]
        of[0] += case.scored.violates
        of[1] += 1
    return {key: (violates, decided) for key, (violates, decided) in sums.items()}


def _bar(name: str, cases: list[ScoredCase]) -> BarOf:
    violates = sum(case.violates for case in cases)
    return BarOf(
        name=name,
        decided=len(cases),
        violates=violates,
        precision=violates / len(cases),
        interval=wilson(violates, len(cases)),
        best=best_raise(cases),
    )


def _missed_of(missed: Missed | None) -> int:
    return 0 if missed is None else sum(missed.breaches.values())

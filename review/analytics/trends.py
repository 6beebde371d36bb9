"""How findings, decisions and what waits move over time, by class, detector, policy or kind of goods."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from statistics import median

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from claims.types import CHINA_TIME
from review.analytics.quality import Quality
from review.analytics.quality_queries import DecidedCase
from review.analytics.trend_cases import Behind, BehindPage, By, read_behind_trend
from review.analytics.types import wilson
from review.cases.tally import goods_of
from review.cases.types import WAITING, CaseState
from review.db.ownership import host_is_of
from review.db.tables.analytics import FoundDayRow
from review.db.tables.cases import CaseRow
from review.db.tables.learning import BlindCaseRow

DAY_MS = 86_400_000
CHINA_MS = 28_800_000
# The day of 1970-01-01 as `date.toordinal` counts.
_EPOCH = date(1970, 1, 1).toordinal()
_WEEK = 7
_WAITING = frozenset(state.value for state in WAITING)
_UNDECIDED = (*_WAITING, CaseState.PROOF.value)


class Step(StrEnum):
    """How long a period is; weeks begin on Mondays, days at midnight in China."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which trend: over so many days up to today, of one key or (None) of all, of these customers or (None) of all."""

    by: By
    step: Step
    days: int
    key: str | None = None
    owner: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What was found, opened and decided; `waiting`: cases that waited for a person at its end.

    `to_decision_ms`: the median from opening to decision; None: nothing was decided.
    """

    found: int = 0
    opened: int = 0
    decided: int = 0
    confirmed: int = 0
    waiting: int = 0
    to_decision_ms: int | None = None

    @property
    def precision(self) -> float | None:
        """The share of decided cases that were confirmed; None: none was decided."""
        return self.confirmed / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares the true precision lies, at 95 %; None: none was decided."""
        return wilson(self.confirmed, self.decided) if self.decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days `[first, last]`, both included, and what happened in them."""

    first: date
    last: date
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The periods, the oldest first, and each key over all of them, what was found most first."""

    periods: tuple[Period, ...]
    keys: tuple[tuple[str, Sums], ...]
    total: Sums


@dataclass(slots=True)
class _Day:
    """What happened on one day with one key."""

    opened: int = 0
    decided: int = 0
    confirmed: int = 0
    # How much the number of waiting cases went up or down.
    moved: int = 0
    lasted_ms: list[int] = field(default_factory=list)


Days = Mapping[int, _Day]


class Trends:
    """Trends out of the database; what takes long to read is kept as figures of quality are."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], quality: Quality) -> None:
        self._engine, self._now, self._quality = engine, now, quality

    def read(self, asked: Asked) -> Trend:
        """The trend as it stands now."""
        today = self._now().astimezone(CHINA_TIME).date().toordinal()
        first = today - asked.days + 1
        if asked.step is Step.WEEK:
            first -= date.fromordinal(first).weekday()
        moved = self._quality.kept(
            ("trend", asked.by, asked.days, asked.owner), lambda session: self._moved(session, asked)
        )
        found = self._found(asked, first, today)
        every = {*moved, *found}
        keys = every if asked.key is None else every & {asked.key}
        days = _together([moved.get(key, {}) for key in keys])
        findings: Counter[int] = Counter()
        for key in keys:
            findings.update(found.get(key, {}))
        length = _WEEK if asked.step is Step.WEEK else 1
        periods = tuple(
            Period(
                first=date.fromordinal(begin),
                last=date.fromordinal(min(begin + length - 1, today)),
                sums=_sums(days, findings, begin, min(begin + length - 1, today)),
            )
            for begin in range(first, today + 1, length)
        )
        by_key = [(key, _sums(moved.get(key, {}), found.get(key, {}), first, today)) for key in every]
        shown = [(key, sums) for key, sums in by_key if sums != Sums()]
        return Trend(
            periods=periods,
            keys=tuple(sorted(shown, key=lambda one: (-one[1].found, -one[1].decided, one[0]))),
            total=_sums(days, findings, first, today),
        )

    def cases(self, asked: Behind) -> BehindPage:
        """The cases behind a figure, a page at a time."""
        return read_behind_trend(self._engine, asked)

    def _found(self, asked: Asked, first: int, today: int) -> dict[str, dict[int, int]]:
        columns = FoundDayRow.__table__.c
        key = columns[asked.by.value]
        counted = (
            select(key, columns.day, func.sum(columns["count"]))
            .where(columns.day >= first, columns.day <= today)
            .group_by(key, columns.day)
        )
        if asked.owner is not None:
            counted = counted.where(columns.tenant_id.in_(sorted(asked.owner)))
        found: dict[str, dict[int, int]] = defaultdict(dict)
        with self._engine.connect() as connection:
            for value, day, count in connection.execute(counted):
                found[value][day] = int(count)
        return found

    def _moved(self, session: Session, asked: Asked) -> dict[str, Days]:
        days: dict[str, dict[int, _Day]] = defaultdict(lambda: defaultdict(_Day))
        # A week more than is asked for, since weeks begin on Mondays and days in China.
        _count_decided(days, asked.by, self._quality.decided(asked.days + _WEEK, asked.owner))
        _count_open(session, days, asked)
        return {key: dict(of_key) for key, of_key in days.items()}


def day_of(at_ms: int) -> int:
    """The day in China, as `date.toordinal` counts."""
    return _EPOCH + (at_ms + CHINA_MS) // DAY_MS


def _count_decided(days: Mapping[str, Mapping[int, _Day]], by: By, cases: Iterable[DecidedCase]) -> None:
    for case in cases:
        of_key = days[_key(by, case.class_id, case.rule, case.policy, case.goods)]
        opened, decided = of_key[day_of(case.opened_at_ms)], of_key[day_of(case.decided_at_ms)]
        opened.opened += 1
        opened.moved += 1
        decided.moved -= 1
        decided.decided += 1
        decided.confirmed += case.scored.violates
        decided.lasted_ms.append(max(0, case.decided_at_ms - case.opened_at_ms))


def _count_open(session: Session, days: Mapping[str, Mapping[int, _Day]], asked: Asked) -> None:
    day = (CaseRow.opened_at_ms + CHINA_MS) // DAY_MS
    keys = (CaseRow.class_id, CaseRow.rule, CaseRow.policy, CaseRow.category, CaseRow.state)
    counted = (
        select(*keys, day.label("day"), func.count())
        .where(CaseRow.state.in_(_UNDECIDED), CaseRow.case_id.not_in(select(BlindCaseRow.case_id)))
        .group_by(*keys, "day")
    )
    if asked.owner is not None:
        counted = counted.where(host_is_of(CaseRow.host_id, asked.owner))
    for class_id, rule, policy, category, state, since, count in session.execute(counted):
        on = days[_key(asked.by, class_id, rule, policy, goods_of(category))][_EPOCH + int(since)]
        on.opened += count
        on.moved += count if state in _WAITING else 0


def _key(by: By, class_id: str, rule: str, policy: str, goods: str) -> str:
    return {By.CLASS: class_id, By.RULE: rule, By.POLICY: policy, By.GOODS: goods}[by]


def _together(several: Sequence[Days]) -> Days:
    """The days of several keys as those of one."""
    sums: dict[int, _Day] = defaultdict(_Day)
    for days in several:
        for day, one in days.items():
            into = sums[day]
            into.opened += one.opened
            into.decided += one.decided
            into.confirmed += one.confirmed
            into.moved += one.moved
            into.lasted_ms += one.lasted_ms
    return sums


def _sums(days: Days, found: Mapping[int, int], first: int, last: int) -> Sums:
    """What happened from the first to the last of these days."""
    within = [days[day] for day in range(first, last + 1) if day in days]
    lasted_ms = [length for one in within for length in one.lasted_ms]
    return Sums(
        found=sum(found.get(day, 0) for day in range(first, last + 1)),
        opened=sum(one.opened for one in within),
        decided=sum(one.decided for one in within),
        confirmed=sum(one.confirmed for one in within),
        waiting=sum(one.moved for day, one in days.items() if day <= last),
        to_decision_ms=int(median(lasted_ms)) if lasted_ms else None,
    )

"""The cases behind a figure of a trend, a page at a time."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from review.analytics.statistics import midnight_ms
from review.cases.queries import case_from_row
from review.cases.tally import NO_GOODS
from review.cases.types import FINAL, WAITING, Case, CaseState
from review.db.ownership import host_is_of
from review.db.tables.cases import CaseRow, DecisionRow
from review.db.tables.learning import BlindCaseRow

_FINAL = [state.value for state in FINAL]
_WAITING = [state.value for state in WAITING]


class By(StrEnum):
    """What is looked at apart."""

    CLASS = "class"
    RULE = "rule"
    POLICY = "policy"
    GOODS = "goods"


class What(StrEnum):
    """Which cases: opened or decided in these days, or waiting now and opened by their end."""

    OPENED = "opened"
    DECIDED = "decided"
    CONFIRMED = "confirmed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What is asked for: days in China, both included. `key` None: of all. `after`: moment and id of the last seen."""

    by: By
    what: What
    first: date
    last: date
    key: str | None = None
    owner: frozenset[str] | None = None
    after: tuple[int, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindPage:
    """Cases, each with when it was opened or decided (Unix time), the latest first; `after` None: there are no more."""

    cases: tuple[tuple[Case, int], ...]
    after: tuple[int, str] | None


def read_behind_trend(engine: Engine, asked: Behind) -> BehindPage:
    """A page of the cases."""
    is_decided = asked.what in {What.DECIDED, What.CONFIRMED}
    at: Any = DecisionRow.decided_at_ms if is_decided else CaseRow.opened_at_ms
    statement = _decided(asked) if is_decided else _opened(asked)
    of: Any = DecisionRow if is_decided else CaseRow
    statement = statement.where(*_of_key(asked, of), CaseRow.case_id.not_in(select(BlindCaseRow.case_id)))
    if asked.owner is not None:
        statement = statement.where(host_is_of(CaseRow.host_id, asked.owner))
    if asked.after is not None:
        statement = statement.where(tuple_(at, CaseRow.case_id) < tuple_(*asked.after))
    statement = statement.order_by(at.desc(), CaseRow.case_id.desc()).limit(asked.limit + 1)
    with Session(engine) as session:
        found = [(case_from_row(row), int(at_ms)) for row, at_ms in session.execute(statement)]
    page = tuple(found[: asked.limit])
    return BehindPage(cases=page, after=(page[-1][1], page[-1][0].id) if len(found) > asked.limit else None)


def _opened(asked: Behind) -> Select[CaseRow, int]:
    begin_ms, end_ms = midnight_ms(asked.first), midnight_ms(asked.last + timedelta(days=1))
    found: Select[CaseRow, int] = select(CaseRow, CaseRow.opened_at_ms).where(CaseRow.opened_at_ms < end_ms)
    if asked.what is What.WAITING:
        return found.where(CaseRow.state.in_(_WAITING))
    return found.where(CaseRow.opened_at_ms >= begin_ms)


def _decided(asked: Behind) -> Select[CaseRow, int]:
    """Each case once, by the last decision that led to where it stands."""
    begin_ms, end_ms = midnight_ms(asked.first), midnight_ms(asked.last + timedelta(days=1))
    later = aliased(DecisionRow)
    is_later = or_(
        later.decided_at_ms > DecisionRow.decided_at_ms,
        and_(later.decided_at_ms == DecisionRow.decided_at_ms, later.decision_id > DecisionRow.decision_id),
    )
    is_again = exists().where(
        later.case_id == DecisionRow.case_id, is_later, later.undone_at_ms.is_(None), later.after == CaseRow.state
    )
    states = [CaseState.CONFIRMED.value] if asked.what is What.CONFIRMED else _FINAL
    found: Select[CaseRow, int] = (
        select(CaseRow, DecisionRow.decided_at_ms)
        .join(DecisionRow, DecisionRow.case_id == CaseRow.case_id)
        .where(DecisionRow.decided_at_ms >= begin_ms, DecisionRow.decided_at_ms < end_ms)
        .where(DecisionRow.undone_at_ms.is_(None), DecisionRow.after == CaseRow.state, CaseRow.state.in_(states))
        .where(~is_again)
    )
    return found


def _of_key(asked: Behind, of: Any) -> list[ColumnElement[bool]]:
    """`of`: the row that names detector and policy, as the trend counts them."""
    if asked.key is None:
        return []
    if asked.by is By.CLASS:
        return [CaseRow.class_id == asked.key]
    if asked.by is By.GOODS:
        category = func.coalesce(CaseRow.category, NO_GOODS)
        return [or_(category == asked.key, category.startswith(f"{asked.key}/", autoescape=True))]
    column: ColumnElement[str] = of.rule if asked.by is By.RULE else of.policy
    return [column == asked.key]

"""What figures of quality stand on, each question inside the caller's session."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session, aliased

from review.analytics.raised_thresholds import ScoredCase
from review.cases.types import FINAL, BlindKind, CaseState, Choice
from review.db.ownership import Owner, host_is_of, owner_in, stream_is_of
from review.db.tables.cases import CaseFindingRow, CaseRow, DecisionRow
from review.db.tables.learning import BlindCaseRow, GoldenRow, SpotStreamRow
from review.db.tables.streams import FindingRow

_FINAL = [state.value for state in FINAL]
_ALL = "all"
# Goods of a broadcast from which nothing could be drawn.
NO_GOODS = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What spot checks stand on, by one key: passages and decisions of each stratum, and flags that were confirmed."""

    found: int
    passages: Mapping[str, int]
    decided: Mapping[str, int]
    breaches: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """How often confirmed breaches of a class, of goods, under a policy were flagged."""

    class_id: str
    goods: str
    policy: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCase:
    """A decided case as far as bars and precision go: of what, by which rule and policy, its score, when and how."""

    class_id: str
    goods: str
    rule: str
    policy: str
    opened_at_ms: int
    decided_at_ms: int
    scored: ScoredCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What was said in a decided case, by whom, and what it scored."""

    case_id: str
    quote: str
    host_name: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One standing decision of one person on a case, as far as agreement goes."""

    case_id: str
    class_id: str
    person_id: str
    choice: Choice
    before: CaseState
    after: CaseState
    state: CaseState
    decided_at_ms: int
    golden: Choice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What was drawn from and decided since then, as finely as it is told: counts by each kind of key.

    `passages`: by stratum, goods and policy; `spots`: decided spot checks by stratum, class, goods, policy and whether
    they are breaches.
    """

    passages: Sequence[tuple[str, Mapping[str, str], int]]
    spots: Sequence[tuple[str, Mapping[str, str], bool, int]]


def read_drawn(session: Session, since_ms: int, owner: Owner | None) -> Drawn:
    """The broadcasts that were drawn from since then, and the spot checks of them that are decided."""
    drawn = (
        select(SpotStreamRow.stratum, SpotStreamRow.goods, SpotStreamRow.policy, func.sum(SpotStreamRow.passages))
        .where(SpotStreamRow.drawn_at_ms >= since_ms, SpotStreamRow.passages > 0)
        .where(*_own(SpotStreamRow.stream_id, owner))
        .group_by(SpotStreamRow.stratum, SpotStreamRow.goods, SpotStreamRow.policy)
    )
    keys = (BlindCaseRow.stratum, BlindCaseRow.class_id, BlindCaseRow.goods, BlindCaseRow.policy, CaseRow.state)
    decided = (
        select(*keys, func.count())
        .join(CaseRow, CaseRow.case_id == BlindCaseRow.case_id)
        .where(BlindCaseRow.kind == BlindKind.SPOT.value, BlindCaseRow.made_at_ms >= since_ms)
        .where(CaseRow.state.in_(_FINAL))
        .group_by(*keys)
    )
    if owner is not None:
        decided = decided.where(owner_in(BlindCaseRow.tenant_id, owner))
    return Drawn(
        passages=[
            (stratum, {"goods": goods, "policy": policy}, int(count))
            for stratum, goods, policy, count in session.execute(drawn)
        ],
        spots=[
            (stratum, {"class": class_id, "goods": goods, "policy": policy}, state == CaseState.CONFIRMED.value, count)
            for stratum, class_id, goods, policy, state, count in session.execute(decided)
        ],
    )


def missed_by(by: str, drawn: Drawn, flagged: Sequence[Flagged]) -> dict[str, Missed]:
    """What was found and missed in broadcasts that were drawn from, by `class`, `goods`, `policy` or `all`.

    `drawn`, `flagged`: what `read_drawn` and `read_flagged` give of the same days and customer.
    A class is missed among all passages: whatever else they turned out to be, they are not of this one.
    """
    parts = _ALL if by == "class" else by
    passages = _sums((stratum, keys.get(parts, _ALL), count) for stratum, keys, count in drawn.passages)
    decided = _sums((stratum, keys.get(parts, _ALL), count) for stratum, keys, _, count in drawn.spots)
    breaches = _sums((stratum, keys.get(by, _ALL), count) for stratum, keys, breach, count in drawn.spots if breach)
    found = _found(flagged, by)
    return {
        key: Missed(
            found=found.get(key, 0),
            passages=passages.get(_ALL if by == "class" else key, {}),
            decided=decided.get(_ALL if by == "class" else key, {}),
            breaches=breaches.get(key, {}),
        )
        for key in sorted({*found, *breaches, *(() if by == "class" else passages)})
    }


def _sums(counts: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Counts by key and stratum."""
    sums: dict[str, dict[str, int]] = {}
    for stratum, key, count in counts:
        of_key = sums.setdefault(key, {})
        of_key[stratum] = of_key.get(stratum, 0) + count
    return sums


def read_flagged(session: Session, since_ms: int, owner: Owner | None) -> list[Flagged]:
    """How often confirmed breaches were flagged in broadcasts that were drawn from, without what spot checks found."""
    drawn = (
        select(SpotStreamRow.stream_id, func.max(SpotStreamRow.policy).label("policy"))
        .where(SpotStreamRow.drawn_at_ms >= since_ms, *_own(SpotStreamRow.stream_id, owner))
        .group_by(SpotStreamRow.stream_id)
        .subquery()
    )
    keys = (FindingRow.class_id, CaseRow.category, drawn.c.policy)
    rows = (
        select(func.sum(FindingRow.count), *keys)
        .join(drawn, drawn.c.stream_id == FindingRow.stream_id)
        .join(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
        .join(CaseRow, CaseRow.case_id == CaseFindingRow.case_id)
        .where(CaseRow.state == CaseState.CONFIRMED.value)
        .where(FindingRow.finding_id.not_in(select(BlindCaseRow.finding_id)))
        .group_by(*keys)
    )
    return [
        Flagged(class_id=class_id, goods=(category or NO_GOODS).partition("/")[0], policy=policy, count=int(count or 0))
        for count, class_id, category, policy in session.execute(rows)
    ]


def _found(flagged: Sequence[Flagged], by: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in flagged:
        key = {"class": one.class_id, "goods": one.goods, "policy": one.policy}.get(by, _ALL)
        sums[key] = sums.get(key, 0) + one.count
    return sums


def _own(column: Any, owner: Owner | None) -> list[Any]:
    return [] if owner is None else [stream_is_of(column, owner)]


def read_decided_cases(session: Session, since_ms: int, owner: Owner | None) -> list[DecidedCase]:
    """The cases that stand decided since then, each once, by its last decision; those that no flag opened left out."""
    rows = (
        select(
            CaseRow.case_id,
            CaseRow.class_id,
            CaseRow.category,
            CaseRow.score,
            CaseRow.state,
            CaseRow.opened_at_ms,
            DecisionRow.rule,
            DecisionRow.policy,
            DecisionRow.decided_at_ms,
        )
        .join(CaseRow, CaseRow.case_id == DecisionRow.case_id)
        .where(DecisionRow.decided_at_ms >= since_ms, DecisionRow.undone_at_ms.is_(None))
        .where(DecisionRow.after == CaseRow.state, CaseRow.state.in_(_FINAL))
        .where(CaseRow.case_id.not_in(select(BlindCaseRow.case_id)))
        .order_by(DecisionRow.decided_at_ms)
    )
    if owner is not None:
        rows = rows.where(host_is_of(CaseRow.host_id, owner))
    found = {
        row.case_id: DecidedCase(
            class_id=row.class_id,
            goods=(row.category or NO_GOODS).partition("/")[0],
            rule=row.rule,
            policy=row.policy,
            opened_at_ms=row.opened_at_ms,
            decided_at_ms=row.decided_at_ms,
            scored=ScoredCase(case_id=row.case_id, score=row.score, violates=row.state == CaseState.CONFIRMED.value),
        )
        for row in session.execute(rows)
    }
    return list(found.values())


def read_behind(session: Session, case_ids: Sequence[str]) -> list[Behind]:
    """What was said in these cases, the lowest score first."""
    rows = (
        select(CaseRow.case_id, CaseRow.quote, CaseRow.host_name, CaseRow.score)
        .where(CaseRow.case_id.in_(case_ids))
        .order_by(CaseRow.score, CaseRow.case_id)
    )
    return [Behind(**row._mapping) for row in session.execute(rows)]


def read_answers(session: Session, since_ms: int, owner: Owner | None) -> list[Answer]:
    """Every standing decision on these customers' cases since then, the oldest first.

    `golden`: what two seniors said of the case before; None for who decided on it then.
    """
    before = aliased(DecisionRow)
    # Looked for by the case: somebody's decisions are many, a case's are few. SQLite would take the person's index.
    same = func.coalesce(before.person_id, "") == DecisionRow.person_id
    knew = exists().where(before.case_id == GoldenRow.case_id, same)
    rows = session.execute(
        select(
            DecisionRow.case_id,
            CaseRow.class_id,
            DecisionRow.person_id,
            DecisionRow.choice,
            DecisionRow.before,
            DecisionRow.after,
            CaseRow.state,
            DecisionRow.decided_at_ms,
            case((GoldenRow.golden_id.is_(None), None), (knew, None), else_=GoldenRow.choice).label("golden"),
        )
        .join(CaseRow, CaseRow.case_id == DecisionRow.case_id)
        .outerjoin(BlindCaseRow, BlindCaseRow.case_id == DecisionRow.case_id)
        .outerjoin(GoldenRow, GoldenRow.golden_id == BlindCaseRow.golden_id)
        .where(DecisionRow.decided_at_ms >= since_ms, DecisionRow.undone_at_ms.is_(None))
        .where(*([] if owner is None else [host_is_of(CaseRow.host_id, owner)]))
        .order_by(DecisionRow.decided_at_ms, DecisionRow.decision_id)
    )
    return [
        Answer(
            case_id=row.case_id,
            class_id=row.class_id,
            person_id=row.person_id,
            choice=Choice(row.choice),
            before=CaseState(row.before),
            after=CaseState(row.after),
            state=CaseState(row.state),
            decided_at_ms=row.decided_at_ms,
            golden=None if row.golden is None else Choice(row.golden),
        )
        for row in rows
    ]

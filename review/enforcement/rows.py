"""Between the records of due process and their rows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import Row

from review.audit.chain import canonical
from review.db.tables.enforcement import (
    AppealRow,
    DefenceRow,
    EarlierMeasureRow,
    LinkRow,
    LockedHostRow,
    MeasureCaseRow,
    MeasureRow,
    StrikeRow,
)
from review.db.upsert import insert_missing, table_of
from review.enforcement.errors import UnknownAppealError, UnknownMeasureError
from review.enforcement.types import (
    Appeal,
    AppealState,
    Defence,
    HandedIn,
    Measure,
    MeasureKind,
    MeasureState,
    Notice,
    Outcome,
    Ruling,
    Strike,
)

_COPIED = (
    "host_id",
    "breach",
    "serious_why",
    "urgent_why",
    "table_version",
    "proposed_by",
    "proposed_at_ms",
    "defence_due_ms",
    "lapses_at_ms",
    "approved_by",
    "approved_at_ms",
    "appeal_due_ms",
    "closed_by",
    "closed_at_ms",
    "closed_why",
)
_NOTICE = TypeAdapter(Notice)
_RULINGS = TypeAdapter(tuple[Ruling, ...])
_OUTCOME = TypeAdapter(Outcome | None)
_MOVES = ("approved_by", "approved_at_ms", "appeal_due_ms", "closed_by", "closed_at_ms", "closed_why")


def lock_host(connection: Connection, host_id: str) -> None:
    """Orders everything that happens to one host: the row stays locked until the caller commits."""
    insert_missing(connection, LockedHostRow, [{"host_id": host_id}])
    connection.execute(select(LockedHostRow.host_id).where(LockedHostRow.host_id == host_id).with_for_update())


def linked_hosts(connection: Connection, host_id: str) -> tuple[str, ...]:
    """The other accounts of the same legal person, over any number of shared identifiers, by id."""
    found = {host_id}
    new = {host_id}
    while new:
        shared = select(LinkRow.identifier_hmac).where(LinkRow.host_id.in_(new))
        hosts = connection.scalars(select(LinkRow.host_id).where(LinkRow.identifier_hmac.in_(shared)).distinct())
        new = set(hosts) - found
        found |= new
    return tuple(sorted(found - {host_id}))


def strikes_of(connection: Connection, host_ids: Iterable[str]) -> tuple[Strike, ...]:
    """The strikes of these hosts, the oldest first."""
    columns = table_of(StrikeRow).c
    rows = connection.execute(
        select(*columns).where(columns.host_id.in_(list(host_ids))).order_by(columns.at_ms, columns.case_id)
    )
    return tuple(_strike(row) for row in rows)


def _strike(row: Row[Any]) -> Strike:
    values = dict(row._mapping)
    return Strike(class_id=values.pop("class"), law=tuple(json.loads(values.pop("law"))), **values)


_FIRST_FORM = frozenset({"facts_en", "reasons_en", "appeal_en"})


def stored_notice(notice: Notice) -> str:
    """The notice as it is stored and hashed; what it does not have is left out, so that old ones keep their hash."""
    left_out = {
        field.name
        for field in fields(notice)
        if field.default is not MISSING
        and field.name not in _FIRST_FORM
        and getattr(notice, field.name) == field.default
    }
    return canonical({name: value for name, value in asdict(notice).items() if name not in left_out})


def insert_measure(connection: Connection, measure: Measure) -> None:
    """Stores a measure as proposed."""
    values = {name: getattr(measure, name) for name in _COPIED}
    connection.execute(
        insert(MeasureRow).values(
            **values,
            measure_id=measure.id,
            kind=measure.kind.value,
            state=measure.state.value,
            notice=stored_notice(measure.notice),
            starts_at_ms=measure.starts_at_ms,
            ends_at_ms=measure.ends_at_ms,
        )
    )
    cases = [{"measure_id": measure.id, "case_id": case_id} for case_id in measure.case_ids]
    connection.execute(insert(MeasureCaseRow), cases)


def move_measure(connection: Connection, measure: Measure) -> None:
    """Stores where the measure stands now."""
    connection.execute(
        update(MeasureRow)
        .where(MeasureRow.measure_id == measure.id)
        .values(state=measure.state.value, **{name: getattr(measure, name) for name in _MOVES})
    )


def change_measure(connection: Connection, before: Measure, after: Measure, appeal_id: str, at_ms: int) -> None:
    """Stores the measure as an appeal changed it, and keeps what it was."""
    connection.execute(
        insert(EarlierMeasureRow).values(
            appeal_id=appeal_id,
            measure_id=before.id,
            kind=before.kind.value,
            notice=stored_notice(before.notice),
            starts_at_ms=before.starts_at_ms,
            ends_at_ms=before.ends_at_ms,
            until_ms=at_ms,
        )
    )
    connection.execute(
        update(MeasureRow)
        .where(MeasureRow.measure_id == after.id)
        .values(
            kind=after.kind.value,
            notice=stored_notice(after.notice),
            breach=after.breach,
            serious_why=after.serious_why,
            starts_at_ms=after.starts_at_ms,
            ends_at_ms=after.ends_at_ms,
        )
    )


def measures_where(connection: Connection, *conditions: Any) -> tuple[Measure, ...]:
    """The measures that fit, the latest first."""
    columns = table_of(MeasureRow).c
    rows = connection.execute(
        select(*columns).where(*conditions).order_by(columns.proposed_at_ms.desc(), columns.measure_id)
    ).all()
    cases: dict[str, list[str]] = {row.measure_id: [] for row in rows}
    for row in connection.execute(
        select(MeasureCaseRow.measure_id, MeasureCaseRow.case_id)
        .where(MeasureCaseRow.measure_id.in_(cases))
        .order_by(MeasureCaseRow.case_id)
    ):
        cases[row.measure_id].append(row.case_id)
    return tuple(_measure(row, cases[row.measure_id]) for row in rows)


def measure_of(connection: Connection, measure_id: str) -> Measure:
    """One measure; raises UnknownMeasureError."""
    found = measures_where(connection, MeasureRow.measure_id == measure_id)
    if not found:
        raise UnknownMeasureError(measure_id)
    return found[0]


def _measure(row: Row[Any], case_ids: Sequence[str]) -> Measure:
    return Measure(
        id=row.measure_id,
        kind=MeasureKind(row.kind),
        state=MeasureState(row.state),
        notice=_NOTICE.validate_json(row.notice),
        case_ids=tuple(case_ids),
        **{name: getattr(row, name) for name in _COPIED},
    )


def insert_defence(connection: Connection, defence: Defence) -> None:
    """Stores what the host said before the measure."""
    files = [asdict(file) for file in defence.files]
    connection.execute(
        insert(DefenceRow).values(
            measure_id=defence.measure_id, statement=defence.statement, files=files, at_ms=defence.at_ms
        )
    )


def defence_of(connection: Connection, measure_id: str) -> Defence | None:
    """What the host said before the measure; None: nothing."""
    columns = table_of(DefenceRow).c
    row = connection.execute(select(*columns).where(columns.measure_id == measure_id)).one_or_none()
    if row is None:
        return None
    return Defence(measure_id=measure_id, statement=row.statement, files=_files(row.files), at_ms=row.at_ms)


def write_appeal(connection: Connection, appeal: Appeal) -> None:
    """Stores the appeal: as filed, or as decided."""
    values = {
        name: getattr(appeal, name)
        for name in ("measure_id", "statement", "filed_at_ms", "decide_due_ms", "decided_by", "decided_at_ms")
    } | {
        "files": [asdict(file) for file in appeal.files],
        "state": appeal.state.value,
        "reasons_zh": appeal.reasons_zh,
        "reasons_en": appeal.reasons_en,
        "rulings": _RULINGS.dump_python(appeal.rulings, mode="json"),
        "outcome": _OUTCOME.dump_python(appeal.outcome, mode="json"),
    }
    changed = connection.execute(update(AppealRow).where(AppealRow.appeal_id == appeal.id).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(AppealRow).values(appeal_id=appeal.id, **values))


def appeals_where(connection: Connection, *conditions: Any) -> tuple[Appeal, ...]:
    """The appeals that fit, the oldest first."""
    columns = table_of(AppealRow).c
    rows = connection.execute(select(*columns).where(*conditions).order_by(columns.filed_at_ms, columns.appeal_id))
    return tuple(_appeal(row) for row in rows)


def appeal_of(connection: Connection, appeal_id: str) -> Appeal:
    """One appeal; raises UnknownAppealError."""
    found = appeals_where(connection, AppealRow.appeal_id == appeal_id)
    if not found:
        raise UnknownAppealError(appeal_id)
    return found[0]


def _appeal(row: Row[Any]) -> Appeal:
    values = dict(row._mapping)
    return Appeal(
        id=values.pop("appeal_id"),
        files=_files(values.pop("files")),
        state=AppealState(values.pop("state")),
        rulings=_RULINGS.validate_python(values.pop("rulings")),
        outcome=_OUTCOME.validate_python(values.pop("outcome")),
        **values,
    )


def _files(stored: Sequence[dict[str, Any]]) -> tuple[HandedIn, ...]:
    return tuple(HandedIn(**file) for file in stored)

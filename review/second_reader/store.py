"""The second reader's part of the store: who asks what, what was answered, and how many calls are left."""

import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from claims.second_reader.restating import about, without_reading
from claims.second_reader.types import CaseHold, Decided, Merged
from claims.types import Disposition, Finding
from review.cases.types import FINAL, CaseState
from review.db.ownership import host_is_of
from review.db.tables.cases import CaseFindingRow, CaseRow
from review.db.tables.second_reader import SecondAnswerRow, SecondCallRow, SecondFigureRow, SecondOpinionRow
from review.db.tables.streams import HIDDEN, FindingRow, StreamRow
from review.db.upsert import add_up, insert_missing, table_of
from review.events.log import write_events
from review.replays.queries import passport_texts
from review.second_reader.placing import can_become, case_hold_of, case_now, place
from review.second_reader.types import Budget, Figures, KeptAnswer, Readable
from review.streams.filing import count_up, hosts_of
from review.streams.rows import finding_from_json

ASKED, GIVEN, STALE = "asked", "given", "stale"
# An answer of a broadcast that is not stored is let go after so long; others go with their broadcast.
KEEP_ANSWERS_MS = 90 * 86_400_000
_HOUR_MS = 3_600_000
_MOST_DECIDED = 300
_TOKENS_IN, _TOKENS_OUT, _COST = "tokens_in", "tokens_out", "cost"

# What an opinion makes of the finding as it stands, given whether people have taken its case up.
Merge = Callable[[Finding, CaseHold], Merged]


class SecondReaderStore:
    """What is read a second time; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], *, flag_at: float, second_share: float) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._flag_at = flag_at
        self._second_share = second_share
        # One writer of this process at a time: many that wait for SQLite's one lock would keep findings from it.
        self._turn = threading.Lock()

    def claim(self, finding: Finding, *, stale_ms: int) -> bool:
        """Whether the finding is this caller's to ask about: nobody has, or who did was silent for `stale_ms`."""
        columns = table_of(SecondOpinionRow).c
        now_ms = self._now_ms()
        values = {
            "finding_id": finding.finding_id,
            "stream_id": finding.stream_id,
            "about": about(finding),
            "asked_at_ms": now_ms,
            "outcome": ASKED,
            "answer_key": None,
            "record": None,
            "heir": None,
        }
        with self._turn, self._writing.begin() as connection:
            kind = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            statement = kind(table_of(SecondOpinionRow)).values(values)
            silent = (columns.outcome == ASKED) & (columns.asked_at_ms <= now_ms - stale_ms)
            new = or_(columns.about != statement.excluded.about, silent) & columns.heir.is_(None)
            replaced = {name: statement.excluded[name] for name in values if name != "finding_id"}
            taken = statement.on_conflict_do_update(index_elements=["finding_id"], set_=replaced, where=new)
            return connection.execute(taken.returning(columns.finding_id)).first() is not None

    def miss(self, finding: Finding, outcome: str) -> None:
        """Notes that nothing was said of the finding, and why; it is not asked about again as it stands."""
        with self._turn, self._writing.begin() as connection:
            connection.execute(
                update(SecondOpinionRow)
                .where(SecondOpinionRow.finding_id == finding.finding_id, SecondOpinionRow.about == about(finding))
                .values(outcome=outcome)
            )

    def put(self, finding: Finding, answer_key: str, merge: Merge) -> tuple[Finding, ...]:
        """Stores what was said of the finding with what `merge` makes of it; gives the findings as they stand.

        Empty: the finding has changed since it was asked about, or no longer stands; then nothing changes.
        """
        with self._turn, self._writing.begin() as connection:
            hosts_of(connection, {finding.stream_id}, hold=True)
            record = connection.scalar(select(FindingRow.record).where(FindingRow.finding_id == finding.finding_id))
            stored = None if record is None else finding_from_json(record)
            mine = (SecondOpinionRow.finding_id == finding.finding_id, SecondOpinionRow.about == about(finding))
            if stored is None or stored.second_reading is not None or not _is_still(stored, finding):
                connection.execute(update(SecondOpinionRow).where(*mine).values(outcome=STALE))
                return ()
            case = case_now(connection, stored.finding_id)
            now_ms = self._now_ms()
            merged = merge(stored, case_hold_of(connection, case, now_ms))
            if merged.heir is not None and not can_become(connection, case, merged.heir):
                merged = merge(stored, CaseHold.SHARED)
            events = place(
                connection, merged, case, now_ms=now_ms, flag_at=self._flag_at, second_share=self._second_share
            )
            connection.execute(
                update(SecondOpinionRow)
                .where(*mine)
                .values(
                    outcome=GIVEN,
                    answer_key=answer_key,
                    record=merged.finding.to_json(),
                    heir=None if merged.heir is None else merged.heir.to_json(),
                )
            )
            write_events(connection, now_ms, events)
        return (merged.finding,) if merged.heir is None else (merged.finding, merged.heir)

    def answer(self, key: str) -> KeptAnswer | None:
        """What was answered to the same question by the same model."""
        columns = table_of(SecondAnswerRow).c
        with self._engine.connect() as connection:
            row = connection.execute(select(*columns).where(columns.answer_key == key)).one_or_none()
        if row is None:
            return None
        return KeptAnswer(
            key=row.answer_key,
            messages=tuple(row.messages),
            **{name: getattr(row, name) for name in _OF_ANSWERS},
        )

    def keep(self, answer: KeptAnswer) -> None:
        """Keeps the answer for whoever asks the same, and for replays."""
        now_ms = self._now_ms()
        with self._turn, self._writing.begin() as connection:
            unstored = ~select(StreamRow.stream_id).where(StreamRow.stream_id == SecondAnswerRow.stream_id).exists()
            old = SecondAnswerRow.answered_at_ms < now_ms - KEEP_ANSWERS_MS
            connection.execute(delete(SecondAnswerRow).where(old, unstored))
            values = {name: getattr(answer, name) for name in _OF_ANSWERS}
            row = values | {
                "answer_key": answer.key,
                "messages": [dict(message) for message in answer.messages],
                "answered_at_ms": now_ms,
            }
            insert_missing(connection, SecondAnswerRow, [row])

    def allow(self, stream_id: str, budget: Budget) -> bool:
        """Takes one call of the last hour's budget; False: none is left, of the broadcast or of all."""
        now_ms = self._now_ms()
        with self._turn, self._writing.begin() as connection:
            # The counter's row is locked until the commit: nobody counts beside us.
            count_up(connection, "second_call")
            connection.execute(delete(SecondCallRow).where(SecondCallRow.at_ms <= now_ms - _HOUR_MS))
            all_calls = connection.scalar(select(func.count()).select_from(SecondCallRow)) or 0
            of_stream = select(func.count()).select_from(SecondCallRow).where(SecondCallRow.stream_id == stream_id)
            if all_calls >= budget.of_all or (connection.scalar(of_stream) or 0) >= budget.of_broadcast:
                return False
            row = {"call_id": str(uuid.uuid4()), "stream_id": stream_id, "at_ms": now_ms}
            connection.execute(insert(SecondCallRow).values(row))
        return True

    def count(self, outcome: str, *, tokens_in: int = 0, tokens_out: int = 0, cost: float = 0.0) -> None:
        """Counts what became of a question, and what it took."""
        given = {f"outcome:{outcome}": 1.0, _TOKENS_IN: tokens_in, _TOKENS_OUT: tokens_out, _COST: cost}
        rows: list[Mapping[str, object]] = [
            {"name": name, "value": float(value)} for name, value in sorted(given.items()) if value
        ]
        with self._turn, self._writing.begin() as connection:
            add_up(connection, SecondFigureRow, rows, "value")

    def figures(self) -> Figures:
        """What was counted so far, on all machines."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(SecondFigureRow.name, SecondFigureRow.value)).all()
        values = {row.name: row.value for row in rows}
        return Figures(
            outcomes={
                name.removeprefix("outcome:"): round(value)
                for name, value in sorted(values.items())
                if name.startswith("outcome:")
            },
            tokens_in=round(values.get(_TOKENS_IN, 0)),
            tokens_out=round(values.get(_TOKENS_OUT, 0)),
            cost=values.get(_COST, 0.0),
        )

    def decided(self, tenant_id: str, class_id: str) -> tuple[Decided, ...]:
        """The words of this customer's latest decided cases of the class, with what people decided."""
        newest = (
            select(CaseRow.quote, CaseRow.state)
            .where(
                table_of(CaseRow).c["class"] == class_id,
                CaseRow.state.in_([state.value for state in FINAL]),
                host_is_of(CaseRow.host_id, tenant_id),
            )
            .order_by(CaseRow.changed_at_ms.desc(), CaseRow.case_id)
            .limit(_MOST_DECIDED)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(newest).all()
        return tuple(Decided(quote=row.quote, violates=row.state == CaseState.CONFIRMED.value) for row in rows)

    def beside(self, finding: Finding) -> tuple[str, ...]:
        """The classes of the other findings that stand on the same passages."""
        columns = table_of(FindingRow).c
        near = select(columns["class"], columns.record).where(
            columns.stream_id == finding.stream_id,
            columns.finding_id != finding.finding_id,
            columns.disposition.not_in([Disposition.NONE.value, HIDDEN]),
            columns.start_ms.between(finding.start_ms - _HOUR_MS // 60, finding.end_ms + _HOUR_MS // 60),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(near.order_by(columns.start_ms)).all()
        own = set(finding.passage_ids)
        return tuple(dict.fromkeys(row._mapping["class"] for row in rows if own & set(row.record["passage_ids"])))

    def passport_texts(self, stream_id: str, data_dir: Path) -> tuple[str, ...]:
        """The text of each passport by which the broadcast was judged, as far as they are kept."""
        with Session(self._engine) as session:
            row = session.get(StreamRow, stream_id)
            return () if row is None else passport_texts(session, row, data_dir / "recordings" / stream_id)

    def readable(self, stream_id: str) -> tuple[Readable, ...]:
        """The broadcast's findings as they stood before anything was read twice, with what people decided."""
        heirs = select(SecondOpinionRow.heir).where(SecondOpinionRow.stream_id == stream_id)
        with Session(self._engine) as session:
            made = {heir["finding_id"]: heir for heir in session.scalars(heirs) if heir is not None}
            rows = session.execute(
                select(FindingRow.record, CaseRow.case_id, CaseRow.state)
                .outerjoin(CaseFindingRow, CaseFindingRow.finding_id == FindingRow.finding_id)
                .outerjoin(CaseRow, CaseRow.case_id == CaseFindingRow.case_id)
                .where(FindingRow.stream_id == stream_id)
                .order_by(FindingRow.created_seq)
            ).all()
        of_heir = {row.record["finding_id"]: row for row in rows if row.record["finding_id"] in made}
        found = []
        for row in rows:
            finding = finding_from_json(row.record)
            if finding.finding_id in made:
                continue
            case = of_heir.get(finding.superseded_by or "", row)
            bare = without_reading(finding)
            if bare.superseded_by is None and bare.disposition is not Disposition.NONE:
                state = None if case.state is None else CaseState(case.state)
                said = finding if finding.second_reading is not None else None
                found.append(Readable(finding=bare, said=said, case_id=case.case_id, state=state))
        return tuple(found)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


_OF_ANSWERS = ("stream_id", "model", "prompt", "answer", "tokens_in", "tokens_out", "took_ms")


def _is_still(stored: Finding, asked: Finding) -> bool:
    """Whether the finding stands, and says what was asked about."""
    return stored.superseded_by is None and about(stored) == about(asked)

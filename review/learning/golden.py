"""Cases that two seniors decided alike, shown anew and unmarked: by them those who decide later are measured."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, exists, func, insert, select
from sqlalchemy.orm import aliased

from review.accounts.types import Role
from review.audit.trail import Journal
from review.cases.blind import Blind, open_blind_case
from review.cases.types import FINAL, BlindKind, Choice
from review.db.tables.accounts import PersonRow
from review.db.tables.cases import CaseRow, DecisionRow
from review.db.tables.learning import BlindCaseRow, GoldenRow
from review.db.tables.streams import FindingRow
from review.db.upsert import table_of
from review.streams.rows import finding_from_json

_DAY_MS = 86_400_000
# The same case is shown anew so rarely that nobody remembers it.
_AGAIN_MS = 30 * _DAY_MS
_SENIORS = [Role.SENIOR.value, Role.ADMIN.value]
_ACTOR = "golden"


class GoldenStore:
    """Golden items; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], *, flag_at: float) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._flag_at = flag_at

    def draw(self, share: float) -> str | None:
        """Shows one decided case anew, if less than this share of the day's decisions were such; gives its new id."""
        if share <= 0:
            return None
        now_ms = int(self._now().timestamp() * 1000)
        with self._writing.begin() as connection:
            if self._made(connection, now_ms) >= share * self._decided(connection, now_ms):
                return None
            found = self._next(connection, now_ms)
            if found is None:
                return None
            golden_id, choice = self._golden(connection, found, now_ms)
            record = connection.scalar(select(FindingRow.record).where(FindingRow.finding_id == found.top_finding_id))
            if record is None:
                return None
            finding = replace(finding_from_json(record), finding_id=f"f_{uuid.uuid4().hex}")
            goods = (found.category or "-").partition("/")[0]
            blind = Blind(
                kind=BlindKind.GOLDEN,
                stratum="golden",
                share=share,
                goods=goods,
                score=finding.score,
                golden_id=golden_id,
            )
            case_id = open_blind_case(
                connection, finding, blind, now_ms=now_ms, flag_at=self._flag_at, second_share=0.0
            )
            journal = Journal(at_ms=now_ms, actor=_ACTOR)
            journal.note("golden.shown", f"case:{found.case_id}", choice=choice)
            journal.close(connection)
            return case_id

    def _made(self, connection: Connection, now_ms: int) -> int:
        made = select(func.count()).where(
            BlindCaseRow.kind == BlindKind.GOLDEN.value, BlindCaseRow.made_at_ms >= now_ms - _DAY_MS
        )
        return connection.scalar(made) or 0

    def _decided(self, connection: Connection, now_ms: int) -> int:
        decided = select(func.count()).where(
            DecisionRow.decided_at_ms >= now_ms - _DAY_MS, DecisionRow.undone_at_ms.is_(None)
        )
        return connection.scalar(decided) or 0

    def _next(self, connection: Connection, now_ms: int) -> CaseRow | None:
        """A case that two seniors decided alike, by a hash of case and day; not one that was shown lately."""
        one, other = aliased(DecisionRow), aliased(DecisionRow)
        seniors = select(PersonRow.person_id).where(PersonRow.role.in_(_SENIORS))
        lately = (
            exists()
            .where(GoldenRow.case_id == CaseRow.case_id, BlindCaseRow.golden_id == GoldenRow.golden_id)
            .where(BlindCaseRow.made_at_ms >= now_ms - _AGAIN_MS)
        )
        rows = connection.execute(
            select(CaseRow.__table__)
            .join(one, one.case_id == CaseRow.case_id)
            .join(other, (other.case_id == CaseRow.case_id) & (other.person_id > one.person_id))
            .where(one.choice == other.choice, one.choice.in_([Choice.VIOLATES.value, Choice.LAWFUL.value]))
            .where(one.undone_at_ms.is_(None), other.undone_at_ms.is_(None))
            .where(one.person_id.in_(seniors), other.person_id.in_(seniors))
            .where(CaseRow.state.in_([state.value for state in FINAL]), ~lately)
            .where(CaseRow.case_id.not_in(select(BlindCaseRow.case_id)))
            .order_by(CaseRow.changed_seq.desc())
            .limit(500)
        ).all()
        day = now_ms // _DAY_MS
        return min(rows, key=lambda row: hashlib.sha256(f"{row.case_id}{day}".encode()).digest(), default=None)  # type: ignore[return-value]

    def _golden(self, connection: Connection, case: CaseRow, now_ms: int) -> tuple[str, str]:
        known = connection.execute(
            select(GoldenRow.golden_id, GoldenRow.choice).where(GoldenRow.case_id == case.case_id)
        ).one_or_none()
        if known is not None:
            return known.golden_id, known.choice
        choice = Choice.VIOLATES if case.state == FINAL[0].value else Choice.LAWFUL
        row = {
            "golden_id": str(uuid.uuid4()),
            "case_id": case.case_id,
            "choice": choice.value,
            "class": case._mapping["class"],  # type: ignore[attr-defined]
            "made_at_ms": now_ms,
            "made_by": _ACTOR,
        }
        connection.execute(insert(table_of(GoldenRow)).values(row))
        return str(row["golden_id"]), choice.value

"""What people want to be told, and what waits for each; methods are short transactions, safe from any process."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from claims.types import CHINA_TIME
from review.accounts.types import Person, Role
from review.cases.priority import target_ms
from review.cases.types import WAITING
from review.db.ownership import host_is_of
from review.db.tables.cases import CaseRow
from review.db.tables.enforcement import AppealRow, MeasureRow
from review.db.tables.notifications import WishRow
from review.db.upsert import upsert
from review.enforcement.types import AppealState, MeasureState
from review.errors import ReviewError
from review.notifications.types import Every, NotificationPreference, Topic, Waiting

_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_AGAIN_MS = 600_000
_MORNING_HOUR = 9
_LONGEST = 254
_DECIDE_MEASURES = frozenset({Role.SENIOR, Role.ADMIN, Role.AUDITOR})


class PreferenceRefused(ReviewError):
    """Mail can't be sent there; the pages have words for it."""

    code = "email"


class PreferenceStore:
    """What people want to be told by mail."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def of(self, person_id: str) -> NotificationPreference:
        """What the person wants; nothing, if they never said."""
        with Session(self._engine) as session:
            row = session.get(WishRow, person_id)
            return NotificationPreference(person_id=person_id) if row is None else _preference(row)

    def put(self, preference: NotificationPreference) -> None:
        """Keeps the preference; the first digest comes with the next hour or morning.

        PreferenceRefused for what is no address.
        """
        if preference.every is not Every.NEVER and not _is_address(preference.email):
            raise PreferenceRefused("email: this is no address that mail can be sent to")
        row = {
            "person_id": preference.person_id,
            "email": preference.email,
            "every": preference.every.value,
            "topics": [topic.value for topic in preference.topics],
            "language": preference.language,
            "next_at_ms": self._next_ms(preference.every),
            "failed": False,
        }
        with self._writing.begin() as connection:
            upsert(connection, WishRow, [row])

    def take(self) -> tuple[NotificationPreference, ...]:
        """Takes the preferences whose time has come: each is given to one caller, and comes again at its next time."""
        now_ms = self._now_ms()
        is_due = (WishRow.every != Every.NEVER.value, WishRow.next_at_ms <= now_ms)
        taken = []
        with Session(self._engine) as session:
            rows = [_preference(row) for row in session.scalars(select(WishRow).where(*is_due))]
        for preference in rows:
            with self._writing.begin() as connection:
                moved = connection.execute(
                    update(WishRow)
                    .where(WishRow.person_id == preference.person_id, *is_due)
                    .values(next_at_ms=self._next_ms(preference.every))
                )
            if moved.rowcount:
                taken.append(preference)
        return tuple(taken)

    def sent(self, person_id: str, *, failed: bool) -> None:
        """Notes how it went; what failed is tried again in ten minutes."""
        again = {"next_at_ms": self._now_ms() + _AGAIN_MS} if failed else {}
        with self._writing.begin() as connection:
            connection.execute(update(WishRow).where(WishRow.person_id == person_id).values(failed=failed, **again))

    def waiting(self, person: Person) -> Waiting:
        """What waits for the person, of the customers for whom they work; measures and appeals for who decides them."""
        now_ms = self._now_ms()
        measures = [] if person.tenants is None else [host_is_of(MeasureRow.host_id, person.tenants)]
        cases = [] if person.tenants is None else [host_is_of(CaseRow.host_id, person.tenants)]
        with Session(self._engine) as session:
            late = [
                (
                    severity,
                    session.scalar(
                        select(func.count()).where(
                            CaseRow.state.in_([state.value for state in WAITING]),
                            CaseRow.severity == severity,
                            CaseRow.opened_at_ms < now_ms - target_ms(severity, on_air=False),
                            *cases,
                        )
                    ),
                )
                for severity in ("critical", "high", "medium")
            ]
            late_by_severity = tuple((severity, count) for severity, count in late if count)
            if person.role not in _DECIDE_MEASURES:
                return Waiting(late=late_by_severity)
            lapses = session.scalars(
                select(MeasureRow.lapses_at_ms).where(MeasureRow.state == MeasureState.PROPOSED.value, *measures)
            ).all()
            dues = session.scalars(
                select(AppealRow.decide_due_ms)
                .join(MeasureRow, MeasureRow.measure_id == AppealRow.measure_id)
                .where(AppealRow.state == AppealState.FILED.value, *measures)
            ).all()
        return Waiting(
            proposals=len(lapses),
            proposals_soon=sum(at_ms < now_ms + _DAY_MS for at_ms in lapses),
            appeals=len(dues),
            appeals_soon=sum(now_ms <= at_ms < now_ms + _DAY_MS for at_ms in dues),
            appeals_over=sum(at_ms < now_ms for at_ms in dues),
            late=late_by_severity,
        )

    def _next_ms(self, every: Every) -> int:
        now = self._now().astimezone(CHINA_TIME)
        if every is Every.DAY:
            morning = now.replace(hour=_MORNING_HOUR, minute=0, second=0, microsecond=0)
            now = morning if morning > now else morning + timedelta(days=1)
            return int(now.timestamp() * 1000)
        return self._now_ms() + _HOUR_MS

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _is_address(email: str) -> bool:
    name, at, place = email.rpartition("@")
    is_plain = all(char.isprintable() and not char.isspace() and char not in '<>,;:"()' for char in email)
    return bool(at and name and "@" not in name and "." in place.strip(".") and is_plain and len(email) <= _LONGEST)


def _preference(row: WishRow) -> NotificationPreference:
    return NotificationPreference(
        person_id=row.person_id,
        email=row.email,
        every=Every(row.every),
        topics=tuple(Topic(topic) for topic in row.topics),
        language="en" if row.language == "en" else "zh",
        failed=row.failed,
    )

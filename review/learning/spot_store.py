"""Spot checks in the database: which broadcasts were drawn from, and what of them people look at."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, exists, func, insert, select
from sqlalchemy.orm import Session

from claims.types import CHINA_TIME
from review.cases.blind import Blind, open_blind_case
from review.cases.types import BlindKind
from review.db.tables.learning import BlindCaseRow, SpotStreamRow
from review.db.tables.streams import FindingRow, PassageRow, StreamRow
from review.db.upsert import table_of
from review.learning.spots import SpotCase, Stratum, Unflagged, counted
from review.streams.types import StreamState

# What ended longer ago is not drawn from: nobody wants its words today, and its recording may be gone.
_NOT_OLDER = timedelta(days=2)
NO_GOODS = "-"


class SpotStore:
    """What is looked at that nobody was told of; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], *, flag_at: float, second_share: float) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now
        self._flag_at, self._second_share = flag_at, second_share

    def next_stream(self) -> str | None:
        """A broadcast that ended lately and was not drawn from yet; None: there is none."""
        since_ms = int((self._now() - _NOT_OLDER).timestamp() * 1000)
        drawn = exists().where(SpotStreamRow.stream_id == StreamRow.stream_id)
        waiting = (
            select(StreamRow.stream_id)
            .where(StreamRow.state == StreamState.ENDED.value, StreamRow.created_at_ms >= since_ms, ~drawn)
            .where(exists().where(PassageRow.stream_id == StreamRow.stream_id))
            .order_by(StreamRow.created_at_ms, StreamRow.stream_id)
            .limit(1)
        )
        with Session(self._engine) as session:
            return session.scalar(waiting)

    def left_today(self, a_day: int) -> int:
        """How many more may be put before people today, of so many a day; the day is China's."""
        with self._engine.connect() as connection:
            return max(0, a_day - self._made_today(connection, BlindKind.SPOT))

    def add(self, stream_id: str, policy: str, passages: Sequence[Unflagged], cases: Sequence[SpotCase]) -> None:
        """Puts these before people, and keeps from how many they were drawn."""
        now_ms = self._now_ms()
        counts = counted(passages, cases) or {(Stratum.OTHER, NO_GOODS): (0, 0)}
        with self._writing.begin() as connection:
            if connection.scalar(select(SpotStreamRow.stream_id).where(SpotStreamRow.stream_id == stream_id).limit(1)):
                return
            rows = [
                {
                    "stream_id": stream_id,
                    "stratum": str(stratum),
                    "goods": goods,
                    "policy": policy,
                    "passages": there,
                    "drawn": taken,
                    "drawn_at_ms": now_ms,
                }
                for (stratum, goods), (there, taken) in sorted(counts.items())
            ]
            connection.execute(insert(table_of(SpotStreamRow)), rows)
            for case in cases:
                one = case.drawn.passage
                blind = Blind(
                    kind=BlindKind.SPOT,
                    stratum=one.stratum.value,
                    share=case.drawn.share,
                    goods=one.goods,
                    score=one.score,
                )
                open_blind_case(
                    connection,
                    case.finding,
                    blind,
                    now_ms=now_ms,
                    flag_at=self._flag_at,
                    second_share=self._second_share,
                )

    def without_clip(self) -> tuple[str, ...]:
        """What people look at that has no clip yet, the oldest first."""
        waiting = (
            select(BlindCaseRow.finding_id)
            .join(FindingRow, FindingRow.finding_id == BlindCaseRow.finding_id)
            .where(FindingRow.clip.is_(None), BlindCaseRow.settled_at_ms.is_(None))
            .order_by(BlindCaseRow.made_at_ms)
            .limit(100)
        )
        with self._engine.connect() as connection:
            return tuple(connection.scalars(waiting))

    def _made_today(self, connection: Connection, kind: BlindKind) -> int:
        midnight = self._now().astimezone(CHINA_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
        since_ms = int(midnight.timestamp() * 1000)
        made = select(func.count()).where(BlindCaseRow.kind == kind.value, BlindCaseRow.made_at_ms >= since_ms)
        return connection.scalar(made) or 0

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)

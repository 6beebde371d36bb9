"""Replays in the database, what they judge, and what judging once gave."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from review.audit.trail import Journal
from review.db.tables.replays import ReplayMemoryRow, ReplayRow
from review.db.upsert import upsert
from review.replays.errors import UnknownReplayError
from review.replays.queries import read_stored, read_stream, read_stream_ids
from review.replays.types import ReplayState, Scope, Stored, StoredStream

STALE_MS = 60_000
KEEP_REPORTS_MS = 90 * 86_400_000
_SCOPE = TypeAdapter(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A replay; `report` None: not done, or so long ago that it was let go, for it quotes broadcasts."""

    id: str
    digest: str
    state: ReplayState
    scope: Scope
    asked_by: str
    asked_at_ms: int
    done: int = 0
    total: int = 0
    report: dict[str, Any] | None = None
    error: str | None = None


class ReplayStore:
    """What is replayed and what it gave; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def stream_ids(self, scope: Scope) -> tuple[str, ...]:
        """The broadcasts of the scope that have passages; UnknownStreamError names one that is not stored."""
        with Session(self._engine) as session:
            return read_stream_ids(session, scope)

    def stream(self, stream_id: str, data_dir: Path) -> StoredStream:
        """The broadcast as it can be judged again; UnknownStreamError."""
        with Session(self._engine) as session:
            return read_stream(session, stream_id, data_dir)

    def stored(self, stream_id: str) -> tuple[Stored, ...]:
        """The broadcast's findings as stored, and their cases."""
        with Session(self._engine) as session:
            return read_stored(session, stream_id)

    def recall(self, stream_id: str, topic: str) -> bytes | None:
        """What is remembered of the broadcast under this topic."""
        key = (ReplayMemoryRow.stream_id == stream_id, ReplayMemoryRow.topic == topic)
        with self._engine.connect() as connection:
            return connection.scalar(select(ReplayMemoryRow.content).where(*key))

    def remember(self, stream_id: str, topic: str, content: bytes) -> None:
        """Keeps this, in the place of what was kept under topics that begin alike, up to the colon."""
        kind = topic.partition(":")[0]
        with self._writing.begin() as connection:
            connection.execute(
                delete(ReplayMemoryRow).where(
                    ReplayMemoryRow.stream_id == stream_id,
                    ReplayMemoryRow.topic.startswith(f"{kind}:", autoescape=True),
                )
            )
            upsert(connection, ReplayMemoryRow, [{"stream_id": stream_id, "topic": topic, "content": content}])

    def ask(self, digest: str, scope: Scope, by: str) -> str:
        """The id of a new replay of this policy, which waits for a process that runs it."""
        replay_id = str(uuid.uuid4())
        at_ms = self._now_ms()
        journal = Journal(at_ms=at_ms, actor=by)
        with self._writing.begin() as connection:
            connection.execute(
                insert(ReplayRow).values(
                    replay_id=replay_id,
                    digest=digest,
                    state=ReplayState.WAITING.value,
                    scope=_SCOPE.dump_python(scope, mode="json"),
                    asked_by=by,
                    asked_at_ms=at_ms,
                    done=0,
                    total=0,
                    beat_at_ms=0,
                )
            )
            journal.note("policy.replayed", f"policy:{digest}", replay=replay_id)
            journal.close(connection)
        return replay_id

    def add_done(self, digest: str, scope: Scope, by: str, report: dict[str, Any]) -> str:
        """Keeps a replay that was run elsewhere; gives its id."""
        replay_id = self.ask(digest, scope, by)
        with self._writing.begin() as connection:
            done = {"state": ReplayState.DONE.value, "report": report}
            connection.execute(update(ReplayRow).where(ReplayRow.replay_id == replay_id).values(**done))
        return replay_id

    def claim(self) -> Replay | None:
        """The next replay that waits, or whose runner was silent for a minute; it is this caller's from now on."""
        now_ms = self._now_ms()
        silent = and_(ReplayRow.state == ReplayState.RUNNING.value, ReplayRow.beat_at_ms < now_ms - STALE_MS)
        free = or_(ReplayRow.state == ReplayState.WAITING.value, silent)
        with self._writing.begin() as connection:
            found = connection.execute(
                select(ReplayRow.replay_id, ReplayRow.beat_at_ms).where(free).order_by(ReplayRow.asked_at_ms).limit(1)
            ).one_or_none()
            if found is None:
                return None
            taken = connection.execute(
                update(ReplayRow)
                .where(ReplayRow.replay_id == found.replay_id, ReplayRow.beat_at_ms == found.beat_at_ms, free)
                .values(state=ReplayState.RUNNING.value, beat_at_ms=now_ms, done=0)
            )
        return self.replay(found.replay_id) if taken.rowcount else None

    def beat(self, replay_id: str, done: int, total: int) -> bool:
        """Notes how far it is; False: it was cancelled, stop."""
        return self._move(replay_id, done=done, total=total, beat_at_ms=self._now_ms())

    def finish(self, replay_id: str, report: dict[str, Any]) -> None:
        """It is done; reports of three months ago are let go."""
        self._move(replay_id, state=ReplayState.DONE.value, report=report)
        before = self._now_ms() - KEEP_REPORTS_MS
        with self._writing.begin() as connection:
            connection.execute(update(ReplayRow).where(ReplayRow.asked_at_ms < before).values(report=None))

    def fail(self, replay_id: str, error: str) -> None:
        """It can't be run, and why."""
        self._move(replay_id, state=ReplayState.FAILED.value, error=error)

    def cancel(self, replay_id: str) -> None:
        """Stops it, if it waits or runs."""
        with self._writing.begin() as connection:
            connection.execute(
                update(ReplayRow)
                .where(ReplayRow.replay_id == replay_id)
                .where(ReplayRow.state.in_([ReplayState.WAITING.value, ReplayState.RUNNING.value]))
                .values(state=ReplayState.CANCELLED.value)
            )

    def replay(self, replay_id: str) -> Replay:
        """One replay; UnknownReplayError."""
        with Session(self._engine) as session:
            row = session.get(ReplayRow, replay_id)
            if row is None:
                raise UnknownReplayError(replay_id)
            return _from_row(row)

    def replays(self, limit: int = 50) -> tuple[Replay, ...]:
        """The latest replays, the latest first."""
        newest = select(ReplayRow).order_by(ReplayRow.asked_at_ms.desc(), ReplayRow.replay_id).limit(limit)
        with Session(self._engine) as session:
            return tuple(_from_row(row) for row in session.scalars(newest))

    def _move(self, replay_id: str, **values: object) -> bool:
        with self._writing.begin() as connection:
            moved = connection.execute(
                update(ReplayRow)
                .where(ReplayRow.replay_id == replay_id, ReplayRow.state == ReplayState.RUNNING.value)
                .values(**values)
            )
        return moved.rowcount > 0

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _from_row(row: ReplayRow) -> Replay:
    return Replay(
        id=row.replay_id,
        digest=row.digest,
        state=ReplayState(row.state),
        scope=_SCOPE.validate_python(row.scope),
        asked_by=row.asked_by,
        asked_at_ms=row.asked_at_ms,
        done=row.done,
        total=row.total,
        report=row.report,
        error=row.error,
    )

"""The learning part of the store; methods are short transactions, safe from any thread or process."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

from claims.classifier.fit.learning import Learnt, host_hash
from review.audit.trail import Journal
from review.db.ownership import Owner, is_of, owner_in, stream_is_of
from review.db.tables.learning import FitRow, ForgottenHostRow, ShadowRow, ShadowScoreRow, ShadowStreamRow
from review.db.tables.streams import StreamRow
from review.db.upsert import insert_missing, table_of
from review.learning.decided import forgotten_hosts, read_decided
from review.learning.types import Decided, Fit, Shadow, ShadowFigures, ShadowScore
from review.streams.types import StreamState

OVER = (StreamState.ENDED.value,)


class LearningStore:
    """What is learnt from decisions, from whom nothing is, and what reads in shadow."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def decided(self, tenant_id: str | None) -> Decided:
        """What people decided on this customer's hosts, on everybody's for None, as labelled passages."""
        with Session(self._engine) as session:
            return read_decided(session, tenant_id)

    def forgotten(self, owner: Owner | None = None) -> dict[str, int]:
        """The hosts that no fit learns from any more, and when that was asked; `owner`: of these customers alone."""
        with Session(self._engine) as session:
            hosts = forgotten_hosts(session)
            if owner is None:
                return hosts
            own = session.scalars(
                select(StreamRow.host_id).where(StreamRow.host_id.in_(hosts), is_of(owner)).distinct()
            )
            return {host_id: hosts[host_id] for host_id in own}

    def forget(self, host_id: str, by: str) -> int:
        """Leaves the host out of every later fit; gives how many kept fits still hold their talk."""
        with self._step(by) as (connection, journal):
            row = {"host_id": host_id, "forgotten_at_ms": journal.at_ms, "forgotten_by": by}
            insert_missing(connection, ForgottenHostRow, [row])
            journal.note("learning.forgotten", f"host:{host_id}")
            hashed = host_hash(host_id)
            return sum(hashed in hosts for hosts in connection.scalars(select(FitRow.hosts)))

    def add_fit(self, tenant_id: str, learnt: Learnt, digest: str | None, by: str) -> Fit:
        """Keeps a fit, refused or not, with its card."""
        fit_id = str(uuid.uuid4())
        with self._step(by) as (connection, journal):
            connection.execute(
                insert(FitRow).values(
                    fit_id=fit_id,
                    tenant_id=tenant_id,
                    made_at_ms=journal.at_ms,
                    made_by=by,
                    digest=digest,
                    refused=learnt.refused,
                    card=learnt.card,
                    hosts=list(learnt.hosts),
                )
            )
            outcome = "refused" if digest is None else "candidate"
            journal.note("learning.fitted", f"fit:{fit_id}", tenant=tenant_id, outcome=outcome)
        return next(fit for fit in self.fits() if fit.id == fit_id)

    def fits(self, limit: int = 50, owner: Owner | None = None) -> tuple[Fit, ...]:
        """The latest fits, the latest first; `owner`: of these customers' decisions alone."""
        latest = select(FitRow).order_by(FitRow.made_at_ms.desc(), FitRow.fit_id).limit(limit)
        if owner is not None:
            latest = latest.where(owner_in(FitRow.tenant_id, owner))
        with Session(self._engine) as session:
            gone = {host_hash(host_id) for host_id in forgotten_hosts(session)}
            return tuple(_fit(row, gone) for row in session.scalars(latest))

    def learnt_by_others(self, digest: str, owner: Owner) -> bool:
        """Whether a fit made this policy, and none of these customers' decisions."""
        makers = select(FitRow.tenant_id).where(FitRow.digest == digest)
        with Session(self._engine) as session:
            found = set(session.scalars(makers))
        return bool(found) and found.isdisjoint({owner} if isinstance(owner, str) else owner)

    def last_fits(self) -> dict[str, int]:
        """When each customer's decisions were last learnt from, in vain or not."""
        last = select(FitRow.tenant_id, func.max(FitRow.made_at_ms)).group_by(FitRow.tenant_id)
        with Session(self._engine) as session:
            return {tenant_id: int(made_at_ms) for tenant_id, made_at_ms in session.execute(last)}

    def tenants(self) -> tuple[str, ...]:
        """The customers who have broadcasts."""
        with Session(self._engine) as session:
            return tuple(session.scalars(select(StreamRow.tenant_id).distinct().order_by(StreamRow.tenant_id)))

    def begin_shadow(self, digest: str, live_digest: str, by: str) -> Shadow:
        """Has the candidate read beside what is in force from now on; one that did before ends."""
        shadow_id = str(uuid.uuid4())
        with self._step(by) as (connection, journal):
            _end(connection, journal.at_ms)
            connection.execute(
                insert(ShadowRow).values(
                    shadow_id=shadow_id,
                    digest=digest,
                    live_digest=live_digest,
                    began_at_ms=journal.at_ms,
                    began_by=by,
                    ended_at_ms=None,
                )
            )
            journal.note("learning.shadow_began", f"policy:{digest}", shadow=shadow_id)
        return self.shadow(shadow_id)

    def end_shadow(self, by: str) -> None:
        """Nothing reads in shadow any more; what was read stays to be looked at."""
        with self._step(by) as (connection, journal):
            if _end(connection, journal.at_ms):
                journal.note("learning.shadow_ended", "shadow")

    def shadow(self, shadow_id: str) -> Shadow:
        """One shadow by its id."""
        with Session(self._engine) as session:
            return _shadow(session.get_one(ShadowRow, shadow_id))

    def shadows(self) -> tuple[Shadow, ...]:
        """Every shadow, the latest first."""
        with Session(self._engine) as session:
            return tuple(map(_shadow, session.scalars(select(ShadowRow).order_by(ShadowRow.began_at_ms.desc()))))

    def in_shadow(self) -> Shadow | None:
        """What reads beside what is in force now."""
        return next((one for one in self.shadows() if one.ended_at_ms is None), None)

    def next_for_shadow(self, shadow: Shadow) -> str | None:
        """A broadcast that ended since the shadow began and was not read by it; None: there is none."""
        read = select(ShadowStreamRow.stream_id).where(ShadowStreamRow.shadow_id == shadow.id)
        waiting = (
            select(StreamRow.stream_id)
            .where(StreamRow.state.in_(OVER), StreamRow.created_at_ms >= shadow.began_at_ms - _LONGEST_MS)
            .where(StreamRow.stream_id.not_in(read))
            .order_by(StreamRow.created_at_ms, StreamRow.stream_id)
            .limit(1)
        )
        with Session(self._engine) as session:
            return session.scalar(waiting)

    def add_shadow_read(
        self, shadow: Shadow, stream_id: str, passages: int, scores: Sequence[ShadowScore], why: str | None = None
    ) -> None:
        """Keeps what both made of the broadcast, in the place of what was kept of it before."""
        key = {"shadow_id": shadow.id, "stream_id": stream_id}
        with self._writing.begin() as connection:
            for table in (ShadowScoreRow, ShadowStreamRow):
                own = (table.shadow_id == shadow.id, table.stream_id == stream_id)
                connection.execute(delete(table).where(*own))
            connection.execute(
                insert(ShadowStreamRow).values(key | {"read_at_ms": self._now_ms(), "passages": passages, "why": why})
            )
            if scores:
                rows = [key | _score_values(number, score) for number, score in enumerate(scores)]
                connection.execute(insert(table_of(ShadowScoreRow)), rows)

    def shadow_figures(self, shadow_id: str, owner: Owner | None = None) -> ShadowFigures:
        """How its flags stand to those in force, over everything that it read; `owner`: of these customers alone."""
        of_streams = select(
            func.count(), func.count(ShadowStreamRow.why), func.coalesce(func.sum(ShadowStreamRow.passages), 0)
        ).where(ShadowStreamRow.shadow_id == shadow_id, *_own(ShadowStreamRow.stream_id, owner))
        of_scores = (
            select(ShadowScoreRow.flags, ShadowScoreRow.shadow_flags, func.count())
            .where(ShadowScoreRow.shadow_id == shadow_id, *_own(ShadowScoreRow.stream_id, owner))
            .group_by(ShadowScoreRow.flags, ShadowScoreRow.shadow_flags)
        )
        with Session(self._engine) as session:
            streams, skipped, passages = session.execute(of_streams).one()
            counts = {(bool(live), bool(shadow)): count for live, shadow, count in session.execute(of_scores)}
        return ShadowFigures(
            streams=streams,
            skipped=skipped,
            passages=int(passages),
            both=counts.get((True, True), 0),
            added=counts.get((False, True), 0),
            dropped=counts.get((True, False), 0),
        )

    def shadow_differences(
        self, shadow_id: str, limit: int = 200, owner: Owner | None = None
    ) -> tuple[ShadowScore, ...]:
        """Where one flags and the other does not, the widest apart first; `owner`: of these customers alone."""
        apart = func.abs(func.coalesce(ShadowScoreRow.shadow_score, 0.0) - func.coalesce(ShadowScoreRow.score, 0.0))
        rows = (
            select(ShadowScoreRow)
            .where(ShadowScoreRow.shadow_id == shadow_id, ShadowScoreRow.flags != ShadowScoreRow.shadow_flags)
            .where(*_own(ShadowScoreRow.stream_id, owner))
            .order_by(apart.desc(), ShadowScoreRow.stream_id, ShadowScoreRow.number)
            .limit(limit)
        )
        with Session(self._engine) as session:
            return tuple(map(_score, session.scalars(rows)))

    @contextmanager
    def _step(self, by: str) -> Iterator[tuple[Connection, Journal]]:
        journal = Journal(at_ms=self._now_ms(), actor=by)
        with self._writing.begin() as connection:
            yield connection, journal
            journal.close(connection)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


# A broadcast that began so long before the shadow may still end in its time.
_LONGEST_MS = 2 * 86_400_000


def _own(column: Any, owner: Owner | None) -> list[ColumnElement[bool]]:
    return [] if owner is None else [stream_is_of(column, owner)]


def _end(connection: Connection, at_ms: int) -> bool:
    ended = connection.execute(update(ShadowRow).where(ShadowRow.ended_at_ms.is_(None)).values(ended_at_ms=at_ms))
    return ended.rowcount > 0


def _fit(row: FitRow, gone: set[str]) -> Fit:
    return Fit(
        id=row.fit_id,
        tenant_id=row.tenant_id,
        made_at_ms=row.made_at_ms,
        made_by=row.made_by,
        digest=row.digest,
        refused=row.refused,
        card=row.card,
        forgotten=len(gone & set(row.hosts)),
    )


def _shadow(row: ShadowRow) -> Shadow:
    return Shadow(
        id=row.shadow_id,
        digest=row.digest,
        live_digest=row.live_digest,
        began_at_ms=row.began_at_ms,
        began_by=row.began_by,
        ended_at_ms=row.ended_at_ms,
    )


def _score_values(number: int, score: ShadowScore) -> dict[str, Any]:
    return {
        "number": number,
        "class": score.class_id,
        "start_ms": score.start_ms,
        "quote": score.quote,
        "score": score.score,
        "flags": score.flags,
        "shadow_score": score.shadow_score,
        "shadow_flags": score.shadow_flags,
    }


def _score(row: ShadowScoreRow) -> ShadowScore:
    return ShadowScore(
        stream_id=row.stream_id,
        class_id=row.class_id,
        start_ms=row.start_ms,
        quote=row.quote,
        score=row.score,
        flags=row.flags,
        shadow_score=row.shadow_score,
        shadow_flags=row.shadow_flags,
    )

"""Policies in the database: as they were handed in, and how they went live."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, insert, select, update

from claims.policy.policy import Policy
from review.accounts.types import Person
from review.audit.trail import Journal
from review.db.tables.base import CounterRow
from review.db.tables.policies import PolicyMoveRow, PolicyVersionRow
from review.db.tables.replays import ReplayRow
from review.db.upsert import insert_missing
from review.policies.errors import PolicyMoveRefused, UnknownPolicyError
from review.policies.folders import POLICIES, PackedPolicy, pack_policy, put_in_force, unpack_policy
from review.policies.lifecycle import (
    MoveKind,
    MoveState,
    PolicyMove,
    before,
    check_answer,
    check_proposal,
    in_force,
)
from review.replays.types import ReplayState

_LOCK = "policy_move"
_PACKAGED = "packaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A policy as it was handed in."""

    digest: str
    name: str
    added_by: str
    added_at_ms: int


class PolicyStore:
    """Every policy, and which is in force; methods are short transactions, safe from any thread or process."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def add_version(self, policy: Policy | PackedPolicy, by: str) -> PolicyVersion:
        """The policy, kept as it is now; the same files again are the version that is there."""
        version = PolicyVersion(digest=policy.digest, name=policy.name, added_by=by, added_at_ms=self._now_ms())
        journal = Journal(at_ms=version.added_at_ms, actor=by)
        with self._writing.begin() as connection:
            there = connection.execute(_versions().where(PolicyVersionRow.digest == policy.digest)).one_or_none()
            if there is not None:
                return PolicyVersion(**there._mapping)
            values = {name: getattr(version, name) for name in PolicyVersion.__dataclass_fields__}
            connection.execute(insert(PolicyVersionRow).values(content=pack_policy(policy.folder), **values))
            journal.note("policy.added", _subject(policy.digest), name=policy.name)
            journal.close(connection)
        return version

    def versions(self) -> tuple[PolicyVersion, ...]:
        """Every policy that was handed in, the latest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                _versions().order_by(PolicyVersionRow.added_at_ms.desc(), PolicyVersionRow.digest)
            )
            return tuple(PolicyVersion(**row._mapping) for row in rows)

    def version(self, digest: str) -> PolicyVersion:
        """One policy; UnknownPolicyError."""
        with self._engine.connect() as connection:
            row = connection.execute(_versions().where(PolicyVersionRow.digest == digest)).one_or_none()
        if row is None:
            raise UnknownPolicyError(digest)
        return PolicyVersion(**row._mapping)

    def folder(self, digest: str, data_dir: Path) -> Path:
        """The policy's folder on this machine, unpacked and checked where it was not there; UnknownPolicyError."""
        folder = data_dir / POLICIES / digest
        if folder.is_dir():
            return folder
        with self._engine.connect() as connection:
            content = connection.scalar(select(PolicyVersionRow.content).where(PolicyVersionRow.digest == digest))
        if content is None:
            raise UnknownPolicyError(digest)
        return unpack_policy(content, data_dir / POLICIES).folder

    def moves(self) -> tuple[PolicyMove, ...]:
        """Every step that was asked for, the first one first."""
        with self._engine.connect() as connection:
            return _moves(connection)

    def in_force(self) -> str | None:
        """The hash of the policy in force; None: the packaged one."""
        return in_force(self.moves())

    def bring_into_force(self, data_dir: Path) -> Path | None:
        """Has this machine judge new broadcasts by the policy in force; gives its folder, None for the packaged one."""
        digest = self.in_force()
        folder = None if digest is None else self.folder(digest, data_dir)
        put_in_force(data_dir, digest)
        return folder

    def propose(self, digest: str | None, person: Person, why: str) -> PolicyMove:
        """Proposes that this policy goes live; UnknownPolicyError, PolicyMoveRefused."""
        if digest is not None:
            self.version(digest)
        with self._moving(person) as (connection, journal):
            moves = _moves(connection)
            check_proposal(moves, digest, person, is_replayed=digest is None or _is_replayed(connection, digest))
            return self._add(connection, journal, moves, MoveKind.ADOPT, digest, MoveState.OPEN, person, why)

    def approve(self, number: int, person: Person) -> PolicyMove:
        """The proposed policy goes live; PolicyMoveRefused."""
        return self._answer(number, person, MoveState.LIVE)

    def reject(self, number: int, person: Person) -> PolicyMove:
        """The proposal is over; who proposed it takes it back so. PolicyMoveRefused."""
        return self._answer(number, person, MoveState.REJECTED)

    def roll_back(self, person: Person, why: str) -> PolicyMove:
        """The policy before the one in force is in force again, at once; PolicyMoveRefused."""
        with self._moving(person) as (connection, journal):
            moves = _moves(connection)
            digest = before(moves, person)
            return self._add(connection, journal, moves, MoveKind.BACK, digest, MoveState.LIVE, person, why)

    def _answer(self, number: int, person: Person, state: MoveState) -> PolicyMove:
        with self._moving(person) as (connection, journal):
            move = next((m for m in _moves(connection) if m.number == number), None)
            if move is None:
                raise PolicyMoveRefused(f"there is no proposal {number}", code="answered")
            check_answer(move, person, approves=state is MoveState.LIVE)
            answer = {"state": state.value, "answered_by": person.id, "answered_at_ms": journal.at_ms}
            connection.execute(update(PolicyMoveRow).where(PolicyMoveRow.number == number).values(**answer))
            journal.note(f"policy.{state.value}", _subject(move.digest), number=number)
            return replace(move, state=state, answered_by=person.id, answered_at_ms=journal.at_ms)

    def _add(
        self,
        connection: Connection,
        journal: Journal,
        moves: Sequence[PolicyMove],
        kind: MoveKind,
        digest: str | None,
        state: MoveState,
        person: Person,
        why: str,
    ) -> PolicyMove:
        is_answered = state is not MoveState.OPEN
        move = PolicyMove(
            number=len(moves) + 1,
            kind=kind,
            digest=digest,
            state=state,
            why=why.strip(),
            asked_by=person.id,
            asked_at_ms=journal.at_ms,
            answered_by=person.id if is_answered else None,
            answered_at_ms=journal.at_ms if is_answered else None,
        )
        values = {name: getattr(move, name) for name in PolicyMove.__dataclass_fields__}
        connection.execute(insert(PolicyMoveRow).values(values | {"kind": kind.value, "state": state.value}))
        journal.note(f"policy.{'rolled_back' if kind is MoveKind.BACK else 'proposed'}", _subject(digest))
        return move

    @contextmanager
    def _moving(self, person: Person) -> Iterator[tuple[Connection, Journal]]:
        """A transaction in which nobody else moves a policy, and which writes the trail at its end."""
        journal = Journal(at_ms=self._now_ms(), actor=person.id)
        with self._writing.begin() as connection:
            insert_missing(connection, CounterRow, [{"name": _LOCK, "value": 0}])
            connection.execute(update(CounterRow).where(CounterRow.name == _LOCK).values(value=CounterRow.value + 1))
            yield connection, journal
            journal.close(connection)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _versions() -> Select[Any]:
    names = PolicyVersion.__dataclass_fields__
    return select(*(getattr(PolicyVersionRow, name) for name in names))


def _moves(connection: Connection) -> tuple[PolicyMove, ...]:
    names = PolicyMove.__dataclass_fields__
    rows = connection.execute(select(*(getattr(PolicyMoveRow, name) for name in names)).order_by(PolicyMoveRow.number))
    return tuple(
        PolicyMove(**(dict(row._mapping) | {"kind": MoveKind(row.kind), "state": MoveState(row.state)})) for row in rows
    )


def _is_replayed(connection: Connection, digest: str) -> bool:
    done = select(ReplayRow.replay_id).where(ReplayRow.digest == digest, ReplayRow.state == ReplayState.DONE.value)
    return connection.scalar(done.limit(1)) is not None


def _subject(digest: str | None) -> str:
    return f"policy:{digest or _PACKAGED}"

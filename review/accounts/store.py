"""Accounts and sessions in the database."""

import hashlib
import logging
import secrets
import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import Connection, Engine, delete, func, null, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Rows

from review.accounts.passwords import LEAST_CHARS, fits, hash_password, is_outdated
from review.accounts.types import Person, Role
from review.audit.chain import Detail
from review.audit.trail import Journal
from review.db.tables.accounts import AttemptRow, PersonRow, SessionRow, ViewRow
from review.db.tables.tenants import TenantRow
from review.db.tenant_ids import LOCAL_TENANT
from review.db.upsert import table_of, upsert
from review.errors import AccountError, LoginRefused, UnknownPersonError

_log = logging.getLogger(__name__)
IDLE_MS = 30 * 60_000
LONGEST_MS = 10 * 3_600_000
_TRIES = 5
_WINDOW_MS = 15 * 60_000
_SEEN_STEP_MS = 15_000
_LONGEST_LOGGED = 100
# Who makes and changes accounts where a provider vouches for people.
_PROVIDER = "oidc"


class Unchanged(Enum):
    """Says that something is left as it is, where None means something else."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """An open session: who, the token for the cookie, and what forms must send back."""

    person: Person
    token: str = field(repr=False)
    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person as administrators see them."""

    person: Person
    login: str
    active: bool
    has_password: bool
    issuer: str | None


class PeopleStore:
    """Who may work at the desk, and who is in. Every change of an account is noted in the audit trail."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)
        self._now = now

    def add(
        self,
        login: str,
        name: str,
        role: Role,
        password: str | None = None,
        *,
        actor: str,
        tenants: Collection[str] | None = None,
    ) -> Person:
        """A new account, made by `actor`; AccountError names a login that is taken or a password that is too short.

        `tenants`: the customers for whom the person works alone; None: all. An administrator works for all.
        """
        if password is not None and len(password) < LEAST_CHARS:
            raise AccountError(login, f"the password needs {LEAST_CHARS} characters or more")
        if not login.strip() or len(login) > 100:
            raise AccountError(login, "a login has 1 to 100 characters")
        own = None if tenants is None else frozenset(tenants)
        person = Person(id=str(uuid.uuid4()), name=name or login, role=role, tenants=own)
        values = {
            "person_id": person.id,
            "login": login.strip().lower(),
            "name": person.name,
            "role": role.value,
            "password_hash": None if password is None else hash_password(password),
            "active": True,
            "tenants": None if own is None else sorted(own),
            "created_at_ms": self._now_ms(),
        }
        try:
            with self._writing.begin() as connection:
                _check_tenants(connection, login, role, own)
                connection.execute(table_of(PersonRow).insert().values(values))
                journal = self._journal(actor)
                limited = {} if own is None else {"tenants": ",".join(sorted(own))}
                journal.note(
                    "account.added", f"person:{person.id}", role=role.value, password=password is not None, **limited
                )
                journal.close(connection)
        except IntegrityError as error:
            raise AccountError(login, "the login is taken") from error
        return person

    def accounts(self) -> tuple[Account, ...]:
        """Every account, by login."""
        with Rows(self._engine) as rows:
            return tuple(_account(row) for row in rows.scalars(select(PersonRow).order_by(PersonRow.login)))

    def change(
        self,
        login: str,
        *,
        actor: str,
        role: Role | None = None,
        active: bool | None = None,
        password: str | None = None,
        tenants: Collection[str] | Unchanged | None = UNCHANGED,
    ) -> None:
        """Changes the account, in the name of `actor`; its sessions end. `tenants` None: for all customers.

        Raises UnknownPersonError, and AccountError where nobody would be left who can change accounts.
        """
        values: dict[str, object] = {}
        if role is not None:
            values["role"] = role.value
        if active is not None:
            values["active"] = active
        if password is not None:
            if len(password) < LEAST_CHARS:
                raise AccountError(login, f"the password needs {LEAST_CHARS} characters or more")
            values["password_hash"] = hash_password(password)
        with self._writing.begin() as connection:
            name = login.strip().lower()
            person = connection.execute(
                select(PersonRow.person_id, PersonRow.role, PersonRow.active, PersonRow.tenants).where(
                    PersonRow.login == name
                )
            ).one_or_none()
            if person is None:
                raise UnknownPersonError(login)
            was_admin = person.active and person.role == Role.ADMIN.value
            if was_admin and (active is False or role not in {None, Role.ADMIN}):
                _keep_an_admin(connection, name)
            own = _tenants(person.tenants)
            if not isinstance(tenants, Unchanged):
                own = None if tenants is None else frozenset(tenants)
                values["tenants"] = null() if own is None else sorted(own)
            _check_tenants(connection, login, role or Role(person.role), own)
            connection.execute(update(PersonRow).where(PersonRow.person_id == person.person_id).values(**values))
            connection.execute(delete(SessionRow).where(SessionRow.person_id == person.person_id))
            journal = self._journal(actor)
            for action, details in _changes(person.role, role, active, has_password=password is not None):
                journal.note(action, f"person:{person.person_id}", **details)
            if "tenants" in values:
                listed = "*" if own is None else ",".join(sorted(own))
                journal.note("account.tenants_changed", f"person:{person.person_id}", tenants=listed)
            journal.close(connection)

    def names(self) -> dict[str, str]:
        """The name of each person by id."""
        with Rows(self._engine) as rows:
            return {row.person_id: row.name for row in rows.execute(select(PersonRow.person_id, PersonRow.name))}

    def colleagues(self, person: Person) -> tuple[Person, ...]:
        """Who else decides cases of this person's customers, by name."""
        asked = select(PersonRow).where(
            PersonRow.active.is_(True), PersonRow.role != Role.AUDITOR.value, PersonRow.person_id != person.id
        )
        with Rows(self._engine) as rows:
            found = [_person(row) for row in rows.scalars(asked.order_by(PersonRow.name))]
        return tuple(one for one in found if _share_customers(one, person))

    def log_in(self, login: str, password: str, address: str) -> Login:
        """A new session; LoginRefused, in the same words whatever was wrong, and after too many tries."""
        name = login.strip().lower()
        subjects = (f"login:{name}"[:200], f"address:{address}"[:200])
        wait_ms = self._wait_ms(subjects)
        if wait_ms:
            raise LoginRefused(f"too many tries; wait {-(-wait_ms // 60_000)} min")
        with Rows(self._engine) as rows:
            row = rows.scalar(select(PersonRow).where(PersonRow.login == name))
        right = fits(row.password_hash if row is not None and row.active else None, password)
        if row is None or not right:
            self._count(subjects)
            logged = {"login": name[:_LONGEST_LOGGED], "address": address}
            _log.warning("login %r from %s refused: login or password is wrong", *logged.values(), extra=logged)
            raise LoginRefused("login or password is wrong")
        with self._writing.begin() as connection:
            connection.execute(delete(AttemptRow).where(AttemptRow.subject == subjects[0]))
            if row.password_hash is not None and is_outdated(row.password_hash):
                connection.execute(
                    update(PersonRow)
                    .where(PersonRow.person_id == row.person_id)
                    .values(password_hash=hash_password(password))
                )
        return self._open(_person(row))

    def change_own_password(self, person_id: str, old: str, new: str, address: str) -> Login:
        """A new session in place of all others, with the new password; LoginRefused if the old one is wrong."""
        with Rows(self._engine) as rows:
            row = rows.get(PersonRow, person_id)
        if row is None:
            raise LoginRefused("this account has no password here")
        self.log_out(self.log_in(row.login, old, address).token)
        self.change(row.login, password=new, actor=person_id)
        return self._open(_person(row))

    def log_in_known(
        self, issuer: str, subject: str, login: str, name: str, role: Role | None, *, follow: bool = False
    ) -> Login:
        """A session for somebody whom an OpenID provider vouches for; `role` None: unknown people are refused.

        `follow`: the provider says what role an account has, at every login, known or new.
        """
        with Rows(self._engine) as rows:
            row = rows.scalar(select(PersonRow).where(PersonRow.issuer == issuer, PersonRow.subject == subject))
        if row is not None:
            if not row.active:
                raise LoginRefused("the account is closed")
            if follow and role is not None and role.value != row.role:
                self.change(row.login, role=role, actor=_PROVIDER)
                row.role = role.value
            return self._open(_person(row))
        if role is None:
            raise LoginRefused("no account is registered for you; ask an administrator")
        person = self.add(login, name, role, actor=_PROVIDER)
        with self._writing.begin() as connection:
            connection.execute(
                update(PersonRow).where(PersonRow.person_id == person.id).values(issuer=issuer, subject=subject)
            )
        return self._open(person)

    def session(self, token: str) -> Login | None:
        """The session behind the cookie; None if there is none, it was idle for 30 min or is older than 10 h."""
        now_ms = self._now_ms()
        with Rows(self._engine) as rows:
            found = rows.execute(
                select(SessionRow, PersonRow)
                .join(PersonRow, PersonRow.person_id == SessionRow.person_id)
                .where(SessionRow.token_sha256 == _hashed(token))
            ).one_or_none()
        if found is None:
            return None
        session, row = found
        too_old = now_ms - session.seen_at_ms > IDLE_MS or now_ms - session.created_at_ms > LONGEST_MS
        if too_old or not row.active:
            self.log_out(token)
            return None
        if now_ms - session.seen_at_ms > _SEEN_STEP_MS:
            with self._writing.begin() as connection:
                connection.execute(
                    update(SessionRow).where(SessionRow.token_sha256 == session.token_sha256).values(seen_at_ms=now_ms)
                )
        return Login(person=_person(row), token=token, csrf=session.csrf)

    def log_out(self, token: str) -> None:
        """Ends the session."""
        with self._writing.begin() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.token_sha256 == _hashed(token)))

    def save_view(self, person_id: str, name: str, query: str) -> None:
        """Keeps a view of the queue under this name, in place of one that has it."""
        with self._writing.begin() as connection:
            upsert(connection, ViewRow, [{"person_id": person_id, "name": name, "query": query}])

    def drop_view(self, person_id: str, name: str) -> None:
        """Forgets the view."""
        with self._writing.begin() as connection:
            connection.execute(delete(ViewRow).where(ViewRow.person_id == person_id, ViewRow.name == name))

    def views(self, person_id: str) -> tuple[tuple[str, str], ...]:
        """Name and query of each of the person's views, by name."""
        with Rows(self._engine) as rows:
            found = rows.execute(
                select(ViewRow.name, ViewRow.query).where(ViewRow.person_id == person_id).order_by(ViewRow.name)
            )
            return tuple((row.name, row.query) for row in found)

    def _open(self, person: Person) -> Login:
        login = Login(person=person, token=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(24))
        now_ms = self._now_ms()
        with self._writing.begin() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.created_at_ms < now_ms - LONGEST_MS))
            connection.execute(
                table_of(SessionRow)
                .insert()
                .values(
                    token_sha256=_hashed(login.token),
                    person_id=person.id,
                    csrf=login.csrf,
                    created_at_ms=now_ms,
                    seen_at_ms=now_ms,
                )
            )
        return login

    def _wait_ms(self, subjects: tuple[str, ...]) -> int:
        now_ms = self._now_ms()
        with Rows(self._engine) as rows:
            found = rows.scalars(select(AttemptRow).where(AttemptRow.subject.in_(subjects)))
            waits = [
                row.since_ms + _WINDOW_MS - now_ms
                for row in found
                if row.count >= (_TRIES if row.subject.startswith("login:") else 4 * _TRIES)
            ]
        return max([0, *waits])

    def _count(self, subjects: tuple[str, ...]) -> None:
        now_ms = self._now_ms()
        with self._writing.begin() as connection:
            connection.execute(delete(AttemptRow).where(AttemptRow.since_ms < now_ms - _WINDOW_MS))
            for subject in subjects:
                counted = connection.execute(
                    update(AttemptRow).where(AttemptRow.subject == subject).values(count=AttemptRow.count + 1)
                )
                if counted.rowcount == 0:
                    upsert(connection, AttemptRow, [{"subject": subject, "count": 1, "since_ms": now_ms}])

    def _journal(self, actor: str) -> Journal:
        return Journal(at_ms=self._now_ms(), actor=actor)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _changes(
    before: str, role: Role | None, active: bool | None, *, has_password: bool
) -> Iterator[tuple[str, dict[str, Detail]]]:
    """What the trail tells of a change: never a password, nor what was before it."""
    if role is not None:
        yield "account.role_changed", {"before": before, "after": role.value}
    if active is not None:
        yield ("account.opened" if active else "account.closed"), {}
    if has_password:
        yield "account.password_changed", {}


def _tenants(stored: list[str] | None) -> frozenset[str] | None:
    return None if stored is None else frozenset(stored)


def _check_tenants(connection: Connection, login: str, role: Role, tenants: frozenset[str] | None) -> None:
    """AccountError names a customer that there is not, and an administrator who would work for some alone."""
    if tenants is None:
        return
    if role is Role.ADMIN:
        raise AccountError(login, "an administrator works for all customers; give another role, or no customers")
    if not tenants:
        raise AccountError(login, "name one customer or several, or none of this for all")
    known = set(connection.scalars(select(TenantRow.tenant_id).where(TenantRow.tenant_id.in_(tenants))))
    if missing := sorted(tenants - known - {LOCAL_TENANT}):
        raise AccountError(login, f"customer {missing[0]!r}: there is none; make it with `zhenyan keys tenant`")


def _keep_an_admin(connection: Connection, leaving: str) -> None:
    """AccountError if nobody else could change accounts."""
    others = connection.scalar(
        select(func.count()).where(
            PersonRow.role == Role.ADMIN.value, PersonRow.active.is_(True), PersonRow.login != leaving
        )
    )
    if not others:
        raise AccountError(leaving, "is the last administrator; make another one first")


def _person(row: PersonRow) -> Person:
    return Person(id=row.person_id, name=row.name, role=Role(row.role), tenants=_tenants(row.tenants))


def _account(row: PersonRow) -> Account:
    return Account(
        person=_person(row),
        login=row.login,
        active=row.active,
        has_password=row.password_hash is not None,
        issuer=row.issuer,
    )


def _share_customers(one: Person, other: Person) -> bool:
    return one.tenants is None or other.tenants is None or not one.tenants.isdisjoint(other.tenants)

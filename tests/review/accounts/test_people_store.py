"""Accounts and sessions in a real database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from review.accounts.store import IDLE_MS, LONGEST_MS, PeopleStore
from review.accounts.types import Role
from review.db.engine import open_engine
from review.errors import AccountError, LoginRefused, UnknownPersonError
from review.stores import Stores
from tests.review.accounts.support import Clock
from tests.review.postgres import fresh_database

SECRET = "一句很长的口令 correct horse"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return fresh_database(request, tmp_path)


@pytest.fixture
def people(database_url: str, clock: Clock) -> Iterator[PeopleStore]:
    stores = Stores.over(open_engine(database_url), now=clock)
    yield stores.people
    stores.close()


def test_who_has_the_password_is_let_in_and_out(people: PeopleStore) -> None:
    added = people.add("Lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    login = people.log_in("lan", SECRET, "127.0.0.1")
    assert login.person == added
    found = people.session(login.token)
    assert found is not None
    assert (found.person, found.csrf) == (added, login.csrf)
    people.log_out(login.token)
    assert people.session(login.token) is None


def test_the_database_holds_neither_password_nor_token(people: PeopleStore, database_url: str) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    login = people.log_in("lan", SECRET, "127.0.0.1")
    engine = open_engine(database_url)
    with engine.connect() as connection:
        stored = str(connection.execute(text("select * from people")).all())
        stored += str(connection.execute(text("select * from sessions")).all())
    engine.dispose()
    assert SECRET not in stored
    assert login.token not in stored
    assert "$argon2id$" in stored
    assert login.token not in repr(login)


@pytest.mark.parametrize(
    ("login", "password"),
    [("lan", "a wrong password"), ("nobody", SECRET), ("closed", SECRET), ("outside", SECRET)],
    ids=["wrong password", "no account", "closed account", "account without a password"],
)
def test_every_refusal_reads_the_same(people: PeopleStore, login: str, password: str) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    people.add("closed", "", Role.REVIEWER, SECRET, actor="test")
    people.change("closed", active=False, actor="test")
    people.add("outside", "", Role.REVIEWER, actor="test")
    with pytest.raises(LoginRefused, match=r"^login or password is wrong$"):
        people.log_in(login, password, "127.0.0.1")


def test_guessing_is_slowed_down_and_forgotten_after_a_while(people: PeopleStore, clock: Clock) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    for _ in range(5):
        with pytest.raises(LoginRefused, match="wrong"):
            people.log_in("lan", "guess guess guess", "10.0.0.1")
    with pytest.raises(LoginRefused, match="too many tries"):
        people.log_in("lan", SECRET, "10.0.0.2")
    clock.wait(15 * 60_000)
    assert people.log_in("lan", SECRET, "10.0.0.2").person.name == "小兰"


def test_one_address_cannot_try_every_account(people: PeopleStore) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    for number in range(20):
        with pytest.raises(LoginRefused, match="wrong"):
            people.log_in(f"guess{number}", "guess guess guess", "10.0.0.1")
    with pytest.raises(LoginRefused, match="too many tries"):
        people.log_in("lan", SECRET, "10.0.0.1")
    assert people.log_in("lan", SECRET, "10.0.0.9").person.name == "小兰"


def test_a_session_ends_when_idle_and_at_the_latest_after_a_shift(people: PeopleStore, clock: Clock) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    idle = people.log_in("lan", SECRET, "127.0.0.1")
    clock.wait(IDLE_MS + 1)
    assert people.session(idle.token) is None
    busy = people.log_in("lan", SECRET, "127.0.0.1")
    for _ in range(LONGEST_MS // (IDLE_MS // 2)):
        clock.wait(IDLE_MS // 2)
        assert people.session(busy.token) is not None
    clock.wait(IDLE_MS // 2)
    assert people.session(busy.token) is None


def test_a_changed_account_is_logged_out(people: PeopleStore) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    login = people.log_in("lan", SECRET, "127.0.0.1")
    people.change("lan", role=Role.SENIOR, actor="test")
    assert people.session(login.token) is None
    assert people.log_in("lan", SECRET, "127.0.0.1").person.role is Role.SENIOR
    with pytest.raises(UnknownPersonError, match="'who'"):
        people.change("who", active=False, actor="test")


def test_a_bad_account_is_refused(people: PeopleStore) -> None:
    people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    with pytest.raises(AccountError, match="taken"):
        people.add("LAN", "另一个", Role.REVIEWER, SECRET, actor="test")
    with pytest.raises(AccountError, match="12 characters"):
        people.add("short", "", Role.REVIEWER, "too short", actor="test")


def test_somebody_whom_a_provider_vouches_for_is_one_account(people: PeopleStore) -> None:
    with pytest.raises(LoginRefused, match="no account"):
        people.log_in_known("https://id.example", "u-1", "lan", "小兰", None)
    first = people.log_in_known("https://id.example", "u-1", "lan", "小兰", Role.REVIEWER)
    again = people.log_in_known("https://id.example", "u-1", "lan", "改名", None)
    assert again.person == first.person
    people.change("lan", active=False, actor="test")
    with pytest.raises(LoginRefused, match="closed"):
        people.log_in_known("https://id.example", "u-1", "lan", "小兰", Role.REVIEWER)


def test_views_belong_to_a_person(people: PeopleStore) -> None:
    people.save_view("p1", "食品", "class=DISEASE_FOOD")
    people.save_view("p1", "食品", "class=HEALTHFUNC_FOOD")
    people.save_view("p2", "价格", "class=PRICE_ORIGINAL")
    assert people.views("p1") == (("食品", "class=HEALTHFUNC_FOOD"),)
    people.drop_view("p1", "食品")
    assert people.views("p1") == ()

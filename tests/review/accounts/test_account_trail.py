"""What is done to accounts stands in the audit trail, failed logins in the log: who and from where, and no secret."""

import json
import logging

import pytest

from review.accounts.store import PeopleStore
from review.accounts.types import Role
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.accounts.conftest import Serve
from tests.review.accounts.support import SECRET, as_login, let_in, log_in

OTHER = "ein anderes, langes Kennwort"


def trail(stores: Stores) -> list[tuple[str, str, str, dict[str, object]]]:
    """Who did what to whom, from the first entry on, and how."""
    entries = reversed(stores.audit.entries())
    return [(entry.actor, entry.action, entry.subject, json.loads(entry.details)) for entry in entries]


def person_of(stores: Stores, login: str) -> str:
    return next(account.person.id for account in stores.people.accounts() if account.login == login)


def test_what_an_administrator_does_on_the_page_is_in_the_trail(serve: Serve, desk_store: Stores) -> None:
    admin = let_in(desk_store.people, Role.ADMIN)
    browser = serve(Access(auth=Auth.LOCAL))
    browser.headers.update(as_login(admin))
    before = len(trail(desk_store))
    browser.post("/people", data={"login": "Lan", "name": "小兰", "role": "reviewer", "password": SECRET})
    for change in ({"role": "senior"}, {"active": "false"}, {"active": "true"}, {"password": OTHER}):
        assert browser.post("/people/change", data={"login": "lan"} | change).status_code == 303
    lan = f"person:{person_of(desk_store, 'lan')}"
    assert trail(desk_store)[before:] == [
        (admin.person.id, "account.added", lan, {"role": "reviewer", "password": True}),
        (admin.person.id, "account.role_changed", lan, {"before": "reviewer", "after": "senior"}),
        (admin.person.id, "account.closed", lan, {}),
        (admin.person.id, "account.opened", lan, {}),
        (admin.person.id, "account.password_changed", lan, {}),
    ]
    assert desk_store.audit.verify() is None
    exported = "".join(desk_store.audit.export())
    assert not any(text in exported for text in (SECRET, OTHER, "小兰", "argon2"))


def test_one_s_own_password_is_changed_in_one_s_own_name(serve: Serve, desk_store: Stores) -> None:
    desk_store.people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    browser = serve(Access(auth=Auth.LOCAL))
    log_in(browser, "lan", SECRET)
    page = browser.get("/password").text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    fields = {"old": SECRET, "new": OTHER, "again": OTHER, "csrf": token}
    assert browser.post("/password", data=fields).status_code == 303
    lan = person_of(desk_store, "lan")
    assert trail(desk_store)[-1] == (lan, "account.password_changed", f"person:{lan}", {})


def test_what_a_provider_says_of_people_is_in_the_trail(desk_store: Stores) -> None:
    people = desk_store.people
    people.log_in_known("https://id.example", "u-1", "lan", "小兰", Role.REVIEWER)
    people.log_in_known("https://id.example", "u-1", "lan", "小兰", Role.SENIOR, follow=True)
    people.log_in_known("https://id.example", "u-1", "lan", "小兰", Role.SENIOR, follow=True)
    lan = f"person:{person_of(desk_store, 'lan')}"
    assert trail(desk_store) == [
        ("oidc", "account.added", lan, {"role": "reviewer", "password": False}),
        ("oidc", "account.role_changed", lan, {"before": "reviewer", "after": "senior"}),
    ]


def test_what_was_refused_is_not_in_the_trail(desk_store: Stores) -> None:
    people = desk_store.people
    people.add("root", "", Role.ADMIN, SECRET, actor="test")
    before = trail(desk_store)
    with pytest.raises(Exception, match="taken"):
        people.add("root", "", Role.ADMIN, SECRET, actor="test")
    with pytest.raises(Exception, match="last administrator"):
        people.change("root", active=False, actor="test")
    assert trail(desk_store) == before


@pytest.fixture
def people(desk_store: Stores) -> PeopleStore:
    desk_store.people.add("lan", "小兰", Role.REVIEWER, SECRET, actor="test")
    return desk_store.people


@pytest.mark.parametrize(
    ("login", "shown"),
    [("lan", "'lan'"), ("Nobody", "'nobody'"), ("x\x1b[2J\nlogin 'root' let in", r"x\x1b[2j\nlogin 'root' let in")],
    ids=["wrong password", "no account", "a name that forges lines"],
)
def test_a_failed_login_is_in_the_log(
    people: PeopleStore, serve: Serve, caplog: pytest.LogCaptureFixture, login: str, shown: str
) -> None:
    browser = serve(Access(auth=Auth.LOCAL))
    with caplog.at_level(logging.INFO):
        assert log_in(browser, login, OTHER).status_code == 401
    [line] = [one for one in caplog.records if one.name == "review.accounts.store"]
    message = line.getMessage()
    assert shown in message
    assert "from 127.0.0.1 refused" in message
    assert len(message.splitlines()) == 1
    assert (line.levelname, line.address) == ("WARNING", "127.0.0.1")  # type: ignore[attr-defined]
    assert OTHER not in caplog.text


def test_a_login_that_goes_well_is_not_in_the_log(
    people: PeopleStore, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    browser = serve(Access(auth=Auth.LOCAL))
    with caplog.at_level(logging.INFO):
        assert log_in(browser, "lan", SECRET).status_code == 303
    assert [one for one in caplog.records if one.name.startswith("review.accounts")] == []


def test_who_goes_on_guessing_does_not_fill_the_log(
    people: PeopleStore, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    browser = serve(Access(auth=Auth.LOCAL))
    with caplog.at_level(logging.INFO):
        statuses = [log_in(browser, "lan", OTHER).status_code for _ in range(12)]
    lines = [one for one in caplog.records if one.name == "review.accounts.store"]
    assert len(lines) == statuses.count(401) == 5
    assert statuses[-1] == 429


def test_whom_the_provider_vouches_for_in_vain_is_in_the_log(
    desk_store: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    from review.errors import LoginRefused
    from review.server.auth.access import OidcSettings
    from review.server.auth.oidc import Provider

    settings = OidcSettings(issuer="https://id.example", client_id="z", client_secret="geheim")
    provider = Provider(settings, desk_store.people)
    claims: dict[str, object] = {"iss": "https://id.example", "sub": "u-1", "preferred_username": "lan"}
    with pytest.raises(LoginRefused), caplog.at_level(logging.INFO):
        provider.log_in(claims, "192.0.2.7")
    assert "login 'lan' of the provider from 192.0.2.7 refused: no account is registered" in caplog.text
    assert "geheim" not in caplog.text

"""What the tests of people share: a clock that they set, a browser, and ways to be somebody."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx

from review.accounts.store import Login, PeopleStore
from review.accounts.types import Role

SECRET = "一句很长的口令 correct horse"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, milliseconds: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)


def let_in(people: PeopleStore, role: Role) -> Login:
    """A session of somebody with this role, without the cost of a password."""
    return people.log_in_known("test", role.value, f"test-{role}", f"test {role}", role)


def as_login(login: Login) -> dict[str, str]:
    """The headers of a page of this session."""
    return {"Cookie": f"zhenyan={login.token}", "X-CSRF-Token": login.csrf}


def form_token(page: str) -> str:
    """The token in the page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def log_in(browser: httpx.Client, login: str, password: str, **more: str) -> httpx.Response:
    """Fills the login page in and sends it; cookies stay in the browser."""
    token = form_token(browser.get("/login").text)
    fields: Mapping[str, str] = {"login": login, "password": password, "csrf": token, **more}
    return browser.post("/login", data=dict(fields))

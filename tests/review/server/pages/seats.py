"""What the tests of the desk share: a clock that they set, logging in, and waiting for what must come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from claims.types import Finding
from review.accounts.store import Login
from review.accounts.types import Role
from review.stores import Stores
from tests.chromium import DEADLINE_MS

MakeFinding = Callable[..., Finding]
Sit = Callable[..., Page]
_STEP_MS = 50
CLASS_NAMES = {
    "SPEC_PARAM": ("规格/参数/净含量", "Specification or net content"),
    "ABS_SUPERLATIVE": ("绝对化用语", "Absolute / superlative wording"),
}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def known(stores: Stores, login: str, role: Role | None = None) -> Login:
    """A session of this person, whom some provider vouches for; `role`: they are new here."""
    return stores.people.log_in_known("https://id.example", login, login, login.title(), role)


def log_in(page: Page, address: str, stores: Stores, login: str) -> str:
    """Gives the page's browser a session; returns its token."""
    token = known(stores, login).token
    page.context.add_cookies([{"name": "zhenyan", "value": token, "url": address}])
    return token


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Returns once the condition holds, while the page goes on; fails at the deadline."""
    for _ in range(DEADLINE_MS // _STEP_MS):
        if condition():
            return
        page.wait_for_timeout(_STEP_MS)
    assert condition()

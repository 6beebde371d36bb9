"""Accounts, as administrators change them on their page."""

import httpx
import pytest

from review.accounts.types import Role
from review.errors import AccountError
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.accounts.conftest import Serve
from tests.review.accounts.support import SECRET, as_login, let_in, log_in


@pytest.fixture
def browser(serve: Serve, desk_store: Stores) -> httpx.Client:
    """A browser in which an administrator is logged in."""
    opened = serve(Access(auth=Auth.LOCAL))
    opened.headers.update(as_login(let_in(desk_store.people, Role.ADMIN)))
    return opened


def roles(stores: Stores) -> dict[str, tuple[Role, bool]]:
    return {account.login: (account.person.role, account.active) for account in stores.people.accounts()}


def test_an_account_is_added_promoted_and_closed(browser: httpx.Client, desk_store: Stores) -> None:
    fields = {"login": "Lan", "name": "小兰", "role": "reviewer", "password": SECRET}
    assert browser.post("/people", data=fields).status_code == 303
    assert "小兰" in browser.get("/people").text
    assert browser.post("/people/change", data={"login": "lan", "role": "senior"}).status_code == 303
    assert roles(desk_store)["lan"] == (Role.SENIOR, True)
    browser.post("/people/change", data={"login": "lan", "active": "false"})
    assert roles(desk_store)["lan"] == (Role.SENIOR, False)
    other = httpx.Client(base_url=browser.base_url)
    assert log_in(other, "lan", SECRET).status_code == 401
    browser.post("/people/change", data={"login": "lan", "active": "true"})
    browser.post("/people/change", data={"login": "lan", "password": "a new password, longer"})
    assert log_in(other, "lan", "a new password, longer").status_code == 303
    other.close()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"login": "lan", "role": "reviewer", "password": "short"}, "12 characters"),
        ({"login": "test-admin", "role": "reviewer", "password": SECRET}, "taken"),
        ({"login": "lan", "role": "emperor", "password": SECRET}, "role"),
    ],
    ids=["short password", "taken login", "no such role"],
)
def test_a_wrong_account_is_refused(
    browser: httpx.Client, desk_store: Stores, fields: dict[str, str], told: str
) -> None:
    refused = browser.post("/people", data=fields)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert set(roles(desk_store)) == {"test-admin"}


def test_nobody_changes_their_own_account_here(browser: httpx.Client, desk_store: Stores) -> None:
    refused = browser.post("/people/change", data={"login": "test-admin", "role": "auditor"})
    assert (refused.status_code, "your own" in refused.text) == (422, True)


def test_an_account_that_is_none_is_not_changed(browser: httpx.Client) -> None:
    assert browser.post("/people/change", data={"login": "who", "role": "auditor"}).status_code == 404


def test_the_last_administrator_stays(desk_store: Stores) -> None:
    people = desk_store.people
    people.add("root", "", Role.ADMIN, SECRET, actor="test")
    for change in ({"active": False}, {"role": Role.AUDITOR}):
        with pytest.raises(AccountError, match="last administrator"):
            people.change("root", **change, actor="test")  # type: ignore[arg-type]
    people.add("other", "", Role.ADMIN, SECRET, actor="test")
    people.change("root", role=Role.AUDITOR, actor="test")

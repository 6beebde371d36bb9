"""The page of settings in force: who sees it, and that nothing secret stands in it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from review.accounts.types import Person
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.server.pages.settings import Origin, SettingInForce
from review.stores import Stores
from tests.review.server.pages.seats import Sit, known
from tests.review.server.pages.seen import check_office

SETTINGS = (
    SettingInForce(name="port", value="8400", origin=Origin.FILE, is_set=True),
    SettingInForce(name="metrics_token", value=None, origin=Origin.ENVIRONMENT, is_set=True),
    SettingInForce(name="oidc_client_secret", value=None, origin=Origin.DEFAULT, is_set=False),
    SettingInForce(name="trust_ca", value="", origin=Origin.DEFAULT, is_set=False),
)


@pytest.fixture
def app(desk_store: Stores, data_dir: Path) -> Any:
    return create_app(desk_store, data_dir, access=Access(auth=Auth.LOCAL), settings=SETTINGS)


def get(address: str, stores: Stores, login: str) -> httpx.Response:
    return httpx.get(f"{address}/settings", cookies={"zhenyan": known(stores, login).token}, timeout=30)


def test_what_is_set_stands_apart_and_what_is_secret_is_not_shown(
    address: str, desk_store: Stores, people: dict[str, Person]
) -> None:
    page = get(address, desk_store, "eve").text
    assert page.index("metrics_token") < page.index("oidc_client_secret")
    assert "已设（不显示）" in page
    assert "环境变量" in page
    assert "本机设定 · 2" in page


@pytest.mark.parametrize(("login", "status"), [("anna", 403), ("chen", 403), ("dora", 200), ("eve", 200)])
def test_administrators_and_auditors_see_it(
    address: str, desk_store: Stores, people: dict[str, Person], login: str, status: int
) -> None:
    assert get(address, desk_store, login).status_code == status


def test_an_account_for_some_customers_does_not(address: str, desk_store: Stores, people: dict[str, Person]) -> None:
    desk_store.keys.add_tenant("bolt", "Bolt", "test")
    desk_store.people.change("dora", actor="test", tenants={"bolt"})
    assert get(address, desk_store, "dora").status_code == 403


@pytest.mark.browser
def test_it_fits_and_axe_finds_nothing(sit: Sit) -> None:
    check_office(sit("eve", "/settings"), "settings")

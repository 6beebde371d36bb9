"""The pages of batches: how far each is, which file failed and why, and whose they are."""

from collections.abc import Sequence

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import Connection

from review.accounts.types import Person
from review.audit.trail import Journal
from review.batches.types import ArchiveState, BatchState, NewBatch
from review.stores import Stores
from review.streams.types import ProductRef
from tests.review.server.pages.seats import Sit, known
from tests.review.server.pages.seen import check_office


def nothing_on_sale(_connection: Connection, _journal: Journal) -> Sequence[tuple[ProductRef, str]]:
    return [(ProductRef(product_id="a/b?c", name="蜂蜜"), "sha256:1")]


def hand_in(stores: Stores, tenant: str = "acme", files: int = 3) -> str:
    urls = tuple(f"https://user:geheim@archive.example/{tenant}/{n}.mp4?token=geheim" for n in range(files))
    new = NewBatch(
        tenant_id=tenant,
        host_id="h1",
        host_name=f"主播 {tenant}",
        platform="demo",
        started_at="2026-11-24T20:00:00+08:00",
        urls=urls,
    )
    return stores.batches.place(new, nothing_on_sale, "test")[0]


@pytest.fixture
def batch_id(desk_store: Stores, people: dict[str, Person]) -> str:
    """A batch of three files: one is done with findings, one failed, one waits."""
    for tenant in ("acme", "bolt"):
        desk_store.keys.add_tenant(tenant, tenant.title(), "test")
    found = hand_in(desk_store)
    desk_store.batches.claim("w1")
    done = {"stream_id": "s1", "recorded_ms": 90_000, "analysed_ms": 90_000, "findings": 2}
    desk_store.batches.note(found, 0, state=ArchiveState.DONE.value, **done)
    desk_store.batches.note(found, 1, state=ArchiveState.FAILED.value, error="the server answered 404")
    return found


def get(address: str, stores: Stores, path: str, login: str = "anna") -> httpx.Response:
    return httpx.get(f"{address}{path}", cookies={"zhenyan": known(stores, login).token}, timeout=30)


def test_a_batch_with_its_files_and_no_secret_of_its_addresses(address: str, desk_store: Stores, batch_id: str) -> None:
    listed = get(address, desk_store, "/batches").text
    assert f'/batches/{batch_id}"' in listed
    page = get(address, desk_store, f"/batches/{batch_id}").text
    assert "服务器返回 404" in page
    assert "https://archive.example/acme/0.mp4" in page
    assert "geheim" not in page + listed
    assert "/findings?stream=s1" in page
    assert "/passports/a%2Fb%3Fc?tenant=acme" in page


def test_files_of_one_state_alone(address: str, desk_store: Stores, batch_id: str) -> None:
    failed = get(address, desk_store, f"/batches/{batch_id}?state=failed").text
    assert ("1.mp4" in failed, "0.mp4" in failed) == (True, False)
    assert "没有这一状态的文件" in get(address, desk_store, f"/batches/{batch_id}?state=same").text
    assert get(address, desk_store, f"/batches/{batch_id}?state=lost").status_code == 422


def test_a_batch_that_failed_as_a_whole_says_why(address: str, desk_store: Stores, batch_id: str) -> None:
    desk_store.batches.finish(batch_id, "w1", BatchState.FAILED, "<b>no room</b>")
    page = get(address, desk_store, f"/batches/{batch_id}").text
    assert "&lt;b&gt;no room&lt;/b&gt;" in page


def test_an_unknown_batch_and_another_customers_are_the_same(
    address: str, desk_store: Stores, batch_id: str, people: dict[str, Person]
) -> None:
    own = hand_in(desk_store, "bolt")
    desk_store.people.change("bo", actor="test", tenants={"bolt"})
    listed = get(address, desk_store, "/batches", "bo").text
    assert (own in listed, batch_id in listed) == (True, False)
    assert get(address, desk_store, f"/batches/{own}", "bo").status_code == 200
    assert get(address, desk_store, f"/batches/{batch_id}", "bo").status_code == 404
    assert get(address, desk_store, "/batches/nobody").status_code == 404


def test_many_are_shown_a_page_at_a_time(address: str, desk_store: Stores, batch_id: str) -> None:
    for _ in range(55):
        hand_in(desk_store, files=1)
    first = get(address, desk_store, "/batches").text
    assert first.count('<th scope="row"') == 50
    after = first.partition('<p><a href="/batches?after=')[2].partition('"')[0]
    assert get(address, desk_store, f"/batches?after={after}").text.count('<th scope="row"') == 6
    assert get(address, desk_store, "/batches?after=nonsense").status_code == 422


@pytest.mark.browser
def test_from_the_list_to_the_failed_file(sit: Sit, desk_store: Stores, batch_id: str) -> None:
    page = sit("dora", "/batches")
    check_office(page, "batches")
    page.goto(page.url)
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="失败 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("404")
    check_office(page, "batch")

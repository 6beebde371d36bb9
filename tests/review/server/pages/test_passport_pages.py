"""The pages of passports: found, read in from files row by row, compared by version, retired with a reason."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook
from playwright.sync_api import expect

from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from review.accounts.types import Person
from review.passports.differences import Difference, differences, name_in
from review.server.api.ordering import Platform
from review.server.app import create_app
from review.server.auth.access import Access, Auth
from review.stores import Stores
from tests.review.server.pages.seats import Sit, known
from tests.review.server.pages.seen import check_office

POLICY_DIR = Path(__file__).parents[4] / "configs" / "policy" / "zh-CN"
CHARGER = {"id": "P-1", "name": "双口氮化镓充电器", "category": "electronics/charger", "gtin": "9520000000011"}
HONEY = {"id": "a/b?c", "name": "延安洋槐蜜", "category": "food/honey"}


@pytest.fixture(scope="session")
def reader() -> QuantityReader:
    return packaged_policy().quantity_reader


@pytest.fixture
def app(desk_store: Stores, data_dir: Path, reader: QuantityReader) -> Any:
    return create_app(desk_store, data_dir, access=Access(auth=Auth.LOCAL), platform=Platform(reader=reader))


def seat(address: str, stores: Stores, login: str) -> httpx.Client:
    login_of = known(stores, login)
    cookies = {"zhenyan": login_of.token}
    return httpx.Client(base_url=address, cookies=cookies, headers={"X-CSRF-Token": login_of.csrf}, timeout=30)


def send(client: httpx.Client, content: bytes, name: str = "p.jsonl", tenant: str = "local") -> httpx.Response:
    return client.post("/passports/import", data={"tenant": tenant}, files={"file": (name, content)})


def lines(*records: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


@pytest.fixture
def chen(address: str, desk_store: Stores, people: dict[str, Person]) -> Iterator[httpx.Client]:
    with seat(address, desk_store, "chen") as client:
        yield client


def test_each_row_of_a_file_is_answered_and_the_same_again_changes_nothing(
    chen: httpx.Client, desk_store: Stores
) -> None:
    broken = {"id": "P-2", "name": "没有类目"}
    first = send(chen, lines(CHARGER, broken, HONEY))
    assert first.status_code == 200, first.text
    assert "新登记 2，未变 0，未通过 1" in first.text
    assert "category" in first.text
    assert {one.product_id for one in desk_store.passports.searched("local")} == {"P-1", "a/b?c"}
    assert "新登记 0，未变 2，未通过 1" in send(chen, lines(CHARGER, broken, HONEY)).text


def test_tables_are_read_as_the_interface_reads_them(chen: httpx.Client, desk_store: Stores) -> None:
    assert "新登记 1" in send(chen, "id,name,category\nP-1,充电器,electronics/charger".encode(), "表.CSV").text
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("id", "name", "category"), ("P-9", "充电器", "electronics/charger")):
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    assert "新登记 1" in send(chen, written.getvalue(), "p.xlsx").text
    assert len(desk_store.passports.searched("local")) == 2


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7", "p.pdf"),
        (b"not a workbook", "p.xlsx"),
        (b"", "p.csv"),
        (b"\xff\xfe\x00", "p.csv"),
        (b"{", "p.json"),
    ],
    ids=["another kind", "no workbook", "empty", "no text", "no JSON"],
)
def test_a_file_that_cannot_be_read_is_told_of_and_nothing_is_stored(
    chen: httpx.Client, desk_store: Stores, content: bytes, name: str
) -> None:
    answer = send(chen, content, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert desk_store.passports.searched("local") == ()


def test_who_only_reviews_reads_and_changes_nothing(
    address: str, desk_store: Stores, chen: httpx.Client, people: dict[str, Person]
) -> None:
    send(chen, lines(CHARGER))
    with seat(address, desk_store, "anna") as anna:
        assert "P-1" in anna.get("/passports").text
        assert "enctype" not in anna.get("/passports").text
        assert send(anna, lines(HONEY)).status_code == 403
        assert anna.post("/passports/retire", data={"tenant": "local", "product_id": "P-1"}).status_code == 403


def test_found_by_id_name_code_and_what_it_says(chen: httpx.Client) -> None:
    send(chen, lines(CHARGER, HONEY))
    for text in ("P-1", "氮化镓", "9520000000011", "ELECTRONICS"):
        page = chen.get("/passports", params={"q": text}).text
        assert ("双口氮化镓充电器" in page, "延安洋槐蜜" in page) == (True, False), text
    for text in ("%", "_", "nothing"):
        assert "双口氮化镓充电器" not in chen.get("/passports", params={"q": text}).text


def test_a_list_longer_than_a_page_goes_on(chen: httpx.Client) -> None:
    send(chen, lines(*(HONEY | {"id": f"P-{n:03}"} for n in range(70))))
    first = chen.get("/passports").text
    assert first.count('<th scope="row">') == 50
    url = first.partition('<p><a href="/passports?tenant=local&amp;after=')[2].partition('"')[0]
    rest = chen.get(f"/passports?tenant=local&after={url}").text
    assert rest.count('<th scope="row">') == 20
    assert "P-069" in rest
    assert chen.get("/passports?after=nonsense").status_code == 422


def test_versions_show_what_differs_and_a_retirement_its_reason(chen: httpx.Client, desk_store: Stores) -> None:
    send(chen, lines(HONEY))
    send(chen, lines(HONEY | {"brand": "<b>老周</b>"}))
    page = chen.get("/passports/a%2Fb%3Fc").text
    assert "<ins>&lt;b&gt;老周&lt;/b&gt;</ins>" in page
    assert chen.post("/passports/retire", data={"tenant": "local", "product_id": "a/b?c"}).status_code == 422
    sent = chen.post("/passports/retire", data={"tenant": "local", "product_id": "a/b?c", "reason": "停产"})
    assert sent.status_code == 303
    done = chen.get(sent.headers["location"])
    assert "停产" in done.text
    assert "Chen" in done.text
    assert "a/b?c" not in chen.get("/passports").text
    assert "停产" in chen.get("/passports?retired=1").text
    assert not any("停产" in line for line in desk_store.audit.export()), "the trail holds no text that people wrote"
    send(chen, lines(HONEY))
    again = chen.get("/passports/a%2Fb%3Fc").text
    assert "第 3 版" in again
    assert "停产" in again


def test_what_is_not_there_is_told_of(chen: httpx.Client) -> None:
    assert chen.get("/passports/nobody").status_code == 404
    gone = {"tenant": "local", "product_id": "nobody", "reason": "x"}
    assert chen.post("/passports/retire", data=gone).status_code == 404
    assert chen.post("/passports/retire", data=gone | {"reason": " "}).status_code == 422


def test_a_limited_account_reaches_its_own_alone(
    address: str, desk_store: Stores, chen: httpx.Client, people: dict[str, Person]
) -> None:
    send(chen, lines(CHARGER))
    desk_store.keys.add_tenant("bolt", "Bolt", "test")
    desk_store.people.change("chen", actor="test", tenants={"bolt"})
    with seat(address, desk_store, "chen") as limited:
        assert "P-1" not in limited.get("/passports").text
        assert limited.get("/passports?tenant=local").status_code == 404
        assert limited.get("/passports/P-1?tenant=local").status_code == 404
        assert send(limited, lines(HONEY)).status_code == 404
        body = {"tenant": "local", "product_id": "P-1", "reason": "x"}
        assert limited.post("/passports/retire", data=body).status_code == 404
        assert "新登记 1" in send(limited, lines(HONEY), tenant="bolt").text
    assert [one.product_id for one in desk_store.passports.searched("local")] == ["P-1"]


def test_what_differs_is_told_by_path() -> None:
    before = json.dumps({"a": {"b": [1, 2]}, "gone": "x", "same": True, "empty": []})
    after = json.dumps({"a": {"b": [1, 3, "n"]}, "same": True, "empty": {}})
    assert differences(before, after) == (
        Difference(path="a.b[1]", before="2", after="3"),
        Difference(path="a.b[2]", before=None, after="n"),
        Difference(path="empty", before="[]", after="{}"),
        Difference(path="gone", before="x", after=None),
    )
    assert differences(before, before) == ()


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"name": "甲"}, "甲"),
        ({"name_zh": "乙"}, "乙"),
        ({"credentialSubject": {"product": {"name": "丙"}}}, "丙"),
        ({"credentialSubject": ["x"], "name": 3}, ""),
    ],
    ids=["short", "long", "credential", "none"],
)
def test_the_name_is_found_in_every_form(record: dict[str, Any], name: str) -> None:
    assert name_in(json.dumps(record)) == name


@pytest.mark.browser
def test_from_a_file_to_a_retired_passport(sit: Sit, desk_store: Stores, tmp_path: Path, complaints: list[str]) -> None:
    file = tmp_path / "p.jsonl"
    file.write_bytes(lines(CHARGER, {"id": "P-2"}))
    page = sit("chen", "/passports")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_role("button", name="批量导入").click()
    expect(page.get_by_role("status")).to_contain_text("新登记 1，未变 0，未通过 1")
    page.get_by_role("link", name="P-1").click()
    page.get_by_label("停用原因").fill("停产")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="停用").click()
    expect(page.locator(".band")).to_contain_text("停产")
    check_office(page, "passport")
    page.goto(page.url.partition("/passports")[0] + "/passports?retired=1")
    check_office(page, "passports")
    page = sit("eve", "/passports")
    check_office(page, "import")

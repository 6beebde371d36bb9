"""The pages before the broadcast in a real browser: pasted, uploaded, marked, advised, in both languages."""

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.review.accounts.support import form_token

pytestmark = pytest.mark.browser
GTIN = "9520000000011"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1366, "height": 768})
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" and "422" not in m.text else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert complaints == []
    opened.close()


def picture_of(text: str, kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.EAN13) -> bytes:
    drawn = np.array(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind), scale=4))
    framed = np.pad(drawn, 40, constant_values=255)
    out = io.BytesIO()
    Image.fromarray(framed).convert("RGB").save(out, "PNG")
    return out.getvalue()


def send(page: Page) -> None:
    """Sends the form, and waits for the page that answers it."""
    with page.expect_navigation():
        page.click("button.main")


def test_a_pasted_script_comes_back_marked_with_advice(server: str, page: Page) -> None:
    page.goto(f"{server}/")
    page.locator(".places .menu > summary").first.click()
    page.click("text=播前检查")
    page.fill("textarea[name=text]", "这款双口氮化镓充电器单口一百瓦，\n是全网最好的充电器！")
    page.check("input[name=products] >> nth=0")
    page.fill("input[name=at]", "2026-11-24T20:00")
    send(page)
    marks = page.locator(".words mark.flag").all_inner_texts()
    assert any("一百瓦" in mark for mark in marks)
    assert any("最好" in mark for mark in marks)
    assert "65 W" in page.locator(".instead").first.inner_text()
    assert page.input_value("textarea[name=text]").startswith("这款双口氮化镓充电器")
    assert page.is_checked("input[name=products] >> nth=0")
    page.click(".words sup a >> nth=0")
    assert page.url.endswith("#r1")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


def test_captions_and_passports_can_be_uploaded(server: str, page: Page, tmp_path: Path) -> None:
    captions, passports = tmp_path / "c.srt", tmp_path / "p.json"
    captions.write_text("1\n00:00:01,000 --> 00:00:03,000\n这条围巾是百分之百羊毛\n", encoding="utf-8")
    passports.write_text(
        '{"id":"P-9","name":"围巾","category":"apparel/scarf","composition":[{"material":"cotton","label":"棉",'
        '"percent":100}]}',
        encoding="utf-8",
    )
    page.goto(f"{server}/before?lang=en")
    page.set_input_files("input[name=captions]", captions)
    page.set_input_files("input[name=passports]", passports)
    send(page)
    assert "百分之百羊毛" in "".join(page.locator(".words mark").all_inner_texts())
    assert page.locator("h2", has_text="contradicted").count() == 1


def test_an_error_keeps_what_was_written(server: str, page: Page) -> None:
    page.goto(f"{server}/before")
    page.fill("textarea[name=text]", "我的话")
    page.select_option("select[name=kind]", "captions")
    send(page)
    assert "captions" in page.locator("[role=alert]").inner_text()
    assert page.input_value("textarea[name=text]") == "我的话"


def test_a_catalogue_is_checked_and_downloaded(server: str, page: Page, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_bytes("标题,卖点\n蜂蜜,全网最好的蜂蜜\n毛巾,柔软吸水\n".encode("gb18030"))
    page.goto(f"{server}/before/catalogue")
    page.set_input_files("input[name=rows]", rows)
    send(page)
    assert page.locator("tbody tr").count() == 2
    assert page.locator("tbody tr").nth(0).locator("h2").count() >= 1
    assert page.locator("tbody tr").nth(1).locator("h2").count() == 0
    assert Axe().run(page).violations_count == 0
    page.set_input_files("input[name=rows]", rows)
    with page.expect_download() as download:
        page.click("button[value=csv]")
    assert "ABS_SUPERLATIVE" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_a_row_of_an_unknown_product_shows_what_was_found_and_that_it_is_unknown(
    server: str, page: Page, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,标题\nnobody,全网最好的蜂蜜\nnobody,柔软吸水\n", encoding="utf-8")
    page.goto(f"{server}/before/catalogue")
    page.set_input_files("input[name=rows]", rows)
    send(page)
    found = page.locator("tbody tr").nth(0)
    assert "nobody" in found.locator(".wrong").inner_text()
    assert found.locator("h2").count() == 1
    assert page.locator("tbody tr").nth(1).locator(".wrong").count() == 1
    assert Axe().run(page).violations_count == 0


def test_every_fault_of_an_uploaded_passport_is_listed(server: str, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "passports.yaml"
    file.write_text("- {id: P-1, name: 甲, category: foods/honey, price: {currency: RMB, regular: -1}}\n")
    page.goto(f"{server}/before")
    page.fill("textarea[name=text]", "好")
    page.set_input_files("input[name=passports]", file)
    send(page)
    assert page.locator("[role=alert] li").count() == 3
    assert Axe().run(page).violations_count == 0
    paper = "{scheme: CCC, number: '2026010907654321', valid_until: 2026-01-31}"
    file.write_text(f"- {{id: P-1, name: 甲, category: food/honey, certificates: [{paper}]}}\n")
    page.set_input_files("input[name=passports]", file)
    send(page)
    assert "2026-01-31" in page.locator(".outcome").inner_text()
    assert Axe().run(page).violations_count == 0


def test_a_code_leads_to_its_passport(server: str, page: Page) -> None:
    page.goto(f"{server}/codes")
    page.fill("input[name=code]", f"https://id.example.cn/01/0{GTIN}?x=1")
    send(page)
    assert page.locator("h2", has_text="双口氮化镓充电器").count() == 1
    assert Axe().run(page).violations_count == 0
    page.fill("input[name=code]", "4006381333931")
    send(page)
    assert "4006381333931" in page.locator("[role=status].wrong").inner_text()


@pytest.mark.parametrize("kind", [zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.QRCode])
def test_a_picture_of_a_code_is_read(client: httpx.Client, kind: zxingcpp.BarcodeFormat) -> None:
    token = {"csrf": form_token(client.get("/codes").text)}
    answer = client.post("/codes", data=token, files={"picture": ("code.png", picture_of(GTIN, kind), "image/png")})
    assert answer.status_code == 200
    assert "双口氮化镓充电器" in answer.text


@pytest.mark.parametrize(
    ("content", "named"),
    [(b"", "none was chosen"), (b"no picture", "none that can be read"), (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "none")],
)
def test_a_picture_that_cannot_be_read_says_why(client: httpx.Client, content: bytes, named: str) -> None:
    token = {"csrf": form_token(client.get("/codes").text)}
    answer = client.post("/codes", data=token, files={"picture": ("code.png", content, "image/png")})
    assert answer.status_code == 422
    assert named in answer.text


def test_a_picture_without_a_code_says_so(client: httpx.Client) -> None:
    out = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(out, "PNG")
    token = {"csrf": form_token(client.get("/codes").text)}
    answer = client.post("/codes", data=token, files={"picture": ("white.png", out.getvalue(), "image/png")})
    assert answer.status_code == 422
    assert "no bar code" in answer.text


ONE = "id: P-9\nname: 围巾\ncategory: apparel/scarf\n"
_ALIASES = "\n".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 12))
BOMB = f"{ONE}k0: &k0 [x, x]\n{_ALIASES}\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (BOMB.encode(), "holds aliases (*name)"),
        (b"[" * 500_000, "nesting depth"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "passports"),
        (b"- a\n" * 1_000_000, "more than 300000 nodes"),
        (ONE.encode() + b"# " + b"x" * 10_000_000, "larger than 8 MB"),
        (b"id: 1\nid: 2\n", "stands twice"),
        (b"\xff\xfe\x00", "neither YAML nor JSON"),
    ],
    ids=["bomb of aliases", "deep", "deep as JSON", "a million short lines", "10 MB", "a key twice", "no text"],
)
def test_passports_that_could_grow_beyond_measure_are_refused(client: httpx.Client, content: bytes, why: str) -> None:
    form = {"csrf": form_token(client.get("/before").text), "text": "纯羊毛围巾"}
    answer = client.post("/before", data=form, files={"passports": ("p.yaml", content, "application/yaml")})
    assert answer.status_code == 422
    assert "passports" in answer.text
    assert why in answer.text
    own = client.post("/before", data=form, files={"passports": ("p.yaml", ONE.encode(), "application/yaml")})
    assert own.status_code == 200

"""Tables as records: heads in both languages, cells as sellers write them, and what can't be one."""

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from review.api_errors import OrderRefused
from review.passports.bulk import FileForm, SentRow, sent_rows
from review.passports.template import heads, template_csv, template_xlsx

NEEDED = "id,name,category"


def rows(text: str | bytes, form: FileForm = FileForm.CSV) -> list[SentRow]:
    return list(sent_rows(text.encode() if isinstance(text, str) else text, form))


def record(head: str, cell: str) -> dict[str, Any]:
    [row] = rows(f'{NEEDED},{head}\nP-1,充电器,electronics/charger,"{cell}"\n')
    assert row.faults == ()
    found: dict[str, Any] = row.parsed.content
    return {key: value for key, value in found.items() if key not in NEEDED}


def workbook(*lines: list[object]) -> bytes:
    book = Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "cell", "said"),
    [
        (
            "属性:输出功率(W)",
            "65",
            {"attributes": [{"name": "输出功率", "label": "输出功率", "value": 65, "unit": "W"}]},
        ),
        (
            "属性：输出功率（W）",
            "65",
            {"attributes": [{"name": "输出功率", "label": "输出功率", "value": 65, "unit": "W"}]},
        ),
        ("attribute:power:输出功率", "65W", {"attributes": [{"name": "power", "label": "输出功率", "value": "65W"}]}),
        (
            "属性:电压(V)",
            "100-240",
            {"attributes": [{"name": "电压", "label": "电压", "value": "100-240", "unit": "V"}]},
        ),
        ("属性:电压(V)", "220V", {"attributes": [{"name": "电压", "label": "电压", "value": "220V"}]}),
        ("属性:标准(文本)", "12", {"attributes": [{"name": "标准", "label": "标准", "text": "12"}]}),
        ("属性:防护", "IP54", {"attributes": [{"name": "防护", "label": "防护", "text": "IP54"}]}),
        ("证件:CCC", "2024", {"certificates": [{"scheme": "CCC", "number": "2024"}]}),
        ("证件:CCC:有效期至", "2029/4/30", {"certificates": [{"scheme": "CCC", "valid_until": "2029-04-30"}]}),
        ("成分:面料:棉", "95%", {"composition": [{"part": "面料", "material": "棉", "percent": 95}]}),
        ("composition:cotton", "4.5", {"composition": [{"material": "cotton", "percent": 4.5}]}),
        ("配料", "水、1,2-己二醇；甘油", {"ingredients": ["水", "1,2-己二醇", "甘油"]}),
        (
            "图片",
            "https://a/1.jpg https://a/2.jpg",
            {"images": [{"path_or_url": f"https://a/{n}.jpg"} for n in (1, 2)]},
        ),
        ("标价*", "129.90", {"price": {"regular": 129.9}}),
        ("失效日期", "2029年4月3日", {"valid_to": "2029-04-03"}),
    ],
)
def test_a_cell_is_a_part_of_the_record(head: str, cell: str, said: dict[str, Any]) -> None:
    assert record(head, cell) == said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_usual_encoding_is_read(encoding: str) -> None:
    [row] = rows("商品编号,商品名称,类目\nP-1,𠮷祥充电器,electronics/charger\n".encode(encoding))
    assert row.parsed.content["name"] == "𠮷祥充电器"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_is_read_back_the_same_from_both_kinds_of_table(language: Any) -> None:
    [from_csv] = rows(template_csv(language, with_example=True))
    [from_xlsx] = rows(template_xlsx(language, with_example=True), FileForm.XLSX)
    assert from_csv.parsed == from_xlsx.parsed
    assert from_csv.parsed.content["certificates"] == [
        {"scheme": "CCC", "number": "2024010907123456", "valid_until": "2029-04-30"}
    ]
    assert rows(template_csv(language, with_example=False)) == []
    assert len(set(heads(language))) == len(heads(language))


def test_a_workbooks_cells_are_read_as_they_are_shown() -> None:
    head = ["id", "name", "category", "gtin", "regular", "valid_to", "composition:cotton"]
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(head)
    sheet.append(["P-1", "T恤", "apparel/tshirt", 9520000000011, 99.5, date(2029, 4, 30), 0.95])
    sheet["G2"].number_format = "0%"
    sheet.append([])
    sheet.append(["P-2", "T恤", "apparel/tshirt", "#N/A"])
    out = io.BytesIO()
    book.save(out)
    first, second = rows(out.getvalue(), FileForm.XLSX)
    assert first.parsed.content == {
        "id": "P-1",
        "name": "T恤",
        "category": "apparel/tshirt",
        "gtin": "9520000000011",
        "price": {"regular": 99.5},
        "valid_to": "2029-04-30",
        "composition": [{"material": "cotton", "percent": 95}],
    }
    assert (second.number, second.faults) == (
        4,
        (("gtin", "holds #N/A, which is a spreadsheet's error and no value"),),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "is empty"),
        (b"id,name\nP-1,x\n", "has no column 'category'"),
        (f"{NEEDED},颜色\n".encode(), "column 4 '颜色': is not known"),
        (f"{NEEDED},品牌,brand\n".encode(), "means the same as column 4"),
        (f"{NEEDED},证件:CCC:颜色\n".encode(), "of a certificate may stand number"),
        (b"\xff\xfe\x00id", "is neither UTF-8 nor GB 18030"),
        (f'{NEEDED}\nP-1,"x,y'.encode(), "is no CSV at line"),
    ],
)
def test_a_table_that_can_not_be_read_is_refused_as_a_whole(text: bytes, why: str) -> None:
    with pytest.raises(OrderRefused, match="file: ") as refused:
        rows(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04 broken", template_csv("zh", with_example=True)])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(OrderRefused, match="XLSX"):
        rows(content, FileForm.XLSX)


def test_a_value_without_a_head_is_told_and_not_lost() -> None:
    [row] = rows(f"{NEEDED},\nP-1,x,food,lost\n")
    assert row.faults == (("column 4", "has a value and no head in the first line; name it or empty it"),)

"""Rows of a file, each read by itself: what is wrong has its field, and holds up no other."""

import json
from datetime import date

import pytest

from claims.passports.quantities import QuantityReader
from claims.policy.packaged import packaged_policy
from review.api_errors import OrderRefused
from review.passports.bulk import FileForm, ReadRow, read_rows, sent_rows

DAY = date(2026, 11, 24)
GOOD = {"id": "P-1", "name": "移动电源", "category": "electronics/power_bank"}
UNTP = {
    "type": ["DigitalProductPassport", "VerifiableCredential"],
    "id": "https://id.example.com/passport/42",
    "credentialSubject": {"product": {"id": "https://id.example.com/01/09520000000011", "name": "充电器"}},
}


@pytest.fixture(scope="module")
def reader() -> QuantityReader:
    return packaged_policy().quantity_reader


def read(reader: QuantityReader, content: str, form: FileForm) -> list[ReadRow]:
    return list(read_rows(sent_rows(content.encode(), form), reader, DAY))


def told(rows: list[ReadRow]) -> list[tuple[int, str | None, list[str]]]:
    """Of each row its number, its id, and the fields that are wrong."""
    return [(row.number, row.product_id, [field for field, _ in row.faults]) for row in rows]


def test_a_row_that_is_wrong_is_told_by_its_columns(reader: QuantityReader) -> None:
    table = (
        "商品编号,商品名称,类目,条码,属性:净含量(mAh),证件:CCC,证件:CCC:有效期至\n"
        "P-1,移动电源,electronics/power_bank,9520000000012,10000,1,someday\n"
        "P-2,蜂蜜,foods/honey,,500,,\n"
        "P-3,移动电源,electronics/power_bank,9520000000011,10000,2024010907123456,2029/4/30\n"
        ",移动电源,electronics/power_bank,,,,\n"
        "P-3,移动电源,electronics/power_bank,,,,\n"
    )
    rows = read(reader, table, FileForm.CSV)
    assert told(rows) == [
        (2, "P-1", ["条码", "证件:CCC:有效期至", "属性:净含量(mAh)"]),
        (3, "P-2", ["类目", "属性:净含量(mAh)"]),
        (4, "P-3", ["属性:净含量(mAh)"]),
        (5, None, [""]),
        (6, "P-3", ["商品编号"]),
    ]
    assert rows[-1].faults[0][1] == "stands in row 4 already; keep one of them"


def test_each_line_of_json_is_a_passport_by_itself(reader: QuantityReader) -> None:
    lines = "\n".join(
        [
            json.dumps(GOOD),
            "",
            "{broken",
            '{"id": "P-2", "id": "P-3", "name": "x", "category": "food"}',
            json.dumps(UNTP),
            '{"id": "P-9", "name": NaN, "category": "food"}',
            "[" * 100_000,
        ]
    )
    rows = read(reader, lines, FileForm.LINES)
    assert [(row.number, row.product_id, row.kept is not None) for row in rows] == [
        (1, "P-1", True),
        (3, None, False),
        (4, "P-3", False),
        (5, UNTP["id"], True),
        (6, None, False),
        (7, None, False),
    ]
    assert "stands twice" in rows[2].faults[0][1]


@pytest.mark.parametrize("form", [FileForm.JSON, FileForm.YAML])
@pytest.mark.parametrize("content", [[GOOD, UNTP], {"passports": [GOOD, UNTP]}])
def test_a_list_has_a_row_for_each_record(reader: QuantityReader, form: FileForm, content: object) -> None:
    rows = read(reader, json.dumps(content), form)
    assert [(row.number, row.product_id) for row in rows] == [(1, "P-1"), (2, UNTP["id"])]
    assert all(row.kept is not None for row in rows)


def test_a_table_and_json_make_the_same_version(reader: QuantityReader) -> None:
    table = "id,name,category,attribute:power:输出功率(W),regular\nP-1,充电器,electronics/charger,65,129\n"
    record = GOOD | {
        "name": "充电器",
        "category": "electronics/charger",
        "attributes": [{"name": "power", "label": "输出功率", "value": 65, "unit": "W"}],
        "price": {"regular": 129},
    }
    [one], [other] = read(reader, table, FileForm.CSV), read(reader, json.dumps(record), FileForm.LINES)
    assert one.kept is not None
    assert one.kept == other.kept


@pytest.mark.parametrize(
    ("content", "form", "why"),
    [
        ("{", FileForm.JSON, "is no JSON that can be read"),
        ('{"a": 1}', FileForm.JSON, "is no list of passports"),
        ("a: [", FileForm.YAML, "is no YAML that can be read"),
        ('{"passports": [], "more": 1}', FileForm.JSON, "more: unknown key"),
    ],
)
def test_a_document_that_can_not_be_read_is_refused(
    reader: QuantityReader, content: str, form: FileForm, why: str
) -> None:
    with pytest.raises(OrderRefused, match=why):
        read(reader, content, form)

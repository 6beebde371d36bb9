"""The door on the command line: each error a line, papers that ended a warning, what is stored a list."""

import json
from pathlib import Path

import pytest

from claims.passports.load import read_passports
from claims.policy.packaged import packaged_policy
from review.accounts.types import Person, Role
from review.passports.records import Registered
from review.stores import Stores
from review.tenants.types import Caller
from tests.cli.support import AT, Call, passage

WRONG = """- id: P-1
  name: 移动电源
  category: electronic/power_bank
  attributes:
    - {name: battery, label: 电池容量, value: 5, unit: kg}
    - {name: battery, label: 电池容量, value: 10000, unit: mAh}
- {id: P-2, name: "蜂\\e[2J蜜", category: 食品/蜂蜜, price: {currency: RMB, regular: 9}}
"""
PATHS = [
    *("[0].category", "[0].attributes.0.unit", "[0].attributes.1.name"),
    *("[1].name", "[1].category", "[1].price.currency"),
]


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("check", "--at", AT, "--passports"), 2),
        (("screen", "nowhere.mp4", "--local", "--at", AT, "--passports"), 2),
        (("batch", "nowhere", "--out", "out", "--passports"), 2),
        (("policy", "explain", "好", "--passports"), 2),
        (("passports", "import"), 1),
    ],
    ids=lambda c: " ".join(c[:2]) if isinstance(c, tuple) else str(c),
)
def test_every_error_is_a_line_with_path_and_id(
    zhenyan: Call, wrong: Path, command: tuple[str, ...], status: int
) -> None:
    answer = zhenyan(*command, wrong, stdin=passage("大家好"))
    assert (answer.status, answer.out) == (status, "")
    lines = answer.err.splitlines()
    head = f"zhenyan: passports {wrong}: "
    assert [line.removeprefix(head).partition(": ")[0] for line in lines] == PATHS
    assert all(line.endswith("(passport 'P-1')" if "[0]" in line else "(passport 'P-2')") for line in lines)
    assert "\x1b" not in answer.err


def test_a_file_that_is_wrong_throughout_is_told_of_in_part(zhenyan: Call, tmp_path: Path) -> None:
    file = tmp_path / "many.json"
    file.write_text(json.dumps([{"id": f"P-{n}", "name": "甲", "category": "x"} for n in range(900)]))
    answer = zhenyan("check", "--passports", file, stdin=passage("大家好"))
    lines = answer.err.splitlines()
    assert (answer.status, len(lines)) == (2, 200)
    assert lines[-1].endswith("and 700 more")


@pytest.mark.parametrize(("at", "warned"), [("2027-06-30T23:00:00+08:00", False), ("2027-07-01T00:00:00+08:00", True)])
def test_a_paper_that_ended_before_the_broadcast_is_warned_of(
    zhenyan: Call, tmp_path: Path, at: str, warned: bool
) -> None:
    file = tmp_path / "old.yaml"
    paper = "{scheme: CCC, number: '2026010907654321', valid_until: 2027-06-30}"
    file.write_text(f"- {{id: P-1, name: 充电宝, category: electronics, certificates: [{paper}]}}\n", encoding="utf-8")
    checked = zhenyan("check", "--passports", file, "--at", at, stdin=passage("大家好"))
    assert (checked.status, checked.out) == (0, "")
    assert [
        "P-1: certificates.0: CCC 2026010907654321 ended on 2027-06-30" in line for line in checked.err.splitlines()
    ] == [True] * warned
    listed = zhenyan("passports", "import", file, "--at", at)
    assert listed.status == 0
    assert ("ended on 2027-06-30" in listed.out) is warned


def test_what_is_stored_is_listed_with_each_fault(zhenyan: Call, tmp_path: Path) -> None:
    assert zhenyan("passports", "stored").status == 0
    reader = packaged_policy().quantity_reader
    stores = Stores.open(f"sqlite:///{tmp_path / 'data' / 'zhenyan.db'}")
    for number, category in enumerate(("food/honey", "foods/honey", "食品")):
        record = {"id": f"P-{number}", "name": "蜂蜜", "category": category}
        (passport,) = read_passports(record, reader, source="old")
        caller = Caller.of_person(Person(id="u1", name="甲", role=Role.REVIEWER))
        stores.passports.put(caller, Registered(passport=passport, text=json.dumps(record)))
    stores.close()
    answer = zhenyan("passports", "stored", "--json")
    assert answer.status == 1
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [(each["tenant"], each["product_id"]) for each in found] == [("local", "P-1"), ("local", "P-2")]
    assert all(each["fault"].startswith("category: ") for each in found)
    assert "2 registered passports would be refused today" in answer.err
    assert "local: P-1: category: 'foods/honey'" in zhenyan("passports", "stored").out

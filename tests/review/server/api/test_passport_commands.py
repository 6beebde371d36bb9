"""`zhenyan passports` against the store of this machine and against a running server, with the same files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from review.stores import Stores
from tests.cli.support import Answer, Call
from tests.review.server.api.conftest import Key

TABLE = "商品编号,商品名称,类目,属性:净含量(g)\nP-1,蜂蜜,food/honey,500\nP-2,蜂蜜,foods/honey,500\n"


@pytest.fixture(params=["--store", "--server"])
def on(request: pytest.FixtureRequest, key: Key, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Calls a command on the store of this machine or on the running server."""
    call: Call = request.getfixturevalue("zhenyan")
    if request.param == "--store":
        return lambda *arguments: call("passports", *arguments, "--store")
    address = request.getfixturevalue("address")
    monkeypatch.setenv("ZHENYAN_KEY", key("acme"))
    return lambda *arguments: call("passports", *arguments, "--server", address)


def test_every_row_is_told_and_one_that_is_wrong_makes_the_call_fail(on: Callable[..., Answer], tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_bytes(TABLE.encode("gb18030"))
    first = on("import", file)
    assert first.status == 1
    assert "stored 1, unchanged 0, refused 1" in first.out
    assert "row 3: 类目: 'foods/honey' begins with no known category" in first.err
    assert "1 of 2 rows are refused" in first.err
    again = [json.loads(line) for line in on("import", file, "--json").out.splitlines()]
    assert [(row["row"], row["id"], row["status"]) for row in again] == [(2, "P-1", "unchanged"), (3, "P-2", "refused")]
    file.write_text(TABLE.replace("foods", "food"), encoding="utf-8-sig")
    assert on("import", file).status == 0
    listed = [json.loads(line)["product_id"] for line in on("list").out.splitlines()]
    assert listed == ["P-1", "P-2"]


def test_a_passport_is_shown_retired_and_has_its_history(on: Callable[..., Answer], tmp_path: Path) -> None:
    file = tmp_path / "goods.jsonl"
    file.write_text('{"id": "P-1", "name": "蜂蜜", "category": "food/honey"}\n{"id": "P-1"}\n{no\n', encoding="utf-8")
    refused = on("import", file)
    assert "row 2: id: stands in row 1 already" in refused.err
    assert "row 3: is no JSON" in refused.err
    assert json.loads(on("show", "P-1").out)["passport"]["name"] == "蜂蜜"
    assert json.loads(on("retire", "P-1").out)["retired_at_ms"] > 0
    assert on("list").out == ""
    assert "no passport" in on("show", "P-1").err
    assert [json.loads(line)["number"] for line in on("history", "P-1").out.splitlines()] == [1]
    assert on("show", "P-404").status != 0


def test_more_rows_than_a_request_takes_go_over_several(
    zhenyan: Call,
    address: str,
    key: Key,
    platform: Stores,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "goods.csv"
    body = "".join(f"P-{number},蜂蜜,food/honey\n" for number in range(1201))
    file.write_text("id,name,category\n" + body + "P-7,蜂蜜,food/honey\n", encoding="utf-8")
    monkeypatch.setenv("ZHENYAN_KEY", key("acme"))
    answer = zhenyan("passports", "import", file, "--server", address)
    assert "row 1203: id: stands in row 9 already" in answer.err
    assert "stored 1,201, unchanged 0, refused 1" in answer.out
    assert len(platform.passports.listed("acme", limit=5000)) == 1201


def test_what_the_call_lacks_is_said(zhenyan: Call, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHENYAN_KEY", raising=False)
    assert "--server: name the server's address" in zhenyan("passports", "list").complaint
    assert "ZHENYAN_KEY: is not set" in zhenyan("passports", "list", "--server", address).complaint
    assert "is no address of HTTP" in zhenyan("passports", "list", "--server", "x.example.com").complaint
    monkeypatch.setenv("ZHENYAN_KEY", "zy_none")
    assert "key_refused: the key is unknown" in zhenyan("passports", "list", "--server", address).complaint
    both = zhenyan("passports", "list", "--server", address, "--store").complaint
    assert both == "--store and --server: name one of them"

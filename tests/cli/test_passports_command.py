import json
from pathlib import Path

from tests.cli.support import DEMO_PASSPORTS, Call
from tests.material import PASSPORTS


def test_what_was_read_is_listed(zhenyan: Call) -> None:
    answer = zhenyan("passports", "import", DEMO_PASSPORTS)
    assert (answer.status, answer.err) == (0, "")
    assert all(word in answer.out for word in ("passports: 3", "洋槐蜜", "food/honey", "FOOD_LICENCE_SC"))


def test_a_name_in_brackets_is_shown_as_it_is(zhenyan: Call, tmp_path: Path) -> None:
    file = tmp_path / "named.yaml"
    file.write_text("- {id: P-1, name: '[red]蜂蜜[/red]', category: food}\n", encoding="utf-8")
    answer = zhenyan("passports", "import", file)
    assert answer.status == 0
    assert "[red]蜂蜜[/red]" in answer.out


def test_json_has_one_passport_a_line(zhenyan: Call) -> None:
    lines = [json.loads(line) for line in zhenyan("passports", "import", DEMO_PASSPORTS, "--json").out.splitlines()]
    assert [line["name"] for line in lines] == ["双口氮化镓充电器", "洋槐蜜", "清透防晒乳"]
    assert all(line["values"] > 0 and line["prices"] > 0 and line["version"].startswith("sha256:") for line in lines)


def test_every_given_passport_is_read(zhenyan: Call) -> None:
    answer = zhenyan("passports", "import", PASSPORTS, "--json")
    assert answer.status == 0
    assert len(answer.out.splitlines()) == PASSPORTS.read_text(encoding="utf-8").count("passport_id:")


def test_what_supports_nothing_is_warned_about(zhenyan: Call, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("- {id: P-1, name: 甲, category: food, certificates: [{scheme: XYZ, number: '1'}]}\n")
    answer = zhenyan("passports", "import", file)
    assert answer.status == 0
    assert "warning: P-1: certificates.0: scheme 'XYZ'" in answer.out
    assert "no price history" in answer.out


def test_every_error_is_one_line_with_its_path(zhenyan: Call, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "- {id: A, name: 甲, category: food, colour: red, gtin: '123'}\n"
        "- {id: B, name: 乙, category: food}\n"
        "- {name: 丙}\n"
        "- {id: B, name: 乙, category: food}\n"
        "- {id: C, name: 丁, category: food, certificates: [{scheme: CCC, valid_until: someday}]}\n"
    )
    answer = zhenyan("passports", "import", file)
    assert (answer.status, answer.out) == (1, "")
    lines = answer.err.splitlines()
    assert all(line.startswith(f"zhenyan: passports {file}: ") for line in lines)
    paths = [line.removeprefix(f"zhenyan: passports {file}: ").partition(": ")[0] for line in lines]
    assert paths == ["[0].gtin", "[0].colour", "[2]", "[3]", "[4].certificates.0.valid_until"]


def test_what_is_no_list_of_passports_is_refused(zhenyan: Call, tmp_path: Path) -> None:
    for name, text in {
        "no.yaml": "a: [\n",
        "no.json": "{",
        "empty.yaml": "",
        "none.yaml": "[]\n",
        "text.yaml": "just words\n",
        "other.yaml": "{passports: [], colour: red}\n",
        "list.yaml": "passports: {}\n",
        "twice.yaml": "- {id: A, id: B, name: 甲, category: food}\n",
    }.items():
        (tmp_path / name).write_text(text)
        answer = zhenyan("passports", "import", tmp_path / name)
        assert answer.status == 1, name
        assert name in answer.complaint
    for wrong in (tmp_path, tmp_path / "nowhere.yaml"):
        answer = zhenyan("passports", "import", wrong)
        assert answer.status == 2
        assert f"{wrong}: no such file" in answer.complaint


def test_a_digital_product_passport_is_read_by_check_too(zhenyan: Call, tmp_path: Path) -> None:
    file = tmp_path / "honey.jsonld"
    product = {"name": "洋槐蜜", "productCategory": [{"name": "food/honey"}], "countryOfProduction": "CN"}
    file.write_text(json.dumps({"id": "urn:x:1", "credentialSubject": {"product": product}}))
    assert "洋槐蜜" in zhenyan("passports", "import", file).out
    said = {"stream_id": "s1", "id": "u1", "start_ms": 0, "end_ms": 9, "text": "这个蜂蜜是新西兰原装进口的"}
    answer = zhenyan("check", "--passports", file, stdin=json.dumps(said))
    assert [(f["class"], f["verdict"], f["product_id"]) for f in answer.findings] == [
        ("ORIGIN", "contradicted", "urn:x:1")
    ]

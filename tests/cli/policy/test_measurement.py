"""`zhenyan policy measure`: what each detector is worth on labelled talk, and what is lost without it."""

import json
from pathlib import Path

from tests.cli.support import Call

TALK = [
    {"text": "喝了它糖尿病就好了", "label": "breach", "classes": ["DISEASE_FOOD"]},
    {
        "text": "这是全网最好的蜂蜜,喝了它糖尿病就好了",
        "label": "breach",
        "classes": ["DISEASE_FOOD", "ABS_SUPERLATIVE"],
    },
    {"text": "这是全网最好的蜂蜜", "label": "lawful", "classes": []},
    {"text": "三号链接两瓶装", "label": "lawful", "classes": []},
    {"text": "全网最好的就是它", "label": "unsure", "classes": []},
]


def talk(folder: Path) -> Path:
    file = folder / "talk.jsonl"
    window = {"window": "w1", "goods": "food/honey", "product": "枣花蜜", "passages": TALK}
    file.write_text(json.dumps(window, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def measured(zhenyan: Call, *args: object) -> dict[str, dict[str, object]]:
    answer = zhenyan("policy", "measure", *args, "--json")
    assert answer.status == 0, answer.err
    rows = [json.loads(line) for line in answer.out.splitlines()]
    return {row["detector"]: row for row in rows}


def test_hits_are_counted_by_label_and_what_is_lost_without_a_detector(zhenyan: Call, tmp_path: Path) -> None:
    rows = measured(zhenyan, talk(tmp_path))
    absolute = rows["ABS_SUPERLATIVE.strong_word"]
    others = [row for name, row in rows.items() if name.startswith("DISEASE_FOOD.") and row["true"]]
    superlatives = [row for name, row in rows.items() if name.startswith("ABS_SUPERLATIVE.") and row["false"]]
    assert [row["true"] for row in others] == [2]
    assert others[0]["lost without it"] == 1
    assert others[0]["precision"] == 1.0
    assert sum(int(str(row["false"])) for row in superlatives) == 1
    assert all(row["lost without it"] == 0 for row in superlatives)
    assert absolute["protected"] is True


def test_cases_are_measured_by_their_passports(zhenyan: Call, tmp_path: Path) -> None:
    case = {"case": "C1", "utterances": ["这一瓶净含量足足八百克"], "product_id": "P", "expected": []}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case, ensure_ascii=False) + "\n", encoding="utf-8")
    passports = tmp_path / "passports.json"
    passports.write_text(json.dumps([{"id": "P", "name": "枣花蜜", "category": "food/honey"}]), encoding="utf-8")
    rows = measured(zhenyan, tmp_path / "cases.jsonl", "--passports", passports)
    assert all(row["true"] == 0 for row in rows.values())
    without = zhenyan("policy", "measure", tmp_path / "cases.jsonl")
    assert without.status == 2
    assert "--passports" in without.err


def test_a_table_names_every_detector_those_that_are_most_often_wrong_first(zhenyan: Call, tmp_path: Path) -> None:
    answer = zhenyan("policy", "measure", talk(tmp_path))
    assert answer.status == 0
    assert "ABS_SUPERLATIVE" in answer.out
    assert "PATENT.claimed" in answer.out


def test_what_is_no_labelled_talk_is_named(zhenyan: Call, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"something": 1}\n', encoding="utf-8")
    assert zhenyan("policy", "measure").status == 2
    answer = zhenyan("policy", "measure", wrong)
    assert answer.status == 2
    assert "wrong.jsonl" in answer.err
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{", encoding="utf-8")
    assert "can't be read" in zhenyan("policy", "measure", broken).err
    nowhere = zhenyan("policy", "measure", "--liveamr", tmp_path)
    assert nowhere.status == 2
    assert "train_long" in nowhere.err

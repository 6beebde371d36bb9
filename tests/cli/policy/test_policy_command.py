import json
import shutil
from pathlib import Path

import pytest

import configs
from claims.policy.packaged import packaged_policy
from claims.policy.policy import Policy
from tests.cli.support import AT, CHARGER, DEMO_PASSPORTS, HONEY, Call


@pytest.fixture
def policy_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(configs.POLICY_DIR, tmp_path / "policy"))


def test_a_sound_policy_tells_its_name_digest_and_counts(zhenyan: Call, policy_copy: Path) -> None:
    answer = zhenyan("policy", "validate")
    assert (answer.status, answer.err) == (0, "")
    assert "39 classes" in answer.out
    told = json.loads(zhenyan("policy", "validate", policy_copy, "--json").out)
    assert told["id"] == "zh-CN"
    assert told["digest"] in answer.out
    assert min(told[key] for key in ("rules", "patterns", "words", "exemptions")) > 0


def test_the_digest_follows_every_edit_and_not_the_place(policy_copy: Path) -> None:
    packaged = packaged_policy().digest
    assert Policy(policy_copy).digest == packaged
    with (policy_copy / "places.yaml").open("a", encoding="utf-8") as file:
        file.write("# an edit\n")
    assert Policy(policy_copy).digest != packaged


def _line_of(path: Path, text: str) -> int:
    return path.read_text(encoding="utf-8").splitlines().index(text) + 1


def test_wrong_policies_are_named_by_file_line_and_reason(zhenyan: Call, policy_copy: Path) -> None:
    head = "class: PATENT\njudge: patent\nlaw: [{category: '*', cite: [广告法 12], status: read}]\n"
    rule = "rules:\n  - id: stated\n    score: 0.8\n    patterns:\n      - 专利\n"
    cases = {
        "unknown-key": (head + "colour: red\n" + rule, "colour: red", "unknown key"),
        "bad-pattern": (head + rule + "      - '{broken'\n", "      - '{broken'", "cannot read"),
        "gap-at-the-end": (head + rule + "      - 专利 .4\n", "      - 专利 .4", "begins and ends with words"),
        "score-above-one": (head + rule.replace("0.8", "1.8"), "    score: 1.8", "less than or equal to 1"),
        "unknown-concept": (head + rule.replace("专利\n", "'{moon}'\n"), "  - id: stated", "{moon}"),
        "unknown-exemption": (head + "exemptions: [on_the_moon]\n" + rule, "exemptions: [on_the_moon]", "on_the_moon"),
        "unknown-class": (head.replace("PATENT", "PATENTS") + rule, "class: PATENTS", "'PATENTS'"),
        "unknown-judge": (head.replace("judge: patent", "judge: jury") + rule, "judge: jury", "judge"),
        "no-yaml": (head + "rules: [\n", "rules: [", ""),
    }
    path = policy_copy / "classes" / "PATENT.yaml"
    for name, (text, line, reason) in cases.items():
        path.write_text(text, encoding="utf-8")
        answer = zhenyan("policy", "validate", policy_copy)
        assert answer.status == 1, name
        number = _line_of(path, line)
        assert any(f"PATENT.yaml:{n}: " in answer.complaint for n in (number, number + 1)), (name, answer.complaint)
        assert reason in answer.complaint, (name, answer.complaint)


def test_no_policy_folder(zhenyan: Call, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        answer = zhenyan("policy", "validate", folder)
        assert answer.status == 1
        assert f"{folder}: is no policy folder" in answer.complaint


def test_all_classes_are_shown(zhenyan: Call) -> None:
    out = zhenyan("policy", "show").out
    assert all(word in out for word in ("ABS_SUPERLATIVE", "绝对化用语", "SPEC_PARAM", "广告法"))


def test_one_class_is_shown_with_law_rules_and_exemptions(zhenyan: Call) -> None:
    out = zhenyan("policy", "show", "ORIGIN").out
    assert all(word in out for word in ("产地", "广告法 28(2)(2)", "from_place", "brand_origin", "near misses"))


def test_near_misses_that_detectors_share_are_shown_with_each(zhenyan: Call, policy_copy: Path) -> None:
    path = policy_copy / "classes" / "PATENT.yaml"
    text = path.read_text(encoding="utf-8").replace("    unless:", "    excluded_by: [toys]\n    unless:", 1)
    path.write_text(text.replace("rules:", "exclusions: {toys: [玩具 专利]}\nrules:", 1), encoding="utf-8")
    assert "玩具 专利" in zhenyan("policy", "show", "PATENT", "--policy", policy_copy).out


def test_an_unknown_class_is_answered_with_the_nearest(zhenyan: Call) -> None:
    answer = zhenyan("policy", "show", "orign")
    assert answer.status == 2
    assert all(word in answer.complaint for word in ("'orign'", "ORIGIN"))


def test_a_sentence_is_explained_step_by_step(zhenyan: Call) -> None:
    sentence = "这个蜂蜜是新西兰原装进口的,净含量两斤"
    more = ("--product", HONEY, "--passports", DEMO_PASSPORTS, "--at", AT)
    out = zhenyan("policy", "explain", sentence, *more).out
    steps = ("heard", "folded", "product", "numbers and quantities", "concepts located", "rules that matched", "claim")
    assert [out.index(step) for step in steps] == sorted(out.index(step) for step in steps)
    told = json.loads(zhenyan("policy", "explain", sentence, *more, "--json").out)
    assert told["product"] == {"id": HONEY, "reason": "named by the passage", "sure": True}
    assert [(q["heard"], q["low"], q["unit"]) for q in told["quantities"]] == [("两斤", "2", "jin")]
    assert any(c["concept"] == "place" and c["heard"] == "新西兰" for c in told["concepts"])
    origin = next(c["finding"] for c in told["claims"] if c["stands"] and c["finding"]["class"] == "ORIGIN")
    assert (origin["verdict"], origin["disposition"]) == ("contradicted", "flag")
    assert origin["exemptions"]
    assert origin["score_steps"][-1]["value"] == origin["score"]
    mass = next(c["finding"] for c in told["claims"] if c["finding"]["class"] == "SPEC_PARAM")
    assert "500" in mass["registered"]


def test_an_explanation_agrees_with_check(zhenyan: Call) -> None:
    sentence = "原价五百九十九，今天只要八十五。"
    told = json.loads(
        zhenyan(
            "policy", "explain", sentence, "--product", CHARGER, "--passports", DEMO_PASSPORTS, "--at", AT, "--json"
        ).out
    )
    record = {"stream_id": "s1", "id": "u1", "start_ms": 0, "end_ms": 0, "text": sentence, "product_id": CHARGER}
    found = zhenyan("check", "--passports", DEMO_PASSPORTS, "--at", AT, stdin=json.dumps(record)).findings
    assert found == [c["finding"] for c in told["claims"] if c["stands"] and c["finding"]["disposition"] != "none"]


def test_what_a_rule_dropped_is_told_with_the_reason(zhenyan: Call, policy_copy: Path) -> None:
    (policy_copy / "classes" / "PATENT.yaml").write_text(
        "class: PATENT\njudge: patent\nlaw: [{category: '*', cite: [广告法 12], status: read}]\nrules:\n"
        "  - {id: stated, score: 0.8, patterns: [专利], unless: [专利 药]}\n"
        "  - {id: food, score: 0.8, patterns: [专利], categories: [food]}\n",
        encoding="utf-8",
    )

    def dropped(sentence: str) -> dict[str, str | None]:
        more = ("--product", CHARGER, "--passports", DEMO_PASSPORTS, "--policy", policy_copy)
        told = json.loads(zhenyan("policy", "explain", sentence, *more, "--json").out)
        return {rule["rule"]: rule["dropped"] for rule in told["rules"] if rule["rule"].startswith("PATENT")}

    elsewhere = "not for this product's category"
    assert dropped("这是专利") == {"PATENT.stated": None, "PATENT.food": elsewhere}
    assert dropped("这是专利药") == {"PATENT.stated": "near miss '专利药'", "PATENT.food": elsewhere}


def test_words_that_only_sound_alike_are_found_in_speech(zhenyan: Call) -> None:
    def concepts(channel: str) -> list[str]:
        told = json.loads(zhenyan("policy", "explain", "这是国加级的", "--channel", channel, "--json").out)
        return [c["meant"] for c in told["concepts"]]

    assert "国家级" in concepts("speech")
    assert "国家级" not in concepts("screen")


def test_an_empty_sentence_is_no_claim(zhenyan: Call) -> None:
    answer = zhenyan("policy", "explain", "")
    assert (answer.status, answer.err) == (0, "")
    assert "no claim" in answer.out


def test_wrong_calls(zhenyan: Call, tmp_path: Path) -> None:
    calls: list[tuple[tuple[str | Path, ...], str]] = [
        (("policy",), "zhenyan policy --help"),
        (("policy", "explain"), "SENTENCE"),
        (("policy", "explain", "好", "--product", HONEY), "--passports"),
        (("policy", "explain", "好", "--product", "P-9", "--passports", DEMO_PASSPORTS), "'P-9'"),
        (("policy", "explain", "好", "--passports", tmp_path / "none.yaml"), "none.yaml"),
        (("policy", "show", "--policy", tmp_path), "policy.yaml"),
    ]
    for arguments, part in calls:
        answer = zhenyan(*arguments)
        assert answer.status == 2
        assert part in answer.complaint

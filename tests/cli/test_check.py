import json
from pathlib import Path

import pytest

from tests.cli.support import AT, CHARGER, DEMO_PASSPORTS, HONEY, Call, passage

ON_DEMO = ("check", "--passports", DEMO_PASSPORTS, "--at", AT)


def test_findings_come_as_jsonl_in_order_of_time(zhenyan: Call) -> None:
    said = passage("这个蜂蜜是新西兰原装进口的。", product_id=HONEY) + passage(
        "它的总功率可以做到一百瓦。", id="u2", start_ms=4000, product_id=CHARGER
    )
    answer = zhenyan(*ON_DEMO, stdin=said)
    assert (answer.status, answer.err) == (0, "")
    origin, power = answer.findings
    assert (origin["class"], origin["verdict"], origin["disposition"]) == ("ORIGIN", "contradicted", "flag")
    assert (power["class"], power["claimed"], power["product_id"]) == ("SPEC_PARAM", "100 W", CHARGER)
    assert "65 W" in power["registered"]
    assert power["passage_ids"] == ["u2"]
    assert all(step["step"] for finding in answer.findings for step in finding["score_steps"])


def test_the_same_input_gives_the_same_bytes(zhenyan: Call) -> None:
    said = passage("原价五百九十九，今天只要八十五。", product_id=CHARGER)
    first = zhenyan(*ON_DEMO, stdin=said).out
    assert first
    assert zhenyan(*ON_DEMO, stdin=said).out == first


def test_lawful_words_give_nothing_and_all_shows_what_was_tried(zhenyan: Call) -> None:
    said = passage("这款不是全网最好的充电头。", product_id=CHARGER)
    assert zhenyan(*ON_DEMO, stdin=said).out == ""
    shown = zhenyan(*ON_DEMO, "--all", stdin=said).findings
    assert shown
    assert {finding["disposition"] for finding in shown} == {"none"}
    assert any(trial["applies"] for finding in shown for trial in finding["exemptions"])


def test_prices_are_judged_by_the_moment_given(zhenyan: Call) -> None:
    said = passage("原价八十九。", product_id=CHARGER)
    within, after = (
        zhenyan("check", "--passports", DEMO_PASSPORTS, "--at", at, "--all", stdin=said).findings[0]["verdict"]
        for at in ("2026-11-19T20:00:00+08:00", "2026-11-24T20:00:00+08:00")
    )
    assert (within, after) == ("supported", "contradicted")


def test_a_moment_without_a_zone_is_chinas(zhenyan: Call) -> None:
    said = passage("原价八十九。", product_id=CHARGER)
    outputs = {
        zhenyan("check", "--passports", DEMO_PASSPORTS, "--at", at, "--all", stdin=said).out
        for at in ("2026-11-18T20:00:01", "2026-11-18T20:00:01+08:00", "2026-11-18T12:00:01+00:00")
    }
    assert len(outputs) == 1


def test_streams_are_conversations_of_their_own(zhenyan: Call) -> None:
    one = passage("好，接下来看二号链接，洋槐蜜。")
    other = passage("这个是新西兰原装进口的。", stream_id="s2")
    (finding,) = zhenyan(*ON_DEMO, stdin=one + other).findings or [{"product_id": None}]
    assert finding["product_id"] is None
    same = passage("这个是新西兰原装进口的。", id="u2", start_ms=4000)
    (finding,) = zhenyan(*ON_DEMO, stdin=one + same).findings
    assert finding["product_id"] == HONEY


def test_facts_of_the_platform_contradict(zhenyan: Call, tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    facts.write_text(
        json.dumps({"stream_id": "s1", "at_ms": 0, "kind": "stock", "product_id": CHARGER, "value": 5000}) + "\n"
    )
    said = passage("库存只剩最后十单了。", product_id=CHARGER)
    (alone,) = zhenyan(*ON_DEMO, stdin=said).findings
    (held,) = zhenyan(*ON_DEMO, "--facts", facts, stdin=said).findings
    assert (alone["class"], alone["disposition"]) == ("PROMO_SCARCITY", "note")
    assert (held["verdict"], held["disposition"]) == ("contradicted", "flag")


def test_a_byte_order_mark_is_read_over(zhenyan: Call) -> None:
    said = passage("这是全网最好的充电头。", product_id=CHARGER)
    assert zhenyan(*ON_DEMO, stdin="\ufeff" + said).out == zhenyan(*ON_DEMO, stdin=said).out != ""


@pytest.mark.parametrize("said", [b"", b"\n\n"], ids=["nothing", "blank-lines"])
def test_no_passages_are_no_error(zhenyan: Call, said: bytes) -> None:
    answer = zhenyan(*ON_DEMO, stdin=said)
    assert (answer.status, answer.out, answer.err) == (0, "", "")


GOOD = "".join(passage("这是全网最好的充电头。", id=f"u{n}", start_ms=n * 4000, product_id=CHARGER) for n in range(6))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param('{"stream_id": "s1",', "is no JSON", id="bad-json"),
        pytest.param('"text"', "valid dictionary", id="no-object"),
        pytest.param(passage("好", colour="red"), "colour: unknown key", id="unknown-key"),
        pytest.param('{"stream_id":"s1","id":"u","start_ms":0,"end_ms":1}', "text: Field required", id="no-text"),
        pytest.param(passage("好", start_ms=-1), "start_ms", id="before-the-stream"),
        pytest.param(passage("好", start_ms=10**17), "start_ms", id="microseconds-for-milliseconds"),
        pytest.param(passage("好", channel="chat"), "channel", id="unknown-channel"),
        pytest.param(passage("好", product_id="P-9"), "product_id 'P-9'", id="unknown-product"),
        pytest.param("[" * 100_000, "nested too deep", id="nested"),
        pytest.param('{"stream_id":"s1","id":"u","start_ms":0,"end_ms":1,"text":"\\ud800"}', "utf-8", id="half-pair"),
        pytest.param(f'{{"start_ms":{"9" * 5000}}}', "cannot be taken", id="endless-number"),
        pytest.param("好".encode("gb18030"), "no UTF-8", id="other-encoding"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_printed(zhenyan: Call, line: str | bytes, reason: str) -> None:
    raw = line if isinstance(line, bytes) else line.rstrip("\n").encode()
    answer = zhenyan(*ON_DEMO, stdin=GOOD.encode() + raw + b"\n" + GOOD.encode())
    assert answer.status == 2
    assert "standard input line 7" in answer.complaint
    assert reason in answer.complaint


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_wrong_calls_name_what_is_wrong(zhenyan: Call, tmp_path: Path) -> None:
    wrong_key = _written(tmp_path, "wrong.yaml", "- {id: P-1, name: 甲, category: food, colour: red}\n")
    no_yaml = _written(tmp_path, "no.yaml", "a: [\n")
    no_facts = _written(tmp_path, "facts.jsonl", '{"stream_id":"s1","at_ms":0,"kind":"stock"}\n{"kind":"mood"}\n')
    demo = ("check", "--passports", DEMO_PASSPORTS)
    calls: list[tuple[tuple[str | Path, ...], tuple[str, ...]]] = [
        (("check",), ("--passports", "zhenyan check --help")),
        (("check", "--passports", tmp_path / "none.yaml"), ("none.yaml", "No such file")),
        (("check", "--passports", tmp_path), (str(tmp_path), "Is a directory")),
        (("check", "--passports", wrong_key), ("wrong.yaml", "[0].colour", "unknown key")),
        (("check", "--passports", no_yaml), ("no.yaml", "neither YAML nor JSON")),
        ((*demo, "--products", f"{HONEY},P-9"), ("'P-9'", "--products")),
        ((*demo, "--products", " , "), ("--products", "names no product")),
        ((*demo, "--facts", tmp_path / "none.jsonl"), ("none.jsonl", "No such file")),
        ((*demo, "--facts", no_facts), ("facts.jsonl line 2", "stream_id")),
        ((*demo, "--at", "yesterday"), ("--at", "yesterday", "2026-11-24T20:00:00+08:00")),
        ((*demo, "--policy", tmp_path), (str(tmp_path), "policy.yaml")),
        ((*demo, "--colour"), ("--colour", "zhenyan check --help")),
        (("chekc",), ("chekc",)),
    ]
    for arguments, parts in calls:
        answer = zhenyan(*arguments, stdin=GOOD)
        assert answer.status == 2, arguments
        assert all(part in answer.complaint for part in parts), answer.complaint


def test_warnings_about_papers_leave_the_findings_alone(zhenyan: Call, tmp_path: Path) -> None:
    passports = _written(
        tmp_path,
        "odd.yaml",
        "- {id: P-1, name: 充电头, category: electronics/charger, certificates: [{scheme: XYZ, number: '1'}]}\n",
    )
    answer = zhenyan("check", "--passports", passports, "--at", AT, stdin=passage("这是全网最好的充电头。"))
    assert answer.status == 0
    assert "XYZ" in answer.err
    assert [finding["class"] for finding in answer.findings] == ["ABS_SUPERLATIVE"]

"""The benchmark of spoken claims: which lines, what a miss is put down to, and one line heard in earnest."""

from dataclasses import replace

import numpy as np
import pytest

import configs
from bench.asr_material import broadcast_lines
from bench.cases import Case
from bench.spoken import Judged, hear, main, misses, reason, rows
from bench.spoken_material import LINES, UNREAD, SpokenCase, chosen, kind_of
from claims.engine.conversation import ClaimEngine
from claims.passports.load import load_passports
from claims.policy.packaged import packaged_policy
from claims.types import Finding, Passage
from tests.claims.support import AT

pytestmark = pytest.mark.service

_PASSPORTS = configs.DEMO_DIR / "passports.yaml"


def _line(
    case_id: str = "a.A1", classes: tuple[str, ...] = ("ABS_SUPERLATIVE",), product_id: str | None = None
) -> SpokenCase:
    return SpokenCase(
        case=Case(
            id=case_id,
            set_name="a",
            utterances=("这是全网最好的充电头",),
            product_id=product_id,
            classes=classes,
            verdicts=(),
        ),
        kind=kind_of(case_id),
        passports=_PASSPORTS,
        voice="v",
        level="10 dB",
        condition="noise",
        samples=np.zeros(16, np.float32),
    )


@pytest.fixture(scope="module")
def flagged() -> tuple[Finding, ...]:
    policy = packaged_policy()
    engine = ClaimEngine(policy, load_passports(_PASSPORTS, policy.quantity_reader), at=AT)
    conversation = engine.conversation("s")
    conversation.hear(Passage(stream_id="s", id="u", start_ms=0, end_ms=2000, text="这是全网最好的充电头"))
    conversation.flush()
    return tuple(conversation.findings)


def _judged(line: SpokenCase, in_speech: tuple[Finding, ...], in_text: tuple[Finding, ...]) -> Judged:
    return Judged(line=line, heard="这是全网最毫的充电头", in_speech=in_speech, in_text=in_text)


def test_a_miss_that_the_text_has_was_heard_wrong(flagged: tuple[Finding, ...]) -> None:
    assert reason(_judged(_line(), (), flagged)) == "heard wrong"


@pytest.mark.parametrize(
    ("case_id", "why"),
    [
        pytest.param("a.A1", "wrong rule", id="a plain sentence"),
        pytest.param("g_evasion.GV001-filler", "disguised", id="fillers"),
        pytest.param("g_evasion.GV261-paraphrase", "implied", id="a paraphrase"),
        pytest.param("g_evasion.GV301-innuendo", "implied", id="innuendo"),
    ],
)
def test_a_miss_that_the_text_has_not_is_put_down_to_its_kind(case_id: str, why: str) -> None:
    assert reason(_judged(_line(case_id), (), ())) == why


def test_a_flag_for_other_goods_is_the_wrong_product(flagged: tuple[Finding, ...]) -> None:
    other = tuple(replace(finding, product_id="other", class_id="ALCOHOL") for finding in flagged)
    assert reason(_judged(_line(product_id="mine"), other, ())) == "wrong product"


def test_recall_and_precision_are_counted_as_text_and_as_heard(flagged: tuple[Finding, ...]) -> None:
    judged = [
        _judged(_line(), (), flagged),
        _judged(_line(), flagged, flagged),
        _judged(_line(classes=()), flagged, ()),
    ]
    table = rows(judged)
    text, heard = (row for row in table if row["table"] == "quality" and row["condition"] == "10 dB")
    assert (text["recall"], text["precision"]) == (1.0, 1.0)
    assert (heard["recall"], heard["precision"]) == (0.5, 0.5)
    assert isinstance(heard["character_errors"], float)
    assert 0 < heard["character_errors"] < 0.2
    assert [why for _, why in misses(judged)] == ["heard wrong"]


def test_the_lines_are_the_same_every_time_and_never_held_out() -> None:
    lines = chosen()
    assert lines == chosen()
    assert len(lines) >= 200
    assert sum(case.is_violation for case, _ in lines) * 2 == len(lines)
    numbers = [int(case.id.partition("-")[0].removeprefix("g_evasion.")[2:]) for case, _ in lines if kind_of(case.id)]
    assert numbers
    assert all(number % 2 == 1 for number in numbers)
    assert {path.parent.name for _, path in lines}.isdisjoint({"b", "h_evasion"})


def test_lines_that_nobody_read_are_of_other_sets_and_are_never_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = chosen(sets=UNREAD)
    assert sum(case.is_violation for case, _ in lines) * 2 == len(lines) == LINES
    assert {path.parent for _, path in lines}.isdisjoint({path.parent for _, path in chosen()})
    monkeypatch.setattr("sys.argv", ["spoken", "--unread", "--misses"])
    with pytest.raises(SystemExit):
        main()
    assert "nobody reads" in capsys.readouterr().err


def test_a_line_is_heard_by_the_packaged_recogniser() -> None:
    spoken = broadcast_lines()[0]
    line = replace(_line(product_id="p"), samples=spoken.samples)
    (passage,) = hear([line])
    assert isinstance(passage, Passage)
    assert passage.product_id == "p"
    assert len(set(passage.text) & set(spoken.text)) > len(spoken.text) // 3

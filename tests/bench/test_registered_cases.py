"""Cases of what is said against what is registered, as a recogniser heard them."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.registered import Answer, heard_rows
from bench.registered_cases import RecognisedUtterance, RegisteredCase, is_heard_right, read_heard
from claims.types import Doubt

CASE = RegisteredCase(
    id="X-001",
    part="test",
    kind="plain",
    channel="speech",
    product_id="X-P-01",
    utterances=("这瓶是五百毫升的", "拍一号链接"),
    contradicted="attributes.volume",
    said="五百毫升",
)


def heard(number: int, text: str, doubts: tuple[Doubt, ...] = ()) -> RecognisedUtterance:
    return RecognisedUtterance(case=CASE.id, number=number, voice="zm_yunxi", text=text, doubts=doubts)


@pytest.mark.parametrize(
    ("said", "texts", "right"),
    [
        pytest.param("五百毫升", ("这瓶是500毫升的", "拍一号链接"), True, id="the number in digits"),
        pytest.param("五百毫升", ("这瓶是五百好生的", "拍一号链接"), True, id="the number right, its unit not"),
        pytest.param("五百毫升", ("这瓶是五十毫升的", "拍一号链接"), False, id="another number"),
        pytest.param("头层牛皮", ("这个包头层牛皮的", ""), True, id="words"),
        pytest.param("头层牛皮", ("这个包投曾牛皮的", ""), False, id="words of the same sound"),
        pytest.param(None, ("这瓶是500毫升的", ""), False, id="a look-alike contradicts nothing"),
    ],
)
def test_what_contradicts_was_heard_where_its_numbers_or_its_characters_were(
    said: str | None, texts: tuple[str, str], right: bool
) -> None:
    case = replace(CASE, said=said, heard=tuple(heard(n, text) for n, text in enumerate(texts)))
    assert is_heard_right(case) is right


def test_only_cases_that_were_heard_whole_are_judged_and_by_what_was_heard(tmp_path: Path) -> None:
    lines = [heard(1, ""), heard(0, "这瓶是500毫升的", (Doubt(start=3, end=6),))]
    file = tmp_path / "heard.jsonl"
    file.write_text("\n".join(line.model_dump_json() for line in lines), encoding="utf-8")

    (case,) = read_heard([CASE, replace(CASE, id="X-002")], file)

    (passage,) = case.passages
    assert (passage.text, passage.doubts) == ("这瓶是500毫升的", (Doubt(start=3, end=6),))
    assert [one.text for one in CASE.passages] == list(CASE.utterances)

    file.write_text(lines[0].model_dump_json(), encoding="utf-8")
    assert read_heard([CASE], file) == []


def test_what_is_lost_by_hearing_is_told_beside_the_text() -> None:
    wrong = replace(CASE, id="X-002", heard=(heard(0, "这瓶是五十毫升的"), heard(1, "拍一号链接")))
    right = replace(CASE, heard=(heard(0, "这瓶是500毫升的"), heard(1, "拍一号链接")))

    def method(case: RegisteredCase) -> Answer:
        return Answer(flags="五百" in case.passages[0].text or "500" in case.passages[0].text)

    text, as_heard = heard_rows([wrong, right], method)

    assert (text["recall"], as_heard["recall"]) == (1.0, 0.5)
    assert (as_heard["heard_right"], as_heard["recall_where_heard_right"]) == (1, 1.0)

import json
from typing import Any

import pytest

from claims.second_reader.answering import VoidAnswer, answer_schema, read_answer
from claims.second_reader.asking import question
from tests.claims.second_reader.material import SAID, material, policy

GOOD: dict[str, Any] = {
    "answer": "breach",
    "class": "DISEASE_FOOD",
    "reading": 0,
    "words": ["血糖慢慢就稳住了"],
    "reason": "说蜂蜜能稳住血糖。",
}


def read(**changes: Any) -> Any:
    asked = question(material(), policy())
    assert asked is not None
    return read_answer(json.dumps(GOOD | changes, ensure_ascii=False), asked, "m")


def test_a_good_answer_is_an_opinion() -> None:
    opinion = read()
    assert (opinion.answer, opinion.class_id, opinion.words) == ("breach", "DISEASE_FOOD", ("血糖慢慢就稳住了",))


@pytest.mark.parametrize(
    "words", [pytest.param("老人家 的 血糖", id="other blanks"), pytest.param("一勺,老人家", id="other marks")]
)
def test_words_are_found_whatever_stands_between_them(words: str) -> None:
    assert read(words=[words]).words == (words,)


def test_who_is_unsure_needs_no_words() -> None:
    assert read(answer="unsure", words=[]).answer == "unsure"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"words": ["血压慢慢就稳住了"]}, "words", id="words that nobody said"),
        pytest.param({"words": ["。"]}, "words", id="a mark alone"),
        pytest.param({"words": []}, "words", id="none"),
        pytest.param({"words": [SAID] * 5}, "words", id="too many"),
        pytest.param({"class": "OFFSITE"}, "class", id="a class that was not proposed"),
        pytest.param({"reading": 1}, "reading", id="a reading that there is not"),
        pytest.param({"reading": "0"}, "reading", id="a number as text"),
        pytest.param({"answer": "guilty"}, "answer", id="no answer of ours"),
        pytest.param({"reason": "It is a disease claim."}, "language", id="another language"),
        pytest.param({"reason": "第一句。第二句。"}, "sentence", id="two sentences"),
        pytest.param({"reason": "好\u202e法合"}, "can't be read", id="hidden characters"),
        pytest.param({"reason": "长" * 201}, "reason", id="too long"),
        pytest.param({"score": 1.0}, "score", id="something else"),
    ],
)
def test_whatever_does_not_fit_is_void(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(VoidAnswer, match=why):
        read(**changes)


@pytest.mark.parametrize("text", ["", "[]", "null", "lawful", '{"answer":"lawful"}', "x" * 5000])
def test_what_is_no_answer_at_all_is_void(text: str) -> None:
    asked = question(material(), policy())
    assert asked is not None
    with pytest.raises(VoidAnswer):
        read_answer(text, asked, "m")


def test_the_schema_lists_what_may_be_chosen() -> None:
    asked = question(material(), policy())
    assert asked is not None
    properties = answer_schema(asked)["properties"]
    assert properties["class"]["enum"] == ["DISEASE_FOOD", "EFFICACY_GUARANTEE"]
    assert properties["reading"]["enum"] == [0]

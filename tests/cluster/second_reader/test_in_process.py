"""A model of transformers in this process: a tiny one with random weights, that answers in the form all the same."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cluster.second_reader.in_process import InProcessModel
from cluster.second_reader.types import ModelFailed, ModelLate
from tests.cluster.second_reader.rooms import ASKED, SCHEMA, config

pytestmark = pytest.mark.slow


@pytest.mark.filterwarnings("default")
def test_questions_asked_at_once_are_answered_in_their_form(tiny: Path) -> None:
    model = InProcessModel(config("", model="", transformers=str(tiny), device="cpu", most_tokens=80))
    with ThreadPoolExecutor(3) as askers:
        replies = list(askers.map(lambda _: model.say(ASKED, SCHEMA, within_s=300), range(3)))
    model.close()
    for reply in replies:
        answer = json.loads(reply.text)
        assert answer["answer"] in {"breach", "lawful", "unsure"}
        assert answer["reading"] in {0, 1}
        assert reply.tokens_in > 10
        assert reply.tokens_out > 0


def test_a_model_that_is_not_there_fails_every_question_and_says_why(tmp_path: Path) -> None:
    model = InProcessModel(config("", model="", transformers=str(tmp_path / "none"), device="cpu"))
    with pytest.raises((ModelFailed, ModelLate), match=r"can't be loaded|no answer"):
        model.say(ASKED, SCHEMA, within_s=120)
    model.close()

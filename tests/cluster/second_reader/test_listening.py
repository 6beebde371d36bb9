"""Budget, deadline, breaker and kept answers, with a clock that only tests move."""

import json
from collections.abc import Mapping
from typing import Any

from claims.second_reader.asking import question
from claims.second_reader.types import Question
from cluster.second_reader.listening import Listener
from cluster.second_reader.types import ModelFailed, ModelLate, Outcome, Reply
from review.second_reader.types import Budget, KeptAnswer
from tests.claims.second_reader.material import SAID, material, policy
from tests.cluster.second_reader.rooms import config


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Ledger:
    def __init__(self, calls: int = 100) -> None:
        self.answers: dict[str, KeptAnswer] = {}
        self.left = calls
        self.counted: list[tuple[str, int, int, float]] = []

    def answer(self, key: str) -> KeptAnswer | None:
        return self.answers.get(key)

    def keep(self, answer: KeptAnswer) -> None:
        self.answers[answer.key] = answer

    def allow(self, stream_id: str, budget: Budget) -> bool:
        self.left -= 1
        return self.left >= 0

    def count(self, outcome: str, *, tokens_in: int = 0, tokens_out: int = 0, cost: float = 0.0) -> None:
        self.counted.append((outcome, tokens_in, tokens_out, cost))


class Model:
    """Says these in turn, the last for ever."""

    name = "m"

    def __init__(self, *says: str | Exception) -> None:
        self.says = list(says)
        self.within_s: list[float] = []

    def say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], *, within_s: float) -> Reply:
        self.within_s.append(within_s)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        return Reply(text=said, tokens_in=1000, tokens_out=100)

    def close(self) -> None:
        pass


GOOD = json.dumps(
    {"answer": "breach", "class": "DISEASE_FOOD", "reading": 0, "words": [SAID], "reason": "说蜂蜜稳血糖。"},
    ensure_ascii=False,
)


def asked() -> Question:
    found = question(material(), policy())
    assert found is not None
    return found


def test_an_answer_is_kept_and_its_cost_counted() -> None:
    model, ledger = Model(GOOD), Ledger()
    listener = Listener(model, config("http://x/v1", prices=(2.0, 10.0)), ledger, clock=Clock())
    first, second = (listener.ask(asked(), "s1") for _ in range(2))
    assert (first.outcome, second.outcome) == (Outcome.ANSWERED, Outcome.KEPT)
    assert first.opinion == second.opinion
    assert ledger.counted == [("answered", 1000, 100, 0.003), ("kept", 0, 0, 0.0)]
    (kept,) = ledger.answers.values()
    assert json.loads(kept.answer) == json.loads(GOOD)
    assert list(kept.messages) == asked().messages


def test_a_void_answer_is_asked_for_once_more_and_every_call_counts() -> None:
    model, ledger = Model("no", GOOD), Ledger()
    heard = Listener(model, config("http://x/v1"), ledger, clock=Clock()).ask(asked(), "s1")
    assert (heard.outcome, heard.calls, heard.tokens_in) == (Outcome.ANSWERED, 2, 2000)
    assert ledger.left == 98


def test_without_a_call_left_nobody_is_asked() -> None:
    model, ledger = Model("no", GOOD), Ledger(calls=1)
    heard = Listener(model, config("http://x/v1"), ledger, clock=Clock()).ask(asked(), "s1")
    assert (heard.outcome, heard.calls) == (Outcome.BUDGET, 1)
    assert len(model.within_s) == 1


def test_what_waited_until_its_deadline_is_not_asked() -> None:
    model, clock = Model(GOOD), Clock()
    clock.now_s = 21.0
    heard = Listener(model, config("http://x/v1"), Ledger(), clock=clock).ask(asked(), "s1", until_s=20.0)
    assert heard.outcome is Outcome.LATE
    assert model.within_s == []
    assert Listener(model, config("http://x/v1"), Ledger(), clock=clock).ask(asked(), "s1", until_s=25.0).opinion
    assert model.within_s == [4.0]


def test_a_model_that_fails_is_left_alone_then_tried_once_and_taken_up_again() -> None:
    model, ledger, clock = Model(ModelFailed("down")), Ledger(), Clock()
    listener = Listener(model, config("http://x/v1", failures=3, rest_s=60.0), ledger, clock=clock)
    outcomes = [listener.ask(asked(), "s1").outcome for _ in range(3)]
    assert outcomes == [Outcome.FAILED, Outcome.RESTING, Outcome.RESTING]
    assert ledger.left == 97
    clock.now_s = 61.0
    assert listener.ask(asked(), "s1").outcome is Outcome.RESTING
    assert ledger.left == 96
    clock.now_s = 130.0
    model.says = [GOOD]
    assert listener.ask(asked(), "s1").outcome is Outcome.ANSWERED


def test_a_late_answer_is_not_asked_for_again() -> None:
    model, ledger = Model(ModelLate("20 s")), Ledger()
    assert Listener(model, config("http://x/v1"), ledger, clock=Clock()).ask(asked(), "s1").outcome is Outcome.LATE
    assert ledger.left == 99

"""One question asked: kept answers first, then a call within budget and deadline, once more if it failed, then none."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from claims.second_reader.answering import VoidAnswer, answer_schema, read_answer
from claims.second_reader.types import Opinion, Question
from cluster.second_reader.breaker import Breaker
from cluster.second_reader.types import (
    Model,
    ModelFailed,
    ModelLate,
    Outcome,
    Reply,
    SecondReaderConfig,
    SecondReadingResult,
)
from review.second_reader.types import Budget, KeptAnswer

_TRIES = 2


class Ledger(Protocol):
    """Where answers are kept and calls are counted; `SecondReaderStore` is one."""

    def answer(self, key: str) -> KeptAnswer | None:
        """What was answered before, by its key."""
        ...

    def keep(self, answer: KeptAnswer) -> None:
        """Keeps an answer."""
        ...

    def allow(self, stream_id: str, budget: Budget) -> bool:
        """Takes one call of the budget; False: none is left."""
        ...

    def count(self, outcome: str, *, tokens_in: int = 0, tokens_out: int = 0, cost: float = 0.0) -> None:
        """Counts what became of a question, and what it took."""
        ...


@dataclass(slots=True)
class _Asked:
    """A question while it is asked, and what the tries took so far."""

    question: Question
    stream_id: str
    key: str
    until_s: float
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0
    reply: Reply = field(default_factory=lambda: Reply(text=""))


class Listener:
    """Asks a model within its budget, and counts what it took; any number of threads may ask.

    Once so many calls in a row failed or were late, none is made for a while. `clock` gives seconds.
    """

    def __init__(
        self, model: Model, config: SecondReaderConfig, ledger: Ledger, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._model, self._config, self._ledger, self._clock = model, config, ledger, clock
        self._breaker = Breaker(config.failures, config.rest_s, clock)

    def ask(self, question: Question, stream_id: str, *, until_s: float | None = None) -> SecondReadingResult:
        """The opinion, or why there is none. `until_s`: the moment of the clock from which on it would be late."""
        key = question.key(self._model.name)
        kept = self._kept(question, key)
        if kept is not None:
            return self._counted(SecondReadingResult(outcome=Outcome.KEPT, opinion=kept, key=key))
        start_s = self._clock()
        until_s = start_s + self._config.deadline_s if until_s is None else until_s
        asked = _Asked(question, stream_id, key, until_s)
        heard = SecondReadingResult(outcome=Outcome.LATE)
        for _ in range(_TRIES):
            heard = self._tried(asked)
            if heard.outcome not in {Outcome.VOID, Outcome.FAILED}:
                break
        return self._counted(heard, asked, took_ms=round((self._clock() - start_s) * 1000))

    def _kept(self, question: Question, key: str) -> Opinion | None:
        """What was answered to the same question before, if it still counts."""
        kept = self._ledger.answer(key)
        try:
            return None if kept is None else read_answer(kept.answer, question, kept.model)
        except VoidAnswer:
            return None

    def _tried(self, asked: _Asked) -> SecondReadingResult:
        """What one try gave; it costs a call of the budget only if the model may be called and is."""
        left_s = asked.until_s - self._clock()
        if left_s <= 0:
            return SecondReadingResult(outcome=Outcome.LATE, why="it was too late to ask")
        if not self._breaker.may_call():
            return SecondReadingResult(outcome=Outcome.RESTING, why="it failed too often and is left alone for a while")
        if not self._ledger.allow(asked.stream_id, self._config.budget):
            self._breaker.gave_up()
            return SecondReadingResult(outcome=Outcome.BUDGET, why="no call is left within this hour")
        asked.calls += 1
        try:
            reply = self._model.say(asked.question.messages, answer_schema(asked.question), within_s=left_s)
        except ModelLate as error:
            self._breaker.failed()
            return SecondReadingResult(outcome=Outcome.LATE, why=str(error))
        except ModelFailed as error:
            self._breaker.failed()
            return SecondReadingResult(outcome=Outcome.FAILED, why=str(error))
        self._breaker.went_well()
        asked.tokens_in += reply.tokens_in
        asked.tokens_out += reply.tokens_out
        asked.reply = reply
        try:
            opinion = read_answer(reply.text, asked.question, self._model.name)
        except VoidAnswer as error:
            return SecondReadingResult(outcome=Outcome.VOID, why=str(error))
        return SecondReadingResult(outcome=Outcome.ANSWERED, opinion=opinion, key=asked.key)

    def _counted(
        self, heard: SecondReadingResult, asked: _Asked | None = None, took_ms: int = 0
    ) -> SecondReadingResult:
        """The same with what it took, which is counted; a new answer is kept."""
        if asked is None:
            self._ledger.count(heard.outcome.value)
            return heard
        prices = self._config.prices
        cost = (asked.tokens_in * prices[0] + asked.tokens_out * prices[1]) / 1_000_000
        self._ledger.count(heard.outcome.value, tokens_in=asked.tokens_in, tokens_out=asked.tokens_out, cost=cost)
        if heard.outcome is Outcome.ANSWERED:
            self._ledger.keep(
                KeptAnswer(
                    key=asked.key,
                    stream_id=asked.stream_id,
                    model=self._model.name,
                    prompt=asked.question.prompt,
                    messages=tuple(asked.question.messages),
                    answer=asked.reply.text,
                    tokens_in=asked.tokens_in,
                    tokens_out=asked.tokens_out,
                    took_ms=took_ms,
                )
            )
        return SecondReadingResult(
            outcome=heard.outcome,
            opinion=heard.opinion,
            key=asked.key,
            why=heard.why,
            calls=asked.calls,
            tokens_in=asked.tokens_in,
            tokens_out=asked.tokens_out,
            cost=cost,
            took_ms=took_ms,
        )

"""Who is next: turns, shares and places."""

from dataclasses import dataclass

import pytest

from review.judge_pool.errors import JudgingBusy, TooManyChecks
from review.judge_pool.fair_queue import FairQueue, Party


@dataclass(eq=False)
class Ask:
    name: str
    party: Party
    is_large: bool = False


def ask(name: str, *, large: bool = False) -> Ask:
    """A job named by customer, key and number, such as a.1.7."""
    customer, key, _ = name.split(".")
    return Ask(name, Party(key=f"{customer}.{key}", group=customer), large)


def line(*, seats: int = 2, places: int = 64, per_key: int = 100) -> FairQueue[Ask]:
    return FairQueue(seats=seats, places=places, per_key=per_key)


def served(waiting: FairQueue[Ask]) -> list[str]:
    """The order in which everything is done where one job ends before the next begins."""
    names = []
    while (job := waiting.next()) is not None:
        names.append(job.name)
        waiting.done(job)
    return names


def test_another_customers_job_goes_before_the_sixty_of_the_first() -> None:
    waiting = line(places=200)
    for number in range(60):
        waiting.join(ask(f"a.1.{number}"))
    waiting.join(ask("b.1.0"))
    waiting.join(ask("b.1.1"))
    assert served(waiting)[:5] == ["a.1.0", "b.1.0", "a.1.1", "b.1.1", "a.1.2"]


def test_many_keys_of_one_customer_have_one_turn_together() -> None:
    waiting = line()
    for key in range(5):
        waiting.join(ask(f"a.{key}.0"))
    waiting.join(ask("b.0.0"))
    assert served(waiting)[:2] == ["a.0.0", "b.0.0"]


def test_one_customer_never_holds_the_last_process() -> None:
    waiting = line(seats=3)
    for number in range(5):
        waiting.join(ask(f"a.1.{number}"))
    held = [waiting.next(), waiting.next()]
    assert [job.name for job in held if job] == ["a.1.0", "a.1.1"]
    assert waiting.next() is None
    waiting.join(ask("b.1.0"))
    other = waiting.next()
    assert other is not None
    assert other.name == "b.1.0"
    assert waiting.next() is None
    assert held[0] is not None
    waiting.done(held[0])
    after = waiting.next()
    assert after is not None
    assert after.name == "a.1.2"


def test_a_process_for_small_jobs_passes_over_the_large_ones_of_everybody() -> None:
    waiting = line(seats=2)
    for customer in "abc":
        waiting.join(ask(f"{customer}.1.0", large=True))
    assert waiting.next(takes_large=False) is None
    waiting.join(ask("b.1.1"))
    waiting.join(ask("d.1.0"))
    small = waiting.next(takes_large=False)
    assert small is not None
    assert small.name == "b.1.1"
    waiting.done(small)
    assert served(waiting) == ["a.1.0", "c.1.0", "d.1.0", "b.1.0"]


def test_with_one_process_everybody_still_has_a_turn() -> None:
    waiting = line(seats=1)
    for name in ("a.1.0", "a.1.1", "b.1.0"):
        waiting.join(ask(name, large=True))
    assert served(waiting) == ["a.1.0", "b.1.0", "a.1.1"]


def test_a_key_that_has_too_many_under_way_is_told_when_to_try_again() -> None:
    waiting = line(per_key=2)
    first = ask("a.1.0")
    waiting.join(first)
    assert waiting.next() is first
    waiting.join(ask("a.1.1"))
    with pytest.raises(TooManyChecks, match="2 checks") as refused:
        waiting.join(ask("a.1.2"))
    assert (refused.value.status, refused.value.code) == (429, "checks")
    assert int(refused.value.headers["Retry-After"]) > 0
    waiting.join(ask("a.2.0"))
    waiting.done(first)
    waiting.join(ask("a.1.2"))


def test_one_customer_gets_half_of_the_places_and_all_together_no_more_than_there_are() -> None:
    waiting = line(places=4)
    waiting.join(ask("a.1.0"))
    waiting.join(ask("a.2.0"))
    with pytest.raises(TooManyChecks):
        waiting.join(ask("a.3.0"))
    waiting.join(ask("b.1.0"))
    waiting.join(ask("c.1.0"))
    with pytest.raises(JudgingBusy) as busy:
        waiting.join(ask("d.1.0"))
    assert (busy.value.status, busy.value.code) == (503, "judging_busy")
    assert "Retry-After" in busy.value.headers


def test_a_job_that_left_is_never_done_and_holds_no_place() -> None:
    waiting = line(places=2, per_key=1)
    gone = ask("a.1.0")
    waiting.join(gone)
    waiting.leave(gone)
    assert len(waiting) == 0
    waiting.join(ask("a.1.1"))
    assert served(waiting) == ["a.1.1"]

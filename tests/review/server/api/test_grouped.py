"""Writes that come at once go together, and each gets what is its own."""

import threading
from collections.abc import Sequence

import pytest

from review.scheduling.grouped_writes import Grouped


def test_jobs_that_come_while_one_is_written_are_written_together() -> None:
    groups: list[list[int]] = []
    first_is_in, go_on = threading.Event(), threading.Event()

    def write(jobs: Sequence[int]) -> list[int | Exception]:
        groups.append(list(jobs))
        if len(groups) == 1:
            first_is_in.set()
            assert go_on.wait(10)
        return [ValueError(f"odd {job}") if job % 2 else job * 10 for job in jobs]

    grouped = Grouped(write, most=7)
    answers: dict[int, int | str] = {}

    def put(job: int) -> None:
        try:
            answers[job] = grouped.put(job)
        except ValueError as error:
            answers[job] = str(error)

    threads = [threading.Thread(target=put, args=(job,)) for job in range(20)]
    threads[0].start()
    assert first_is_in.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(grouped._waiting) < 19:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert groups[0] == [0]
    assert [len(group) for group in groups] == [1, 7, 7, 5]
    assert sorted(job for group in groups for job in group) == list(range(20))
    assert answers == {job: f"odd {job}" if job % 2 else job * 10 for job in range(20)}


def test_what_fails_for_all_is_raised_for_each_and_the_next_goes_on() -> None:
    fails = [True]

    def write(jobs: Sequence[str]) -> list[str | Exception]:
        if fails.pop():
            fails.append(False)
            raise OSError("the disk is gone")
        fails.append(False)
        return list(jobs)

    grouped = Grouped(write)
    with pytest.raises(OSError, match="the disk is gone"):
        grouped.put("a")
    assert grouped.put("b") == "b"

"""What a broadcast waits for is worded in Chinese on the Chinese page, whatever the scheduler says."""

import re

import pytest

from cluster.scheduler.plan import DRAINED, GIVES_WAY, NO_WORKER, OVERLOADED, STOPPED
from review.presentation.language import Words
from review.scheduling.releases import GAVE_BACK
from review.scheduling.status import LOST

_ENGLISH = re.compile("[a-z]{2,}")
TOLD = (
    *(DRAINED, GIVES_WAY, NO_WORKER, OVERLOADED, STOPPED, GAVE_BACK, LOST),
    "a worker",
    "its worker ended",
    "every running worker is being drained",
    "all 12 places of the 3 running worker(s) are taken",
    "whoever worked on it died 5 times in a row",
    "whoever worked on it died again and again",
    f"{LOST}; {NO_WORKER}",
)


@pytest.mark.parametrize("told", TOLD)
def test_every_reason_has_its_words(told: str) -> None:
    assert Words("en").reason(told) == told
    assert not _ENGLISH.search(Words("zh").reason(told))


def test_numbers_stay_and_what_has_no_words_is_shown_as_it_is() -> None:
    assert Words("zh").reason("all 12 places of the 3 running worker(s) are taken") == "3 个处理节点的 12 个名额已满"
    assert Words("zh").reason("the moon is full") == "the moon is full"


@pytest.mark.parametrize(
    ("length_ms", "shown"),
    [
        (-1, "0 秒"),
        (999, "1 秒"),
        (59_999, "1 分 0 秒"),
        (60_000, "1 分 0 秒"),
        (3_599_999, "1 小时 0 分"),
        (7_500_000, "2 小时 5 分"),
    ],
)
def test_lengths_are_told_in_the_units_that_people_say(length_ms: int, shown: str) -> None:
    assert Words("zh").length(length_ms) == shown

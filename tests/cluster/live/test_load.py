"""What work takes: smoothed, by name, and not counted where it failed."""

import pytest

from cluster.live.load import Meter


class Clock:
    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def test_work_is_measured_for_each_second_of_broadcast() -> None:
    clock = Clock()
    meter = Meter(clock=clock)
    with meter.timing("work_ratio", per_s=2.0):
        clock.at_s += 1.0
    assert meter.figures() == {"work_ratio": 0.5}


def test_one_slow_segment_moves_the_figure_by_a_tenth() -> None:
    meter = Meter()
    meter.note("wait_s", 1.0)
    meter.note("wait_s", 11.0)
    assert meter.figures() == {"wait_s": 2.0}


def test_what_failed_is_not_counted() -> None:
    meter = Meter()
    with pytest.raises(ValueError, match="lost"), meter.timing("wait_s"):
        raise ValueError("lost")
    assert meter.figures() == {}

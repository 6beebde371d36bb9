"""The bench of learning: decisions come as they would, by flags and by chance, and every count gives a row."""

import pytest

from bench.learning import SPOT_ONE_IN, _drawn, measured
from bench.talk_rows import HELD, OWN
from cli.policy.labelled_talk import windows_of, written


def test_chance_is_the_same_again_and_draws_as_often_as_it_says() -> None:
    names = [f"spot w{n}.0" for n in range(20_000)]
    drawn = sum(_drawn(name) < 1 / SPOT_ONE_IN for name in names)
    assert abs(drawn / len(names) - 1 / SPOT_ONE_IN) < 0.004
    assert _drawn("w1") == _drawn("w1") != _drawn("w2")


@pytest.mark.service
def test_each_count_of_decisions_gives_a_row_and_none_teaches_nothing() -> None:
    judged = [one for window in list(windows_of(written(HELD)))[:3] for one in window]
    talk = [one for window in list(windows_of(written(OWN)))[:12] for one in window]
    rows = measured(talk, judged, (0, 10), semantic="e5")
    *rows, history = rows
    assert [row["decisions"] for row in rows] == [0, 10]
    assert (history["flags met"], history["spot checks met"]) == (rows[1]["flags"], rows[1]["spot checks"])
    assert rows[0]["reach"] is None
    flags, spots = rows[1]["flags"], rows[1]["spot checks"]
    assert isinstance(flags, int)
    assert isinstance(spots, int)
    assert flags + spots == 10
    assert flags > spots
    assert str(rows[1]["refused"]).startswith("10 decided passages")

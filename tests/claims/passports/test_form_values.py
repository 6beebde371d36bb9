"""What sellers write in the place of a number: read where it means one thing, refused with the way out where not."""

from collections.abc import Callable

import pytest

from claims.errors import PassportError
from claims.passports.passport import Passport
from tests.claims.passports.test_load import SHORT, with_value

Load = Callable[..., tuple[Passport, ...]]


@pytest.mark.parametrize(
    ("value", "unit", "low", "high"),
    [
        ("100-240", "V", "100", "240"),
        ("6—12", "month", "6", "12"),
        ("≥90", "%", "90", None),
        ("≤-18", "celsius", None, "-18"),
        ("300±5", "g", "295", "305"),
        ("12,000", "mAh", "12000", "12000"),
        ("约300", "g", "300", "300"),
        ("10W", None, "10", "10"),
        ("10W", "W", "10", "10"),
    ],
)
def test_what_sellers_write_for_a_number_is_read(
    load: Load, value: str, unit: str | None, low: str | None, high: str | None
) -> None:
    (passport,) = load(with_value(SHORT, ("attributes", 0), {"name": "x", "value": value, "unit": unit}))
    (quantity,) = (q for q in passport.quantities if q.key == "x")
    assert [None if end is None else str(end) for end in (quantity.low, quantity.high)] == [low, high]


def test_a_size_in_the_place_of_a_number_is_two_lengths(load: Load) -> None:
    (passport,) = load(with_value(SHORT, ("attributes", 0), {"name": "sides", "value": "200×230", "unit": "cm"}))
    sides = [(str(q.low), q.unit) for q in passport.quantities if q.key == "sides"]
    assert sides == [("200", "cm"), ("230", "cm")]


def test_a_range_in_a_unit_that_is_not_compared_is_kept_as_text(load: Load) -> None:
    (passport,) = load(with_value(SHORT, ("attributes", 0), {"name": "hardness", "value": "56-58", "unit": "HRC"}))
    assert [text.text for text in passport.texts if text.key == "hardness"] == ["56-58HRC"]


@pytest.mark.parametrize(("value", "unit"), [("1/2", "L"), ("10kg", "W"), ("6O", "W"), ("一万", "mAh")])
def test_what_may_mean_two_things_is_refused_with_the_way_out(load: Load, value: str, unit: str) -> None:
    with pytest.raises(PassportError, match="write it as text") as caught:
        load(with_value(SHORT, ("attributes", 0), {"name": "x", "value": value, "unit": unit}))
    assert caught.value.path == "[0].attributes.0.value"


@pytest.mark.parametrize(
    ("key", "label", "unit", "meant"),
    [
        ("memory", "每用户记忆组数", "piece", "piece"),
        ("grommets", "穿线孔数", "piece", "piece"),
        ("wheels", "轮子数", "个", "piece"),
        ("finger_capacity", "指纹容量", "C62", "piece"),
        ("yarn", "纱支", "支", "yarn"),
        ("spf", "防晒指数", "C62", "spf_point"),
        ("rotation_angle", "底座旋转角度", "degree", "celsius"),
        ("abv", "酒精度", "degree", "percent_volume"),
    ],
)
def test_pieces_are_pieces_and_degrees_of_what_they_may_be_of(
    load: Load, key: str, label: str, unit: str, meant: str
) -> None:
    entry = {"name": key, "label": label, "value": 30, "unit": unit}
    (passport,) = load(with_value(SHORT, ("attributes", 0), entry))
    assert [q.unit for q in passport.quantities if q.key == key] == [meant]


def test_a_key_alone_lends_no_words_of_what_is_measured_otherwise(load: Load) -> None:
    entry = {"name": "power_reserve", "label": "动力储存", "value": 40, "unit": "h"}
    (passport,) = load(with_value(SHORT, ("attributes", 0), entry))
    (reserve,) = (q for q in passport.quantities if q.key == "power_reserve")
    assert "动力储存" in reserve.cues
    assert "功率" not in reserve.cues

"""Characters and sounds as places: what sounds alike shares places, what is unknown counts nothing."""

import numpy as np
import pytest

from claims.semantic_grams import PLACES, character_row, rarity_of, sound_row, weighed


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        pytest.param("不用打针", "不用打真", id="another character of the same sound"),
        pytest.param("四十年", "是十年", id="a sound that recognisers confuse"),
        pytest.param("饭前,一勺", "饭前一勺", id="a pause more or less"),
    ],
)
def test_what_sounds_alike_shares_its_places(said: str, heard: str) -> None:
    assert set(sound_row(said).places) == set(sound_row(heard).places)
    assert set(character_row(said).places) != set(character_row(heard).places)


def test_other_sounds_have_other_places() -> None:
    assert not set(sound_row("不用打针").places) & set(sound_row("鞋是四二码").places)


@pytest.mark.parametrize("text", ["", "药", "喝了它你就不用打针了", "a1,。"])
def test_every_place_is_inside_the_table_and_counted_once(text: str) -> None:
    for row in (character_row(text), sound_row(text)):
        assert len(row.places) == len(set(row.places)) == len(row.counts)
        assert all(0 <= place < PLACES for place in row.places)
        assert (row.counts >= 1).all()


def test_what_is_said_twice_counts_more_but_not_double() -> None:
    once, twice = character_row("药"), character_row("药药")
    at = list(twice.places).index(once.places[0])
    assert 1 < twice.counts[at] < 2


def test_values_are_of_unit_length_and_nothing_where_nothing_is_known() -> None:
    rows = [character_row("喝茶"), character_row("喝水"), character_row("喝汤")]
    rarity = rarity_of(rows, least=2)
    assert np.count_nonzero(rarity) == 1
    assert np.linalg.norm(weighed(rows[0], rarity)) == pytest.approx(1.0)
    assert not weighed(character_row("跑步"), rarity).any()


def test_the_rarer_weighs_more() -> None:
    rows = [character_row("喝茶"), character_row("喝茶"), character_row("喝水"), character_row("喝汤")]
    rarity = rarity_of(rows, least=1)
    assert rarity[character_row("茶").places[0]] > rarity[character_row("喝").places[0]] > 0

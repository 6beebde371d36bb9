"""Recall out of the database: flags that people confirmed beside spot checks, by what is asked, each customer apart."""

from dataclasses import replace

import pytest

from review.cases.types import CaseState, Choice
from review.learning.spots import Drawn, SpotCase, Unflagged
from review.stores import Stores
from tests.review.learning.said import ON_BOTH_DATABASES, READ, broadcast, decide, found

pytestmark = ON_BOTH_DATABASES
POLICY = "zh-CN@2026.11.13"
FOUND = 8


@pytest.fixture
def figures(stores: Stores) -> Stores:
    """Of one broadcast 8 flags were confirmed, and 2 of 8 spot checks out of 80 passages; another customer's has 1."""
    stores.quality.fewest = 4
    for tenant, stream_id, host in (("local", "b1", "h1"), ("east", "b2", "east/h1")):
        broadcast(stores, stream_id, host=host, tenant=tenant)
    for number in range(FOUND):
        decide(stores, found(stores, "b1", f"标出的第 {number} 句", number=number), Choice.VIOLATES)
    decide(stores, found(stores, "b2", "标出的一句", number=0), Choice.VIOLATES)
    spots(stores, "b1", breaches=2)
    spots(stores, "b2", breaches=4)
    return stores


def spots(stores: Stores, stream_id: str, *, breaches: int) -> None:
    """Eight spot checks of a broadcast, of which so many are found to be breaches."""
    passages = [
        Unflagged(
            passage_id=f"n{number}",
            goods="health_food",
            product_id="p1",
            class_id="HEALTHFOOD_OVER",
            score=0.1,
            steps=READ,
            near=number < 20,
        )
        for number in range(80)
    ]
    drawn = passages[:4] + passages[40:44]
    shown = []
    for number, passage in enumerate(drawn):
        flag = found(stores, stream_id, "没有标出的话", number=500 + number)
        shown.append(
            SpotCase(
                finding=replace(
                    flag, finding_id=f"{stream_id}.spot{number}", quote=f"没有标出的第 {number} 句", policy=POLICY
                ),
                drawn=Drawn(passage=passage, share=0.1),
            )
        )
    stores.spots.add(stream_id, POLICY, passages, shown)
    assert stores.spots.next_stream() != stream_id
    for number, case in enumerate(shown):
        choice = Choice.VIOLATES if number < breaches else Choice.LAWFUL
        assert decide(stores, case.finding, choice).state in {CaseState.CONFIRMED, CaseState.CLEARED}


@pytest.mark.parametrize(("by", "key"), [("all", "all"), ("class", "HEALTHFOOD_OVER"), ("goods", "health_food")])
def test_recall_is_told_with_its_interval(figures: Stores, by: str, key: str) -> None:
    [told] = figures.quality.found(30, by, "local")
    # Near the bar 2 of 4 are breaches, of 20 passages; of the 60 others none of 4.
    assert (told.key, told.recall.found, told.recall.decided) == (key, FOUND, 8)
    assert told.recall.missed == pytest.approx(10)
    assert told.recall.share == pytest.approx(8 / 18)
    assert told.recall.interval is not None
    low, high = told.recall.interval
    assert low < 8 / 18 < high


def test_by_policy_what_was_drawn_stands_beside_what_it_flagged(figures: Stores) -> None:
    told = {one.key: one for one in figures.quality.found(30, "policy", "local")}
    assert told[POLICY].recall.share == pytest.approx(8 / 18)
    assert told["zh-CN@2026.11.1"].decided == FOUND


def test_no_customer_s_spot_checks_are_in_another_s_figures(figures: Stores) -> None:
    [own], [other], [everybody] = (figures.quality.found(30, "all", tenant) for tenant in ("local", "east", None))
    assert (own.recall.found, other.recall.found, everybody.recall.found) == (8, 1, 9)
    assert (own.recall.decided, other.recall.decided, everybody.recall.decided) == (8, 8, 16)
    assert other.recall.missed == pytest.approx(20)


def test_below_so_many_decided_none_is_told(figures: Stores) -> None:
    figures.quality.fewest = 9
    [told] = figures.quality.found(30, "all", "local")
    assert (told.recall.share, told.recall.interval, told.recall.decided) == (None, None, 8)


def test_spot_checks_of_today_are_counted_against_the_day_s(figures: Stores) -> None:
    assert figures.spots.left_today(20) == 4
    assert figures.spots.left_today(10) == 0

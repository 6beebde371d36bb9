from collections.abc import Callable
from dataclasses import replace

from claims.types import Finding, Match
from review.cases.grouping import SAME_SCRIPT, alike, case_key, same_script, script_bands

MakeFinding = Callable[..., Finding]


def test_the_same_claim_of_a_host_is_one_case_in_any_broadcast(make_finding: MakeFinding) -> None:
    first = make_finding()
    again = make_finding(finding_id="f_2", stream_id="s2", quote="做到一百瓦", start_ms=900_000, score=0.8)
    assert case_key(first, "h1") == case_key(again, "h1")


def test_another_value_product_or_host_is_another_case(make_finding: MakeFinding) -> None:
    first = make_finding()
    others = [
        case_key(make_finding(claimed="120 W"), "h1"),
        case_key(make_finding(product_id="p2"), "h1"),
        case_key(make_finding(class_id="ABS_SUPERLATIVE"), "h1"),
        case_key(first, "h2"),
    ]
    assert len({case_key(first, "h1"), *others}) == 5


def test_wording_is_the_same_claim_where_its_words_mean_the_same(make_finding: MakeFinding) -> None:
    worded = make_finding(passport_path=None, rule="ABS.best", match=(Match(kind="top", heard="最牛", meant="最好"),))
    other = replace(worded, quote="全网最好", match=(Match(kind="top", heard="最好", meant="最好"),))
    assert case_key(worded, "h1") == case_key(other, "h1")
    assert case_key(worded, "h1") != case_key(replace(worded, rule="ABS.first"), "h1")


SCRIPT = "姐妹们这款蜂蜜是秦岭深山里的土蜂蜜每天早上一杯血糖稳稳地降下来"
NEARLY = "姐妹们这款蜂蜜是秦岭深山里的土蜂蜜啊每天早上一杯血糖稳稳地降下来了"
OTHER = "这个锅是三零四不锈钢的用十年都不会生锈放心用"


def test_nearly_the_same_words_share_a_band_and_are_alike() -> None:
    assert set(script_bands(SCRIPT, "A")) & set(script_bands(NEARLY, "A"))
    assert alike(SCRIPT, NEARLY) >= SAME_SCRIPT


def test_other_words_or_another_class_share_none() -> None:
    assert not set(script_bands(SCRIPT, "A")) & set(script_bands(OTHER, "A"))
    assert not set(script_bands(SCRIPT, "A")) & set(script_bands(SCRIPT, "B"))


def test_the_closest_script_comes_first_and_strangers_do_not_come() -> None:
    assert same_script(SCRIPT, [("near", NEARLY), ("same", SCRIPT), ("other", OTHER)]) == ["same", "near"]


def test_a_text_too_short_for_pieces_is_its_own_script() -> None:
    assert script_bands("秒瘦", "A") == script_bands("秒瘦", "A")
    assert script_bands("", "A") != script_bands("秒瘦", "A")

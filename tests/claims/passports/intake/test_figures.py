"""Figures at the door: signs, ranges, wholes, shares of parts, prices, currencies."""

from typing import Any

import pytest

from tests.claims.passports.intake.conftest import Faults

SHORT: dict[str, Any] = {"id": "P-1", "name": "甲", "category": "other"}
LONG: dict[str, Any] = {"passport_id": "L-1", "name_zh": "甲", "category": "other"}


def attribute(name: str, label: str | None = None, **more: Any) -> dict[str, Any]:
    return SHORT | {"attributes": [{"name": name, "label": label} | more]}


@pytest.mark.parametrize(
    ("record", "path"),
    [
        pytest.param(attribute("weight", "重量", value=-5, unit="g"), "attributes.0.value", id="a weight"),
        pytest.param(attribute("size", value=-2), "attributes.0.value", id="a size without a unit"),
        pytest.param(attribute("x", "厚", min=-3, max=5, unit="mm"), "attributes.0.min", id="an unknown one in mm"),
        pytest.param(attribute("pack_count", "片数", value=-3, unit="片"), "attributes.0.value", id="a count"),
        pytest.param(attribute("abv", "酒精度", value=-3, unit="度"), "attributes.0.value", id="alcohol"),
        pytest.param(attribute("juice", "果汁含量", value=-1, unit="%"), "attributes.0.value", id="a share"),
        pytest.param(attribute("w", value=5, tolerance_percent=-1), "attributes.0.tolerance_percent", id="tolerance"),
        pytest.param(SHORT | {"price": {"regular": -1}}, "price.regular", id="a price"),
        pytest.param(SHORT | {"price": {"lowest_7d": -1}}, "price.lowest_7d", id="the lowest price"),
        pytest.param(LONG | {"msrp": -1}, "msrp", id="a list price"),
        pytest.param(
            LONG | {"price_history": [{"at": "2026-11-20", "deal_price": -1}]}, "price_history.0.deal_price", id="deal"
        ),
        pytest.param(LONG | {"pack_count": -2}, "pack_count", id="a pack"),
        pytest.param(LONG | {"shelf_life_days": -2}, "shelf_life_days", id="a shelf life"),
        pytest.param(LONG | {"net_content": {"value": -500, "unit": "GRM"}}, "net_content.value", id="a net content"),
        pytest.param(
            LONG | {"nutrition": [{"name": "钠", "per": "100g", "amount": {"value": -1, "unit": "MGM"}}]},
            "nutrition.0.amount.value",
            id="a nutrient",
        ),
    ],
)
def test_what_cannot_be_less_than_nought_is_refused(faults: Faults, record: dict[str, Any], path: str) -> None:
    assert list(faults(record)) == [path]


@pytest.mark.parametrize(
    ("name", "label", "unit", "value"),
    [
        ("temp", "储存温度", "℃", -18),
        ("anc", "降噪深度", "dB", -45),
        ("shrinkage", "水洗尺寸变化率", "%", -3),
        ("sph", "球镜", "D", -3),
        ("degree", "近视度数", "度", -300),
        ("heel_drop", "前后落差", "mm", -4),
        ("pressure", "负压", "kPa", -80),
        ("sugar", "糖", "g", 0),
    ],
)
def test_what_may_be_less_than_nought_is_let_in(faults: Faults, name: str, label: str, unit: str, value: float) -> None:
    assert faults(attribute(name, label, value=value, unit=unit)) == {}


@pytest.mark.parametrize(
    ("name", "label", "unit", "value"),
    [
        ("cocoa", "可可含量", "%", 200),
        ("cocoa", None, None, 101),
        ("juice_content", "果汁含量", "P1", 100.5),
        ("purity", "含金量", "‰", 1001),
        ("wool", "羊毛", "%", 120),
        ("abv", "酒精度", "%vol", 120),
        ("x", "活性物含量", "%", 150),
        ("x", "抑菌率", "％", 100.01),
    ],
)
def test_more_than_the_whole_is_refused(
    faults: Faults, name: str, label: str | None, unit: str | None, value: float
) -> None:
    found = faults(attribute(name, label, value=value, unit=unit))
    assert list(found) == ["attributes.0.value"]
    assert "100 %" in found["attributes.0.value"]


@pytest.mark.parametrize(
    ("name", "label", "unit", "value"),
    [
        ("hydration", "保湿提升", "%", 200),
        ("purity", "含金量", "‰", 999),
        ("fill_power", "蓬松度", None, 800),
        ("caffeine", "咖啡因含量", "mg", 150),
        ("juice", "果汁含量", "%", 100),
        ("battery", "电池容量", "mAh", 10000),
    ],
)
def test_what_is_no_share_of_a_whole_may_exceed_a_hundred(
    faults: Faults, name: str, label: str, unit: str | None, value: float
) -> None:
    assert faults(attribute(name, label, value=value, unit=unit)) == {}


def fabric(*shares: float, part: str = "fabric") -> list[dict[str, Any]]:
    return [{"part": part, "material": f"m{part}{index}", "percent": share} for index, share in enumerate(shares)]


@pytest.mark.parametrize(
    ("shares", "wrong"),
    [
        ((60, 40), []),
        ((33.4, 33.4, 33.4), []),
        ((60, 41), ["composition.1.percent"]),
        ((60, 50, 20), ["composition.1.percent"]),
        ((101,), ["composition.0.percent"]),
        ((-5, 50), ["composition.0.percent"]),
    ],
)
def test_the_shares_of_one_part_make_no_more_than_a_whole(
    faults: Faults, shares: tuple[float, ...], wrong: list[str]
) -> None:
    assert list(faults(SHORT | {"composition": fabric(*shares)})) == wrong


def test_each_part_is_a_whole_of_its_own(faults: Faults) -> None:
    assert faults(SHORT | {"composition": fabric(60, 40) + fabric(100, part="lining")}) == {}


def test_the_shares_of_the_long_form_are_held_to_the_same(faults: Faults) -> None:
    materials = [{"name": f"棉{n}", "percent": {"value": 60, "unit": "P1"}} for n in (1, 2)]
    assert list(faults(LONG | {"materials": materials})) == ["materials.1.percent.value"]
    in_kilos = [{"name": "棉", "percent": {"value": 60, "unit": "KGM"}}]
    assert list(faults(LONG | {"materials": in_kilos})) == ["materials.0.percent.unit"]


@pytest.mark.parametrize(
    ("numbers", "path"),
    [({"min": 9, "max": 5}, "min"), ({"value": 3, "min": 4}, "value"), ({"value": 9, "max": 4}, "value")],
)
def test_a_range_that_holds_nothing_is_refused(faults: Faults, numbers: dict[str, int], path: str) -> None:
    assert list(faults(attribute("working_voltage", "电压", unit="V", **numbers))) == [f"attributes.0.{path}"]
    spec = {"key": "voltage", "name_zh": "电压", "q": numbers | {"unit": "VLT"}}
    assert list(faults(LONG | {"specs": [spec]})) == [f"specs.0.q.{path}"]


@pytest.mark.parametrize("number", ["1e400", "1e-400", "9" * 400, "1e999999"])
def test_a_number_that_is_slow_to_reckon_with_is_refused(faults: Faults, number: str) -> None:
    assert list(faults(attribute("weight", "重量", value=number, unit="g"))) == ["attributes.0.value"]
    assert list(faults(SHORT | {"price": {"regular": number}})) == ["price.regular"]


@pytest.mark.parametrize(
    ("code", "meant"),
    [("RMB", "CNY"), ("元", "CNY"), ("cny", "CNY"), ("￥", "CNY"), ("XYZ", "such as CNY"), ("", "such as CNY")],
)
def test_a_currency_that_is_none_is_refused_with_what_was_meant(faults: Faults, code: str, meant: str) -> None:
    assert meant in faults(SHORT | {"price": {"currency": code, "regular": 9}})["price.currency"]
    deal = {"at": "2026-11-20", "deal_price": 9, "currency": code}
    assert list(faults(LONG | {"price_history": [deal]})) == ["price_history.0.currency"]


@pytest.mark.parametrize("code", ["CNY", "HKD", "USD", "EUR", "JPY", "TWD"])
def test_a_currency_in_use_is_let_in(faults: Faults, code: str) -> None:
    assert faults(SHORT | {"price": {"currency": code, "regular": 9}}) == {}


def test_a_term_that_ends_before_it_begins_is_refused(faults: Faults) -> None:
    term = {"valid_from": "2027-01-01", "valid_until": "2026-01-01"}
    papers = [{"scheme": "CCC", "number": "2026010907654321"} | term]
    assert list(faults(SHORT | {"certificates": papers})) == ["certificates.0.valid_from"]
    assert list(faults(SHORT | {"valid_from": "2027-01-01", "valid_to": "2026-01-01"})) == ["valid_from"]

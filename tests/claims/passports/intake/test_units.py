"""Units at the door: what fits an attribute, what does not, and what goods are really labelled with."""

from pathlib import Path
from typing import Any

import pytest

from claims.passports.load import admit_passports
from claims.policy.policy import Policy
from tests.claims.passports.intake.conftest import Faults

PLACE = "attributes.0.unit"


def goods(name: str, label: str | None, unit: str | None, value: float = 5, category: str = "other") -> dict[str, Any]:
    attribute = {"name": name, "label": label, "value": value, "unit": unit}
    return {"id": "P-1", "name": "甲", "category": category, "attributes": [attribute]}


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("battery_capacity", "电池容量", "kg"),
        ("battery", "电池", "kg"),
        ("batteryCapacity", None, "mL"),
        ("battery_capacity_rated", "电池额定容量", "公斤"),
        ("电池容量", None, "cm"),
        ("max_output_power", "最大输出功率", "V"),
        ("net_content", "净含量", "W"),
        ("weight", None, "mL"),
        ("gross_weight", "毛重", "L"),
        ("warranty", "整机质保", "kg"),
        ("shelf_life", "保质期", "℃"),
        ("alcohol", "酒精度", "mm"),
        ("temp", "耐热温度", "kg"),
        ("voltage", "额定电压", "W"),
        ("length", "线长", "W"),
        ("noise", "脱水噪声", "kg"),
        ("screen_size", "屏幕尺寸", "L"),
        ("storage", "存储容量", "mAh"),
        ("pack_count", "片数", "kWh"),
        ("thickness", "厚度", "℃"),
        ("spf", "防晒指数", "g"),
        ("down_content", "绒子含量", "cm"),
        ("battery_life", "单次续航(标准档)", "mAh"),
        ("sugar", "糖", "cm"),
    ],
)
def test_a_unit_that_measures_something_else_is_refused(
    faults: Faults, name: str, label: str | None, unit: str
) -> None:
    found = faults(goods(name, label, unit))
    assert list(found) == [PLACE]
    assert "does not fit" in found[PLACE]


@pytest.mark.parametrize("category", ["electronics/power_bank", "appliance/washer"])
def test_what_a_capacity_is_told_in_depends_on_the_goods(faults: Faults, category: str) -> None:
    found = faults(goods("capacity", "容量", "kg", category=category))
    assert list(found) == ([PLACE] if category.startswith("electronics") else [])


@pytest.mark.parametrize("unit", ["furlong", "parsec", "mAhh", "wat", "弗隆尺", "kgg/100g", "g/xyz", "x" * 5000, "?!"])
@pytest.mark.parametrize(("name", "label"), [("length", "长度"), ("anything", "随便什么")])
def test_a_unit_that_nobody_knows_is_refused_for_every_attribute(
    faults: Faults, name: str, label: str, unit: str
) -> None:
    found = faults(goods(name, label, unit))
    assert list(found) == [PLACE]
    assert len(found[PLACE]) < 300


def test_a_slip_of_the_pen_is_told_the_nearest_units(faults: Faults) -> None:
    assert "mAh" in faults(goods("battery_capacity", "电池容量", "mAhh"))[PLACE]


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("battery", "电池", "Wh"),
        ("battery_capacity", "电池容量", "mA·h"),
        ("battery_energy", "电池能量", "W·h"),
        ("batteries", "七号电池", "节"),
        ("battery_health", "电池健康度", "%"),
        ("capacity", "容量", "g"),
        ("capacity", "洗涤容量", "kg"),
        ("place_settings", "容量", "套"),
        ("noise", "噪声", "dB(A)"),
        ("noise", "噪声", "dB（A）"),
        ("anc_depth", "降噪深度", "dB"),
        ("pressure", "水压", "bar"),
        ("accuracy", "测量误差", "mmHg"),
        ("temp", "水温", "℉"),
        ("protein", "蛋白质(每100g)", "g/100g"),
        ("vitamin_c", "维生素C", "mg/100mL"),
        ("vitamin_d", "维生素D", "IU"),
        ("folic", "叶酸", "µg"),
        ("vitamin_a", "维生素A", "μg RE"),
        ("energy", "能量", "kJ/100g"),
        ("power_day", "耗电量", "kWh/24h"),
        ("bacteria", "活菌数", "亿CFU/条"),
        ("size", "鞋码", "码"),
        ("size", "尺寸", "寸"),
        ("pack", "包装规格", "g×10袋"),
        ("pack", "包装规格", "片/盒"),
        ("net_content", "净含量", "克/袋"),
        ("spf", "SPF值", "SPF"),
        ("upf", "UPF", "UPF"),
        ("fill_power", "蓬松度", "FP"),
        ("yarn", "纱支", "S"),
        ("stockings", "丝袜厚度", "D"),
        ("momme", "姆米", "姆米"),
        ("fabric_weight", "面料克重", "g/m²"),
        ("fabric_weight", "面料克重", "克/平方米"),
        ("weight", "面料克重", "g/m2"),
        ("fineness", "研磨细度", "mesh"),
        ("gauge", "针距", "needle"),
        ("hardness", "莫氏硬度", "Mohs"),
        ("diastase", "淀粉酶活性", "mL/(g·h)"),
        ("purity", "含金量", "‰"),
        ("condition", "成色", "成新"),
        ("lifetime", "按键寿命", "万次"),
        ("speed", "网速", "Mbps"),
        ("speed", "最高时速", "km/h"),
        ("spin_speed", "脱水转速", "r/min"),
        ("refresh_rate", "刷新率", "Hz"),
        ("camera", "摄像头", "万像素"),
        ("ppi", "像素密度", "ppi"),
        ("brightness", "亮度", "cd/m²"),
        ("color_temp", "色温", "K"),
        ("horsepower", "匹数", "匹"),
        ("cadr", "CADR", "m³/h"),
        ("flow", "净水流量", "L/min"),
        ("humidity", "湿度", "%RH"),
        ("ph", "pH值", "pH"),
        ("wort", "原麦汁浓度", "°P"),
        ("sugar", "糖度", "°Bx"),
        ("formaldehyde", "甲醛释放量", "mg/(m2·h)"),
        ("formaldehyde", "甲醛含量", "mg/kg"),
        ("area", "适用面积", "㎡"),
        ("torque", "扭矩", "N·m"),
        ("weight", "重量", "盎司"),
        ("carat", "主石质量", "ct"),
        ("energy_grade", "能效等级", "级"),
        ("battery_life", "续航", "公里"),
        ("memory", "运行内存", "GB"),
        ("memory", "记忆组数", "组"),
        ("current", "输出电流", "毫安"),
        ("age", "适用年龄", "岁"),
        ("price", "单价", "元/斤"),
        ("duration", "片长", "分钟"),
        ("lessons", "课时", "讲"),
        ("count", "小泡数", "泡"),
        ("weight", "重量", "g(±3%)"),
        ("power", "屈光度", "D"),
        ("net_content", "净含量", "GRM"),
        ("weight", "重量", None),
    ],
)
def test_what_goods_are_labelled_with_is_let_in(faults: Faults, name: str, label: str, unit: str | None) -> None:
    assert faults(goods(name, label, unit)) == {}


def test_unit_and_unit_text_of_the_long_form_must_agree(faults: Faults) -> None:
    record: dict[str, Any] = {"passport_id": "L-1", "name_zh": "甲", "category": "food"}
    quantity = {"value": 5, "unit": "GRM", "unit_text": "mL"}
    spec = {"key": "portion", "name_zh": "一份", "q": quantity}
    assert list(faults(record | {"specs": [spec]})) == ["specs.0.q.unit"]
    assert faults(record | {"specs": [spec | {"q": quantity | {"unit_text": "克"}}]}) == {}
    assert list(faults(record | {"net_content": {"value": 5, "unit": "KWT"}})) == ["net_content.unit"]


def test_every_unit_that_is_compared_is_known_at_the_door(policy: Policy, faults: Faults) -> None:
    for unit in (*policy.converter.table.units, *policy.converter.table.said):
        assert faults(goods("anything", "随便什么", unit)) == {}, unit


def test_a_policy_without_a_door_knows_no_wrong_unit(policy_copy: Path) -> None:
    (policy_copy / "door.yaml").unlink()
    reader = Policy(policy_copy).quantity_reader
    record = goods("battery", "电池", "furlong", category="foods/honey")
    assert admit_passports([record], reader, source="x")[0].id == "P-1"

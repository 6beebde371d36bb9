"""Which attribute a number speaks of, and numbers that aren't said of the product at all."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.types import Disposition
from tests.claims.support import Speaker

Start = Callable[..., Speaker]


def goods(name: str, category: str, *attributes: tuple[str, str, float, str], **more: Any) -> dict[str, Any]:
    """A passport with one attribute for each name, label, value and unit."""
    rows = [dict(zip(("name", "label", "value", "unit"), row, strict=True)) for row in attributes]
    return {"id": "P-1", "name": name, "category": category, "attributes": rows, **more}


DRILL = goods(
    "手电钻",
    "tools/drill",
    ("weight", "重量", 1.3, "kg"),
    ("torque", "扭矩", 45, "N·m"),
    ("cord_length", "线长", 180, "cm"),
    ("battery", "电池容量", 2000, "mAh"),
)
POT = goods(
    "珐琅锅",
    "kitchen/pot",
    ("depth", "深度", 12, "cm"),
    ("thickness", "厚度", 3, "mm"),
    ("capacity", "容量", 4, "L"),
)
WOK = goods("铁锅", "kitchen/wok", ("base_thickness", "锅底厚度", 3, "mm"))
TISSUES = goods("抽纸", "home/paper", ("packs", "包数", 24, "包"), ("pulls", "每包抽数", 100, "抽"))
SAUSAGE = goods("红肠", "food/meat", ("piece_weight", "单根重量", 110, "g"), ("pieces", "根数", 8, "根"))
LIQUOR = goods("高粱酒", "food/liquor", ("alcohol", "酒精度", 42, "%vol"))
TENT = goods("帐篷", "outdoor/tent", ("waterproof", "防水指数", 3000, "mm"))
COAT = goods(
    "羽绒服",
    "clothing/down",
    ("down_content", "含绒量", 90, "%"),
    composition=[{"material": "棉", "percent": 60}, {"material": "聚酯纤维", "percent": 40}],
)


def flagged(speaker: Speaker, *texts: str) -> list[str]:
    """The registered values that what was said contradicts."""
    for text in texts:
        speaker.say(text)
    speaker.conversation.flush()
    found = [f for f in speaker.conversation.findings if f.class_id == "SPEC_PARAM"]
    return [str(f.registered) for f in found if f.disposition is Disposition.FLAG]


@pytest.mark.parametrize(
    ("product", "text", "registered"),
    [
        pytest.param(DRILL, "整机才六百克,单手就能用", "重量", id="the whole thing, and an adverb between"),
        pytest.param(DRILL, "机身也就一斤,女孩子都拿得动", "重量", id="its body"),
        pytest.param(DRILL, "我手上这把重五百克,拿着跟玩似的", "重量", id="heavy before the number"),
        pytest.param(DRILL, "扭矩八十牛米,螺丝随便拧", "扭矩", id="newton metres"),
        pytest.param(DRILL, "线长足足有三米,插哪儿都够", "线长", id="two adverbs between"),
        pytest.param(POT, "锅深十八厘米,汤不往外溅", "深度", id="depth in one character"),
        pytest.param(POT, "锅底足足有五个毫米厚", "厚度", id="个 before a unit"),
        pytest.param(TISSUES, "咱家一包是一百五十抽", "每包抽数", id="the entry that is counted in this unit"),
        pytest.param(SAUSAGE, "红肠一根半斤重,你掂掂", "单根重量", id="half a jin each, and no one and a half"),
        pytest.param(LIQUOR, "咱这高粱酒五十二度,入口烈", "酒精度", id="degrees of a thing whose record has alcohol"),
        pytest.param(TENT, "防水做到五千毫米,下暴雨都不怕", "防水指数", id="the name without its ending"),
    ],
)
def test_a_number_is_held_against_the_attribute_that_is_named(
    speaker: Start, product: dict[str, Any], text: str, registered: str
) -> None:
    (found,) = flagged(speaker(product), text)
    assert found.startswith(registered)


@pytest.mark.parametrize(
    ("product", "text"),
    [
        pytest.param(POT, "再加两百毫升牛奶,小火煮开", id="so much of something else"),
        pytest.param(POT, "一整只三斤的鸡放得下", id="what goes into it"),
        pytest.param(SAUSAGE, "上一批是六根一包的,这批给你添到八根", id="the batch before"),
        pytest.param(DRILL, "问是不是四千毫安,哪里来的四千毫安,是两千毫安哈", id="asked, and set right"),
        pytest.param(TISSUES, "咱这是二十四包的整提,十二包那是半提", id="the right number first"),
        pytest.param(DRILL, "两块电池加起来四千毫安,够用一天", id="a sum"),
        pytest.param(COAT, "里头百分之六十,百分之四十都写在吊牌上", id="shares of registered materials"),
        pytest.param(WOK, "壁厚一点五个毫米,锅底三毫米", id="a part that the record tells nothing of"),
        pytest.param(LIQUOR, "五十三度的那个昨天卖完了,今天上的是四十二度", id="degrees, set right"),
    ],
)
def test_a_number_of_something_else_contradicts_nothing(speaker: Start, product: dict[str, Any], text: str) -> None:
    assert flagged(speaker(product), text) == []


@pytest.mark.parametrize(
    ("product", "text"),
    [
        pytest.param(POT, "这锅是六升的大容量", id="a size of the goods"),
        pytest.param(POT, "六升能炖一只鸡", id="a word behind it that names nothing"),
        pytest.param(DRILL, "电池容量四千毫安,别家才两千毫安", id="the registered number is another's"),
        pytest.param(DRILL, "电池容量四千毫安,卖你两千毫安的价", id="the registered number is of a price"),
        pytest.param(DRILL, "包装标的两千毫安,实际电池容量四千毫安", id="the false number comes last"),
        pytest.param(LIQUOR, "五十二度的高粱酒", id="a unit with what the product is called"),
    ],
)
def test_and_what_is_said_of_the_goods_does(speaker: Start, product: dict[str, Any], text: str) -> None:
    assert len(flagged(speaker(product), text)) == 1

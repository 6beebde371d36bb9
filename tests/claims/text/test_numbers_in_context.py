"""Which numbers are said of the goods, whole, and which are not: only those are held against the record."""

from collections.abc import Callable

import pytest

from claims.engine.linking.cut_short import is_cut_short
from claims.policy.policy import Policy
from claims.types import Disposition
from tests.claims.support import Speaker

Start = Callable[..., Speaker]

KETTLE = {
    "id": "P",
    "name": "电热水壶",
    "category": "appliance/kettle",
    "attributes": [
        {"name": "capacity", "label": "容量", "value": 1.5, "unit": "L"},
        {"name": "power", "label": "功率", "value": 1800, "unit": "W"},
    ],
}
SHEETS = {
    "id": "P",
    "name": "全棉四件套",
    "category": "home/bedding",
    "attributes": [{"name": "yarn_count", "label": "纱支", "value": 60, "unit": "支"}],
}


def _verdicts(text: str, speaker: Speaker) -> list[Disposition]:
    conversation = speaker.say(text, product_id="P").done()
    return [f.disposition for f in conversation.findings if f.class_id == "SPEC_PARAM"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("这个壶能装两升", id="plain"),
        pytest.param("这个壶容量三,那个,千毫升", id="a number that somebody halts in"),
        pytest.param("容量贰仟毫升", id="formal numerals"),
    ],
)
def test_another_number_than_the_registered_one_is_flagged(text: str, speaker: Start) -> None:
    assert Disposition.FLAG in _verdicts(text, speaker(KETTLE))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("我往里倒一升水,你们掐表", id="how much is poured"),
        pytest.param("婆婆家那个老壶两千瓦,一开就跳闸", id="another one"),
        pytest.param("三号链接那个小壶才是0.8升的", id="another link"),
        pytest.param("宿舍限电八百瓦的别拍", id="a limit"),
        pytest.param("容量一千……五百毫升", id="the registered number, haltingly"),
        pytest.param("容量壹仟伍佰毫升", id="the registered number, formally"),
        pytest.param("功率幺八零零瓦", id="as by telephone"),
        pytest.param("快两千瓦了,一千八", id="nearly"),
    ],
)
def test_what_speaks_of_something_else_or_agrees_is_not(text: str, speaker: Start) -> None:
    assert Disposition.FLAG not in _verdicts(text, speaker(KETTLE))


@pytest.mark.parametrize("text", ["容量一千舞百毫升", "容量yi千五百毫升", "容量一千后头跟个五百毫升"])
def test_the_end_of_a_number_is_noted_at_most(text: str, speaker: Start) -> None:
    assert Disposition.FLAG not in _verdicts(text, speaker(KETTLE))


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        pytest.param("四件套今天二百五", False, id="how many pieces a set has is no yarn count"),
        pytest.param("八十支的料子", True, id="a yarn count"),
    ],
)
def test_a_yarn_count_is_told_in_its_own_word(text: str, flagged: bool, speaker: Start) -> None:
    assert (Disposition.FLAG in _verdicts(text, speaker(SHEETS))) is flagged


@pytest.mark.parametrize(
    ("text", "number", "is_cut"),
    [
        pytest.param("一百舞十毫升", "十", True, id="a numeral heard as something else"),
        pytest.param("yi百毫升", "百", True, id="letters before a numeral"),
        pytest.param("1 5 0 ml", "0", True, id="digit by digit"),
        pytest.param("一0五毫升", "五", True, id="numerals of two kinds"),
        pytest.param("一瓶三百毫升", "三", False, id="a unit before it"),
        pytest.param("就五十毫升", "五", False, id="a word that sounds like a numeral"),
        pytest.param("送1 300毫升", "300", False, id="two numbers"),
        pytest.param("三百毫升", "三", False, id="nothing before it"),
    ],
)
def test_a_number_is_cut_short_by_what_belongs_to_it(text: str, number: str, is_cut: bool, policy: Policy) -> None:
    assert is_cut_short(text, text.rindex(number), policy.linking) is is_cut

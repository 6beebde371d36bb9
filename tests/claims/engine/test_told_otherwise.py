"""What is said and what is shown of one attribute: where they differ it is noted, registered or not."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.engine.conversation import Conversation
from claims.types import Disposition, Finding, VerdictKind
from tests.claims.support import Speaker

Start = Callable[..., Speaker]
DRYER: dict[str, Any] = {
    "id": "P-9",
    "name": "电吹风",
    "category": "appliance/hair_dryer",
    "attributes": [{"name": "rated_power", "label": "额定功率", "value": 1600, "unit": "W"}],
}


def notes(conversation: Conversation) -> list[Finding]:
    return [f for f in conversation.findings if f.rule == "SPEC_PARAM.told_otherwise"]


@pytest.mark.parametrize("first", ["speech", "screen"])
def test_what_is_registered_nowhere_is_noted_where_said_and_shown_differ(speaker: Start, first: str) -> None:
    host = speaker(DRYER)
    if first == "screen":
        host.show("电源线长 1.8米").say("电源线长有三米")
    else:
        host.say("电源线长有三米", "好的").show("电源线长 1.8米")
    (note,) = notes(host.done())
    assert (note.disposition, note.verdict) == (Disposition.NOTE, VerdictKind.UNSUPPORTED)
    assert note.channel == ("speech" if first == "screen" else "screen")
    other = "1.8 m" if first == "screen" else "3 m"
    assert other in note.score_steps[-1].step
    assert note.passport_path is None


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param("电源线长 1.8米", "电源线长一米八", id="the same"),
        pytest.param("电源线长 1.8米", "电源线长一百八十厘米", id="the same in another unit"),
        pytest.param("电源线长 1.8米", "去年那款电源线长三米", id="an older model"),
        pytest.param("电源线长 1.8米", "电源线长不是三米", id="a denial"),
        pytest.param("电源线长 1.8米", "机身高二十五厘米", id="another attribute"),
        pytest.param("电源线长 1.8米", "大概三米", id="not named"),
    ],
)
def test_what_does_not_differ_is_left_alone(speaker: Start, shown: str, said: str) -> None:
    assert notes(speaker(DRYER).show(shown).say(said).done()) == []


def test_what_a_registered_value_contradicts_is_flagged_and_not_noted_beside(speaker: Start) -> None:
    done = speaker(DRYER).show("额定功率 1600W").say("额定功率两千二百瓦").done()
    assert notes(done) == []
    assert [f.passport_path for f in done.findings if f.disposition is Disposition.FLAG] == ["attributes.rated_power"]


def test_the_registered_value_is_not_noted_beside_a_false_one(speaker: Start) -> None:
    done = speaker(DRYER).say("额定功率两千二百瓦", "好的").show("额定功率 1600W").done()
    assert notes(done) == []


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("蛋白质含量 3.6g/100ml", "一盒蛋白质含量有九克"),
        ("冷冻温度零下18℃", "冷冻温度零下18摄氏度"),
        ("蛋白质含量 3.6g", "总共蛋白质含量有九克"),
    ],
)
def test_of_a_hundred_grams_or_a_pack_is_not_of_the_same(speaker: Start, shown: str, said: str) -> None:
    milk = {"id": "P-9", "name": "纯牛奶", "category": "food/milk", "attributes": []}
    assert notes(speaker(milk).show(shown).say(said).done()) == []


def test_what_stood_there_long_ago_is_forgotten(speaker: Start) -> None:
    host = speaker(DRYER).show("电源线长 1.8米")
    host.now_ms += 600_000
    assert notes(host.say("电源线长有三米").done()) == []

"""Characters told by their parts."""

import pytest

from claims.obfuscation.decompose import Decomposer, components_of

TABLE = {
    "癌": ("疒品山",),
    "药": ("艹约",),
    "治": ("氵台",),
    "炎": ("火火",),
    "疗": ("疒了",),
    "瘦": ("疒叟",),
    "明": ("日月",),
    "腰": ("月要",),
    "根": ("木艮",),
    "椎": ("木隹",),
    "集": ("隹木",),
    "壮": ("丬士",),
    "将": ("丬夕寸",),
    "脱": ("月兑",),
    "栓": ("木全",),
    "棉": ("木帛",),
    "帛": ("白巾",),
}
RADICALS = {"病字头": "疒", "草字头": "艹", "三点水": "氵"}
DECOMPOSER = Decomposer(TABLE, RADICALS, ["生发", "脱发", "血栓"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("草字头下面一个约", "药", id="radical above, rest below"),
        pytest.param("三点水一个台", "治", id="radical and rest"),
        pytest.param("病字头里面一个老叟的叟", "瘦", id="the rest named by a gloss"),
        pytest.param("两个火叠起来", "炎", id="the same part twice"),
        pytest.param("三点水一个台,病字头一个了", "治疗", id="two characters one after the other"),
        pytest.param("三点水一个台,疗效的疗", "治疗", id="one told, the next named"),
        pytest.param("木字旁一个艮", "根", id="any character with 字旁 is a radical"),
        pytest.param("一个木一个艮,根,后面三点水一个台,治", "根治", id="each said again after its parts"),
        pytest.param("月字旁一个天,腰,", "腰", id="said between pauses, with the radical in it"),
        pytest.param("木字边一个佳,", "椎", id="the order of the parts counts"),
        pytest.param("将左半拉,加一个士兵的士", "壮", id="half of a character"),
        pytest.param("生孩子的生,头发的发,你念", "生发", id="named by words alone, a term"),
        pytest.param("血字后头那个字,木字旁一个安全的全", "血栓", id="the character before it is given"),
        pytest.param("月兑发的", "脱", id="written side by side"),
        pytest.param("三点水一个台,后面跟个病字,", "治病", id="the next character as it is"),
        pytest.param("三点水一个台,前头再加个根,", "根治", id="a character that stands before it"),
        pytest.param("三点水旁边一个台,", "治", id="beside the radical"),
        pytest.param("左边一个三点水、右边一个台", "治", id="a radical called by its place, a comma of another kind"),
        pytest.param("木字旁,右边上头一个白下头一个巾", "棉", id="a part told by its own parts"),
    ],
)
def test_parts_are_joined(text: str, meant: str) -> None:
    assert [(e.meant, e.kind) for e in DECOMPOSER.edits(text)] == [(meant, "split")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("两个火叠起来的炎", id="the character is said right after"),
        pytest.param("草字头的书法课", id="a radical alone"),
        pytest.param("三点水一个大", id="parts that make nothing"),
        pytest.param("三点水一个台字形的瓶子", id="a shape"),
        pytest.param("两个火龙果叠起来", id="things, not parts"),
        pytest.param("一天喝三点水", id="a time and water"),
        pytest.param("生活的生,头脑的脑,", id="named by words, no term"),
        pytest.param("月兑换的", id="side by side, no term"),
        pytest.param("他在左边一个人站着,右边一个人坐着", id="people"),
        pytest.param("", id="nothing said"),
    ],
)
def test_what_is_no_telling_stays(text: str) -> None:
    assert DECOMPOSER.edits(text) == []


def test_the_edit_covers_the_telling_alone() -> None:
    text = "这个草字头下面一个约,你们懂"
    (edit,) = DECOMPOSER.edits(text)
    assert text[edit.start : edit.end] == "草字头下面一个约"


def test_the_table_of_parts_is_read_a_character_a_line() -> None:
    assert components_of(["药 艹约", "炎 火火 灬火"]) == {"药": ("艹约",), "炎": ("火火", "灬火")}

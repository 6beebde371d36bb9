"""Characters told by their parts."""

import pytest

from claims.decompose import Decomposer, components_of

TABLE = {
    "癌": ("疒品山",),
    "药": ("艹约",),
    "治": ("氵台",),
    "炎": ("火火",),
    "疗": ("疒了",),
    "瘦": ("疒叟",),
    "明": ("日月",),
}
RADICALS = {"病字头": "疒", "草字头": "艹", "三点水": "氵"}
DECOMPOSER = Decomposer(TABLE, RADICALS)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("草字头下面一个约", "药", id="radical above, rest below"),
        pytest.param("三点水一个台", "治", id="radical and rest"),
        pytest.param("病字头里面一个老叟的叟", "瘦", id="the rest named by a gloss"),
        pytest.param("两个火叠起来", "炎", id="the same part twice"),
        pytest.param("三点水一个台,病字头一个了", "治疗", id="two characters one after the other"),
        pytest.param("三点水一个台,疗效的疗", "治疗", id="one told, the next named"),
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

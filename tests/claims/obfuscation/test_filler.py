"""Fillers inside words."""

import pytest

from claims.obfuscation.filler import Fillers, FillerStripper
from claims.text.words import CommonWords

FILLERS = Fillers(
    strong=("某", "什么", "那个"),
    weak=("小", "和"),
    natural={"什么": ("病", "药"), "那个": ("病",)},
    hesitations=("咳", "啊"),
)
TERMS = ("糖尿病", "防腐剂", "失眠", "补肾", "壮阳", "治病", "肠道", "药品")
COMMON = CommonWords({"朋友": 100, "治疗": 100, "失眠": 100})
STRIPPER = FillerStripper(FILLERS, (*TERMS, "国家"), COMMON, ["新西兰", "安吉"])


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        pytest.param("有糖某尿某病的", "糖某尿某病", "糖尿病", id="a filler between all characters"),
        pytest.param("糖某尿病", "糖某尿病", "糖尿病", id="one filler"),
        pytest.param("不加防什么腐什么剂", "防什么腐什么剂", "防腐剂", id="a filler of two characters"),
        pytest.param("小肠小道", "小肠小道", "肠道", id="an ordinary character that comes again and again"),
        pytest.param("湿某棉的", "湿某棉", "失眠", id="what is left sounds like a term"),
        pytest.param("壮,咳,阳的", "壮,咳,阳", "壮阳", id="a sound of hesitation between pauses"),
        pytest.param("糖,那个,尿,那个什么,病", "糖,那个,尿,那个什么,病", "糖尿病", id="fillers between pauses"),
        pytest.param("糖...啊...尿病的", "糖...啊...尿病", "糖尿病", id="a voice that breaks off"),
        pytest.param("糖、那个、尿病", "糖、那个、尿病", "糖尿病", id="pauses of another kind"),
        pytest.param("糖...尿病", "糖...尿病", "糖尿病", id="nothing but a broken voice"),
        pytest.param("新、啊、西兰", "新、啊、西兰", "新西兰", id="a name"),
        pytest.param("失某眠某的", "失某眠某", "失眠", id="a filler that goes on behind"),
        pytest.param("治某疗某失某眠", "治某疗某失某眠", "治疗失眠", id="words of the language"),
    ],
)
def test_a_broken_word_is_mended(text: str, heard: str, meant: str) -> None:
    (edit,) = STRIPPER.edits(text)
    assert (text[edit.start : edit.end], edit.meant, edit.kind) == (heard, meant, "filler")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("能治什么病", id="a question"),
        pytest.param("治那个病", id="which illness"),
        pytest.param("什么补肾什么壮阳", id="terms that stand by themselves"),
        pytest.param("肠小道", id="an ordinary character once"),
        pytest.param("某个朋友", id="no term left"),
        pytest.param("失,某眠", id="not across a comma"),
        pytest.param("壮咳阳", id="a hesitation without pauses"),
        pytest.param("失眠", id="not broken"),
        pytest.param("我的祖国...家人们", id="a sentence that ends"),
        pytest.param("按某机", id="a name is not found by its sound"),
        pytest.param("", id="nothing said"),
    ],
)
def test_what_is_not_broken_stays(text: str) -> None:
    assert STRIPPER.edits(text) == []


def test_every_filler_costs() -> None:
    (one,) = STRIPPER.edits("糖某尿病")
    (two,) = STRIPPER.edits("糖某尿某病")
    (sounds,) = STRIPPER.edits("湿某棉")
    assert 0 < one.cost < two.cost < sounds.cost


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        pytest.param("绿,绿色食品", "绿,绿", "绿", id="a word begun"),
        pytest.param("生产,呃,生产日期", "生产,呃,生产", "生产", id="two characters, a sound between"),
        pytest.param("六月八、八号", "八、八", "八", id="a numeral"),
        pytest.param("他说免...嗯...免费", "免...嗯...免", "免", id="within a sentence, haltingly"),
        pytest.param("全国销、呃、销量", "销、呃、销", "销", id="a sound between pauses"),
    ],
)
def test_what_was_begun_twice_is_said_once(text: str, heard: str, meant: str) -> None:
    (edit,) = STRIPPER.edits(text)
    assert (text[edit.start : edit.end], edit.meant, edit.kind) == (heard, meant, "filler")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("这是好茶,茶汤清亮", id="the next clause takes the word up"),
        pytest.param("一百、一百一、一百二", id="numbers one after another"),
        pytest.param("买一送一,一个给你", id="a numeral that ends a clause"),
        pytest.param("不护眼啊,眼睛干", id="a particle ends the clause"),
        pytest.param("说明什么,说明没有坏处", id="a question and its answer"),
    ],
)
def test_words_that_come_again_stay(text: str) -> None:
    assert STRIPPER.edits(text) == []

from typing import Any

import pytest

from claims.engine.context import Place, try_context
from claims.engine.window import Window
from claims.policy.schema import ContextRule
from tests.claims.engine.contexts import MESSAGES, rule_of, window_with

CUES = {
    "negation": ("不是", "不", "没有"),
    "not_negation": ("不仅", "不粘"),
    "barrier": ("而是", "但是"),
    "denial": ("是假的", "没有的事"),
    "quoting": ("有人说",),
    "hedge": ("也许",),
    "question_head": ("是不是", "能不能", "多少"),
    "answer_yes": ("能", "是的", "是"),
    "answer_no": ("不能", "没有"),
    "supposing": ("如果", "要是"),
    "subject": ("你", "不是"),
    "pledge": ("我赔",),
    "light": ("是", "什么", "我们", "这", "一", "款", "才"),
    "asks_by_particle": ("吗", "嘛"),
    "no_particle": ("什么", "的嘛"),
    "asks_at_once": ("吗", "嘛", "的嘛"),
    "asks_by_negation": ("没有", "不是", "不是啊", "不"),
    "asked_verb": ("有", "是"),
    "no_asked_verb": ("没有", "不是"),
    "doubled_by": ("不",),
    "goes_on": ("不是",),
    "particle": ("啊", "的"),
    "rhetorical": ("难道",),
    "no_question_head": ("多少年的", "多少人都"),
    "consequence": ("的话", "那"),
    "consequence_bare": ("的话",),
    "consequence_weak": ("就",),
    "then": ("那",),
    "counterfactual": ("早",),
    "turned": ("没想到",),
    "closing": ("的", "啊"),
    "refuted": ("外行话",),
    "set": ("里", "的"),
}
CLAIM = "最好"


def window_of(text: str) -> Window:
    return window_with(text, CUES)


def tried(text: str, claim: str = CLAIM, gap: bool = False, **rule: Any) -> tuple[bool, str]:
    start = text.index(claim[0])
    end = text.index(claim[-1], start) + 1
    slots = ((start, start + 1), (end - 1, end)) if gap else ((start, end),)
    given = rule_of(**rule)
    trial = try_context(given, window_of(text), Place(start, end, slots)).trial(MESSAGES)
    assert trial.id == given.id
    return trial.applies, trial.why


BEFORE = {
    "id": "negated",
    "direction": "forward",
    "trigger": "negation",
    "pseudo": "not_negation",
    "terminator": "barrier",
    "reach": 5,
    "inside": True,
    "not_asked": True,
}


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("我们不是最好的", True, id="right before"),
        pytest.param("这个不是什么最好的", True, id="within reach"),
        pytest.param("不是我们这一款才是最好的", False, id="out of reach"),
        pytest.param("不是,最好的", False, id="a comma between"),
        pytest.param("不仅最好", False, id="part of a word that negates nothing"),
        pytest.param("不是贵而是最好", False, id="turned around in between"),
        pytest.param("最好不是吗", False, id="after the claim"),
        pytest.param("就是最好", False, id="no cue"),
        pytest.param("它不是最好的吗", False, id="a rhetorical question asserts"),
    ],
)
def test_a_negation_counts_where_it_stands(text: str, applies: bool) -> None:
    assert tried(text, **BEFORE)[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("有人说不是最好,那是外行话", False, id="he who denied it is waved away"),
        pytest.param("有人说不是最好,我们听着,大家也听着呢,那是外行话", True, id="too far behind to be about it"),
    ],
)
def test_a_negation_is_void_where_the_denier_is_refuted(text: str, applies: bool) -> None:
    assert tried(text, revoked_by="refuted", reach_after=8, **BEFORE)[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("最不是好", True, id="between the words of the claim"),
        pytest.param("最不粘好", False, id="a word that negates nothing in between"),
        pytest.param("最不,好", False, id="a comma between it and the last word"),
    ],
)
def test_a_negation_inside_the_claim_counts(text: str, applies: bool) -> None:
    assert tried(text, gap=True, **BEFORE)[0] is applies


@pytest.mark.parametrize(
    ("text", "wide", "applies"),
    [
        pytest.param("最好是假的", False, True, id="right after"),
        pytest.param("最好,是假的", False, False, id="a comma that a narrow cue can't cross"),
        pytest.param("最好,是假的", True, True, id="a comma that a wide cue crosses"),
        pytest.param("最好?没有的事", True, True, id="a question answered"),
        pytest.param("最好。没有的事", True, False, id="another sentence"),
        pytest.param("是假的最好", True, False, id="before the claim"),
    ],
)
def test_a_denial_counts_after_the_claim(text: str, wide: bool, applies: bool) -> None:
    assert (
        tried(text, direction="backward", trigger="denial", reach=6, scope="sentence" if wide else "clause")[0]
        is applies
    )


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("最好,是假的", True, id="nothing takes it back"),
        pytest.param("最好,是假的,但是", False, id="taken back after the cue"),
        pytest.param("但是最好,是假的", False, id="taken back before the claim"),
        pytest.param("最好,是假的,我们都这么说,但是", True, id="taken back too far away"),
    ],
)
def test_a_cue_after_the_claim_may_be_taken_back(text: str, applies: bool) -> None:
    rule = {
        "direction": "backward",
        "trigger": "denial",
        "revoked_by": "barrier",
        "reach": 4,
        "reach_after": 6,
        "scope": "sentence",
    }
    assert tried(text, **rule)[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("有人说最好,是假的", True, id="others' words, denied"),
        pytest.param("有人说最好", False, id="others' words, left standing"),
        pytest.param("最好,是假的", False, id="nobody's words"),
    ],
)
def test_others_words_count_only_with_their_denial(text: str, applies: bool) -> None:
    rule = {"direction": "pair", "trigger": "quoting", "trigger_after": "denial", "reach": 6, "reach_after": 6}
    found, why = tried(text, **rule)
    assert found is applies
    assert ("有人说 … 是假的" in why) is applies


@pytest.mark.parametrize(
    ("text", "applies"),
    [("也许最好", True), ("最好也许", True), ("最也许好", True), ("也许吧,真的最好", False), ("最好", False)],
    ids=["before", "after", "inside", "in another clause", "nowhere"],
)
def test_a_cue_on_either_side_counts(text: str, applies: bool) -> None:
    assert tried(text, gap="也许好" in text, direction="either", trigger="hedge", reach=2)[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"), [("也许这一款真的就是最好", True), ("也许,最好", False)], ids=["same clause", "other clause"]
)
def test_a_cue_anywhere_in_the_clause_counts(text: str, applies: bool) -> None:
    assert tried(text, direction="clause", trigger="hedge")[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("这是最好吗", True, id="a particle"),
        pytest.param("这是最好的嘛", True, id="a particle right behind the claim"),
        pytest.param("这是最好喝起来甜的嘛", False, id="the same particle affirms at the end of what follows"),
        pytest.param("这是最好?", True, id="a question mark"),
        pytest.param("是不是最好", True, id="an asking head"),
        pytest.param("最好不好用", True, id="asked by doubling"),
        pytest.param("有最好没有", True, id="asked by 有 and 没有"),
        pytest.param("是最好不是啊", True, id="asked by 是 and 不是"),
        pytest.param("是最好不是次好", False, id="saying what it is not asks nothing"),
        pytest.param("没有最好也没有", False, id="没有 said twice asks nothing"),
        pytest.param("这是最好吗,是的", False, id="affirmed in the next words"),
        pytest.param("能不能最好,没有", True, id="answered no"),
        pytest.param("是不是最好,今天讲明白,是的", False, id="affirmed by a clause of its own, one on"),
        pytest.param("是不是最好,没有,是的", True, id="answered no before"),
        pytest.param("是不是最好,今天讲,明天讲,后天讲,是的", True, id="a yes too far on answers something else"),
        pytest.param("这是最好?抹没的", False, id="answered by what use did"),
        pytest.param("这是最好?抹了就知道", True, id="use without an end is no answer"),
        pytest.param("难道不是最好吗", False, id="a rhetorical question"),
        pytest.param("多少人用最好", True, id="how many"),
        pytest.param("最能不能好", True, id="an asking head within the claim"),
        pytest.param("最多少好", False, id="however much within the claim"),
        pytest.param("多少年的老毛病最好", False, id="however many years"),
        pytest.param("多少人都说最好", False, id="however many people"),
        pytest.param("这是最好", False, id="a statement"),
        pytest.param("这是最好什么", False, id="what is no particle"),
    ],
)
def test_a_question_is_no_claim_unless_affirmed(text: str, applies: bool) -> None:
    assert (
        tried(text, direction="asked", trigger="question_head", pseudo="no_question_head", revoked_by="rhetorical")[0]
        is applies
    )


def test_a_cue_may_have_to_open_its_clause() -> None:
    rule = {"direction": "forward", "trigger": "hedge", "reach": 5, "starts_clause": True}
    assert tried("好的,也许最好", **rule)[0]
    assert not tried("这款也许最好", **rule)[0]


def test_a_trial_says_which_words_decided() -> None:
    assert tried("我们不是最好的", **BEFORE)[1].endswith("不是 (当句 same clause)")
    assert "because" in tried("就是最好", **BEFORE)[1]


def test_what_a_record_decides_is_not_tried_here() -> None:
    rule = ContextRule(id="name_only", direction="record", why="part of the name", zh="名称", check="name_only")
    with pytest.raises(KeyError):
        try_context(rule, window_of(CLAIM), Place(0, 2, ((0, 2),)))


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("我们不是什么最好", True, id="only words that let it through"),
        pytest.param("我们没有人知道最好", False, id="it belongs to another verb"),
        pytest.param("不是不最好", False, id="twice is none"),
    ],
)
def test_only_certain_words_let_a_negation_through(text: str, applies: bool) -> None:
    rule = BEFORE | {"through": "light", "reach": 12, "denies": True}
    assert tried(text, **rule)[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("最好,是假的啊", True, id="the clause closes with it"),
        pytest.param("最好,是假的人才买别家", False, id="the clause goes on"),
        pytest.param("最好,是假的,没想到还真是", False, id="the next words turn it"),
    ],
)
def test_a_denial_closes_its_clause_and_is_not_turned(text: str, applies: bool) -> None:
    rule = {"direction": "backward", "trigger": "denial", "reach": 6, "scope": "sentence"}
    assert tried(text, closing="closing", turned_by="turned", **rule)[0] is applies


@pytest.mark.parametrize(
    ("text", "applies"), [("最好吃的一步", True), ("一步到位,最好", False)], ids=["on it", "apart"]
)
def test_some_contexts_count_on_the_claims_own_words(text: str, applies: bool) -> None:
    window = window_of(text)
    window.located.add(text.index("一步" if not applies else "好"), text.index("步") + 1, "cue:ordinal")
    given = ContextRule(id="ordinal", direction="overlap", trigger="ordinal", why="an ordinal", zh="序数")
    start = text.index("最好")
    assert (try_context(given, window, Place(start, start + 2, ((start, start + 2),))).applied is not None) is applies


SUPPOSED = {
    "id": "supposed",
    "direction": "supposed",
    "trigger": "supposing",
    "terminator": "subject",
    "revoked_by": "pledge",
    "reach": 8,
    "reach_after": 6,
}


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        pytest.param("要是它最好,早就卖光了", True, id="a condition, then what would follow"),
        pytest.param("如果这真是最好那我不用播了", True, id="no comma, but the consequence is marked"),
        pytest.param("要是最好的话也轮不到我", True, id="marked at its end"),
        pytest.param("如果你怕晒,这个最好", False, id="said in the consequence"),
        pytest.param("如果怕晒那这个最好,拍一单", False, id="in the consequence, no comma"),
        pytest.param("如果你要最好的,拍这个", False, id="the viewer's condition"),
        pytest.param("要是不是最好的,我赔", False, id="a guarantee in the dress of a condition"),
        pytest.param("要是它最好,我赔你十倍", False, id="something is staked"),
        pytest.param("要是它最好", False, id="nothing follows"),
        pytest.param("如果下雨我们收摊。这个最好,拍一单", False, id="another sentence"),
        pytest.param("要是今天晚上我妈妈做的菜真的最好,我就不播了", False, id="too far away"),
    ],
)
def test_what_is_only_supposed_is_not_asserted(text: str, applies: bool) -> None:
    assert tried(text, **SUPPOSED)[0] is applies

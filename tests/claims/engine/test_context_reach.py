"""How far each context reaches, character by character: what denies, what asks, what supposes, what stands anywhere."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from claims.engine.context import Effect, Place, affirmed, asks_by_doubling, effect_of, trials_anywhere, try_context
from claims.engine.context.denial import denied
from claims.engine.context.scope import clause_end, clause_start, closes, leads_through, reaches
from claims.engine.context.supposition import supposed
from claims.engine.context.triggers import Applied, concepts_of, spans_of, triggers_of
from claims.engine.window import Window
from claims.policy.policy import Policy
from claims.policy.schema import ClassFile
from tests.claims.engine.contexts import MESSAGES, rule_of, window_with

CUES = {
    "affirming": ("没错",),
    "anaphor": ("它",),
    "answer_no": ("不能", "没有"),
    "answer_yes": ("能", "是的"),
    "asked_verb": ("有",),
    "asking": ("是不是", "多少"),
    "asks_at_once": ("吗",),
    "asks_by_negation": ("没有", "不是", "不是啊", "不"),
    "asks_by_particle": ("吗",),
    "assent": ("行",),
    "bare": ("这", "都", "我们"),
    "barrier": ("而是",),
    "begins_clause": ("然后",),
    "closing": ("的", "啊"),
    "consequence": ("的话", "那"),
    "consequence_bare": ("的话",),
    "consequence_weak": ("就",),
    "counterfactual": ("早",),
    "bare_negation": ("不",),
    "denying_head": ("谁说",),
    "denial": ("是假的", "骗人的"),
    "doubled_by": ("不",),
    "goes_on": ("不是",),
    "hedge": ("也许",),
    "light": ("什么", "我们"),
    "marker": ("比如",),
    "needless": ("不用说",),
    "negation": ("不是", "没有"),
    "negator": ("不", "没有", "不是"),
    "no_then": ("那种",),
    "no_consequence": ("就算", "那个"),
    "no_asked_verb": ("没有",),
    "not_asking": ("是不是说的",),
    "not_denied": ("没有不",),
    "not_denial": ("不骗人的",),
    "not_negator": ("不错",),
    "opening": ("那我得",),
    "own_report": ("没有人说",),
    "particle": ("啊", "呗"),
    "pledge": ("我赔",),
    "referring": ("这种话",),
    "reported": ("人说",),
    "rhetorical": ("难道",),
    "revoked": ("懂的都懂",),
    "saying": ("不能讲",),
    "subject": ("你",),
    "supposing": ("要是",),
    "then": ("那",),
    "turned": ("没想到",),
}
CLAIM = "最好"


def window_of(text: str) -> Window:
    return window_with(text, CUES)


def place_of(text: str, *parts: str) -> Place:
    """Where the claim stands, each of its words a slot."""
    slots = []
    at = 0
    for part in parts or (CLAIM,):
        at = text.index(part, at)
        slots.append((at, at + len(part)))
        at += len(part)
    return Place(slots[0][0], slots[-1][1], tuple(slots))


DENIED = {
    "direction": "denied",
    "trigger": "denial",
    "pseudo": "not_denial",
    "closing": "closing",
    "turned_by": "turned",
    "revoked_by": "revoked",
    "reported": "reported",
    "reach": 12,
    "reach_after": 6,
    "denies": True,
}


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        pytest.param("最好是假的", "是假的", id="in its own clause"),
        pytest.param("最好,是假的", "是假的", id="in the next clause"),
        pytest.param("最好,这都是假的啊", "是假的", id="behind bare words, before closing ones"),
        pytest.param("最好,隔壁是假的", None, id="said of something else"),
        pytest.param("最好,隔壁这种话是假的", "是假的", id="said of such words"),
        pytest.param("最好,是假的人才买", None, id="its clause goes on"),
        pytest.param("最好,不骗人的", None, id="a word that looks like it"),
        pytest.param("最好,这不是假的", None, id="negated itself"),
        pytest.param("最好,这种话不这都这骗人的", "骗人的", id="a negation that stands too far before it"),
        pytest.param("最好,这种话不这都骗人的", "不", id="a negation at the end of its reach"),
        pytest.param("最好,不", "不", id="a clause of nothing but no"),
        pytest.param("最好不", None, id="in its own clause no alone asks or goes on"),
        pytest.param("最好,不行", "不", id="no, and what assents"),
        pytest.param("最好,没有不行", None, id="two negations affirm"),
        pytest.param("最好,不没有不", "不", id="three deny again"),
        pytest.param("最好,不没有不不", None, id="four affirm"),
        pytest.param("最好,不是", "不是", id="of negators that begin together the longest counts, once"),
        pytest.param("最好,不错", None, id="a word in which no negation stands"),
        pytest.param("最好,不贵", None, id="a negation of something else"),
        pytest.param("最好,这种话不错", None, id="such words, and a word in which no negation stands"),
        pytest.param("最好,这种话我不讲", "不", id="such words, and a negation behind"),
        pytest.param("最好,我不讲这种话", None, id="such words behind the negation are its object"),
        pytest.param("最好,没错不", None, id="a clause that affirms"),
        pytest.param("最好,大家听着,是假的", None, id="two clauses on, nobody else was told of"),
        pytest.param("最好,大家听着,这种话是假的", "是假的", id="two clauses on, of such words"),
        pytest.param("最好,大家听着,大家看着,大家想着,这种话不行", None, id="four clauses on"),
        pytest.param("有人说最好,大家听着,是假的", "是假的", id="two clauses on, others said it"),
        pytest.param("人说最好,大家听着,是假的", "是假的", id="two clauses on, others said it, and nothing before"),
        pytest.param("最好,这种话是假的人骗人的", "骗人的", id="of two such words the one that closes its clause"),
        pytest.param("最好,这种话不都是假的啊然后骗人的", "骗人的", id="of two such words the one that is not negated"),
        pytest.param("有人说最好,大家听着,不", "不", id="two clauses on a bare no, others said it"),
        pytest.param("最好,大家听着,不", None, id="two clauses on a bare no"),
        pytest.param("没有人说最好,大家听着,是假的", None, id="nobody said it"),
        pytest.param("有人说。最好,大家听着,是假的", None, id="others said something in another sentence"),
        pytest.param("人说一二三四五最好,大家听着,是假的", None, id="others said something too far before it"),
        pytest.param("最好。是假的", "是假的", id="one full stop on"),
        pytest.param("最好。这。是假的", None, id="two full stops on"),
        pytest.param("最好。这。这种话是假的", None, id="two full stops on, though of such words"),
        pytest.param("没错,最好,不", "不", id="a clause before it that affirms"),
        pytest.param("最好!这,是假的", None, id="two clauses on, though no full stop"),
        pytest.param("最好,,是假的", "是假的", id="two commas are one boundary"),
        pytest.param("最好,是假的,没想到真行", None, id="the next words take it back"),
        pytest.param("最好,是假的,懂的都懂", None, id="the next words wink"),
        pytest.param("最好,是假的" + "一" * 24 + "没想到", None, id="its clause goes on, so nothing is denied"),
        pytest.param("最好,是假的," + "一" * 23 + "没想到", None, id="taken back at the end of the reach"),
        pytest.param("最好,是假的," + "一" * 24 + "没想到", "是假的", id="taken back beyond it"),
    ],
)
def test_a_denial_behind_the_claim(text: str, cue: str | None) -> None:
    applied = try_context(rule_of(**DENIED), window_of(text), place_of(text)).applied
    assert (None if applied is None else applied.cue) == cue


def test_what_is_denied_within_reach_and_beyond() -> None:
    near, far = "最好,这" + "啊" * 9 + ",是假的", "最好,这种话" + "一" * 8 + ",这种话不"
    assert try_context(rule_of(**DENIED), window_of(far), place_of(far)).applied is None
    assert try_context(rule_of(**DENIED | {"reach": 13}), window_of(far), place_of(far)).applied is not None
    assert try_context(rule_of(**DENIED), window_of(near), place_of(near)).applied is None


def test_the_words_of_the_claim_deny_nothing_and_a_denial_between_its_clauses_does() -> None:
    own = "没有最好,没有"
    place = Place(0, len(own), ((0, 4), (5, 7)))
    assert denied(rule_of(**DENIED), window_of(own), place) is None
    parted = "最好,不,最大"
    assert denied(rule_of(**DENIED), window_of(parted), place_of(parted, "最好", "最大")) == ((3, 4),)
    whole = "最好最大,不"
    assert denied(rule_of(**DENIED), window_of(whole), place_of(whole, "最好", "最大")) == ((5, 6),)


def test_whether_a_denial_stands_in_the_claims_own_clause_is_told() -> None:
    same, behind = "最好是假的", "最好,是假的"
    for text, own in ((same, True), (behind, False)):
        tried = try_context(rule_of(**DENIED), window_of(text), place_of(text))
        assert tried.applied == Applied("是假的", own)
        trial = tried.trial(MESSAGES)
        where = (MESSAGES.same_clause if own else MESSAGES.next_clause).both()
        assert (trial.id, trial.applies, trial.why) == ("tried", True, f"因为 because: 是假的 ({where})")
    none = try_context(rule_of(**DENIED), window_of("最好"), place_of("最好")).trial(MESSAGES)
    assert (none.id, none.applies) == ("tried", False)
    assert none.why == f"{MESSAGES.no_cue.both(name='因为')}: because"


SUPPOSED = {
    "direction": "supposed",
    "trigger": "supposing",
    "terminator": "subject",
    "revoked_by": "pledge",
    "reported": "reported",
    "opening": "opening",
    "reach": 4,
    "reach_after": 3,
}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        pytest.param("要是它最好,大家买", True, id="the condition, and something follows"),
        pytest.param("要是它最好", False, id="nothing follows"),
        pytest.param("要是它最好。", False, id="nothing but a stop follows"),
        pytest.param("要是最好的话", False, id="the mark of a condition, and nothing"),
        pytest.param("要是最好的话大家买", True, id="the mark of a condition, and something"),
        pytest.param("要是一二三四最好,大家买", True, id="at the end of the reach"),
        pytest.param("要是一二三四五最好,大家买", False, id="beyond the reach"),
        pytest.param("要是你最好,大家买", False, id="a condition about the viewer"),
        pytest.param("要是有人说你最好,大家买", True, id="others' talk of the viewer is supposed"),
        pytest.param("要是你人说最好,大家买", True, id="others' talk right before the claim"),
        pytest.param("要是下雨,那我得最好", True, id="in what would follow"),
        pytest.param("要是下雨,那我得一二三四五六七八最好", True, id="in what would follow, at its reach"),
        pytest.param("要是下雨,那我得一二三四五六七八九最好", False, id="beyond what would follow"),
        pytest.param("要是下雨,最好", False, id="behind the condition"),
        pytest.param("要是最好,我赔", False, id="something is staked on it"),
        pytest.param("要是最好,一我赔", False, id="staked at the end of the reach"),
        pytest.param("要是最好,一二我赔", True, id="staked beyond it"),
        pytest.param("要是它就最好,那种", False, id="a weak consequence before the claim ends the condition"),
        pytest.param("要是它就最好,那大家买", True, id="unless what follows is marked"),
        pytest.param("要是它就最好,大家早买", True, id="or never came"),
        pytest.param("要是它就最好,大家买", False, id="unmarked, it is asserted"),
        pytest.param("早,要是它就最好,大家买", False, id="a word before it does not say that it never came"),
        pytest.param("要是它就最好,大家买早", True, id="the word that says so ends its clause"),
        pytest.param("要是人说你最好,大家买", True, id="others' talk right behind the condition"),
        pytest.param("要是最好,大家要是来", True, id="a condition behind the claim is not its own"),
        pytest.param("最好,要是下雨", False, id="a condition behind the claim"),
        pytest.param("最好,要是下雨,大家买", False, id="a condition behind the claim, from which something follows"),
        pytest.param("要是下雨。最好,大家买", False, id="of another sentence"),
        pytest.param("要是下雨。那我得最好", False, id="what would follow, in another sentence"),
        pytest.param("要是最好我赔", False, id="staked at once"),
        pytest.param("要是最好我赔,大家买", False, id="staked at once, and something follows"),
        pytest.param("要是X最好,大家买", True, id="a letter parts nothing"),
        pytest.param("要是它最好,X", True, id="a letter follows"),
        pytest.param("要是它就算最好,大家买", True, id="a word that only looks like a weak consequence"),
        pytest.param("要是那个最好,大家买", True, id="a word that only looks like a consequence"),
        pytest.param("要是它就最好。行,那大家买", False, id="what is marked stands in another sentence"),
    ],
)
def test_what_a_condition_holds(text: str, held: bool) -> None:
    found = supposed(rule_of(**SUPPOSED), window_of(text), place_of(text))
    assert found == ((text.index("要是"), text.index("要是") + 2) if held else None)


def test_a_word_that_only_looks_like_a_condition_is_none() -> None:
    rule = rule_of(**SUPPOSED | {"pseudo": "not_supposing"})
    text = "要是说它最好,大家买"
    assert supposed(rule, window_with(text, CUES), place_of(text)) == (0, 2)
    covered = window_with(text, CUES | {"not_supposing": ("要是说",)})
    assert supposed(rule, covered, place_of(text)) is None


def test_of_two_conditions_the_nearer_one_holds_the_claim() -> None:
    text = "要是下雨,要是最好,大家买"
    assert supposed(rule_of(**SUPPOSED), window_of(text), place_of(text)) == (5, 7)


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        pytest.param("能", True, id="yes"),
        pytest.param("啊能", True, id="yes, one character on"),
        pytest.param("啊啊能好", False, id="yes, two characters on"),
        pytest.param("不能", False, id="no"),
        pytest.param("能,不能", False, id="yes, and no within six characters"),
        pytest.param("能一二三四五六不能", True, id="yes, and no later"),
        pytest.param("大家看,能", True, id="a clause on"),
        pytest.param("大家看,大家听,能啊", True, id="two clauses on"),
        pytest.param("大家看,大家听,大家想,能", False, id="three clauses on"),
        pytest.param("没有,能好", False, id="no, and then something"),
        pytest.param("大家看,能好", False, id="a clause of more than yes"),
        pytest.param("抹没的呗", True, id="what use did"),
        pytest.param("抹没了它", False, id="what use did, and more"),
        pytest.param("抹它没", False, id="use, and not what it did"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_an_answer_affirms(text: str, yes: bool) -> None:
    asked = "最好?"
    window = window_of(asked + text)
    assert affirmed(window, len(asked) - 1) is yes


def test_a_question_by_doubling_begins_where_it_is_asked_for() -> None:
    window = window_of("能不能拆")
    assert asks_by_doubling(window, 1) == (1, 2)
    assert asks_by_doubling(window, 0) is None
    assert asks_by_doubling(window_of("很不错"), 1) is None


@pytest.mark.parametrize(
    ("between", "sentence", "reach", "there"),
    [
        ("一二三", False, 3, True),
        ("一二三", False, 2, False),
        ("一,二", False, 3, False),
        ("一,二", True, 2, True),
        ("一,二", True, 1, False),
        ("一?二", True, 2, True),
        ("一!;二", True, 2, True),
        ("一。二", True, 9, False),
        ("", False, 0, True),
    ],
)
def test_how_far_a_trigger_reaches(between: str, sentence: bool, reach: int, there: bool) -> None:
    text = f"不是{between}最好"
    assert reaches(text, 2, 2 + len(between), reach, sentence) is there


def test_words_that_lead_from_one_place_to_another_fill_all_between() -> None:
    window = window_of("什么、我们,什么最好")
    assert leads_through(window, 0, 2, "light")
    assert leads_through(window, 0, 5, "light")
    assert not leads_through(window, 0, 8, "light")
    assert leads_through(window, 0, 8, "light", True)
    assert not leads_through(window, 0, 9, "light", True)
    assert not leads_through(window, 1, 5, "light")
    assert leads_through(window, 3, 3, "light")


@pytest.mark.parametrize(
    ("text", "at", "closed"),
    [
        ("最好的啊", 2, True),
        ("最好的人", 2, False),
        ("最好的,人", 2, True),
        ("最好,人", 2, True),
        ("最好啊然后买", 2, True),
        ("最好啊然后买", 3, False),
        ("最好的然后买", 2, False),
        ("最好然后买", 2, False),
    ],
)
def test_where_a_clause_closes(text: str, at: int, closed: bool) -> None:
    assert closes(window_of(text), at, "closing") is closed


def test_without_closing_words_a_denial_ends_its_clause_itself() -> None:
    rule = DENIED | {"closing": None}
    for text, cue in (("最好,是假的", "是假的"), ("最好,是假的啊", None), ("最好,是假的,人", "是假的")):
        applied = try_context(rule_of(**rule), window_of(text), place_of(text)).applied
        assert (None if applied is None else applied.cue) == cue


def test_where_a_clause_begins_and_ends() -> None:
    window = window_of("一二,三四。五")
    assert [clause_start(window, at) for at in (0, 1, 2, 3, 4, 6)] == [0, 0, 0, 3, 3, 6]
    assert [clause_end(window, at) for at in (0, 2, 3, 5, 6)] == [2, 2, 5, 5, 7]


def test_triggers_are_those_that_nothing_longer_covers() -> None:
    window = window_of("不骗人的,骗人的")
    assert triggers_of(window, "denial", "not_denial") == [(5, 8)]
    assert triggers_of(window, "denial", None) == [(1, 4), (5, 8)]
    assert triggers_of(window, "denial", "denial") == [(1, 4), (5, 8)]
    assert spans_of(window, None) == ()
    assert spans_of(window, "not_denial|denial") == ((0, 4), (1, 4), (5, 8))
    assert spans_of(window_of("抹没的,抹"), "@by_use") == ((0, 1), (4, 5))
    assert concepts_of("a|@b") == ["cue:a", "b"]


@pytest.mark.parametrize(
    ("changes", "protected", "critical", "own_clause", "effect"),
    [
        ({}, False, True, False, Effect.CLEARS),
        ({"mitigates": True}, False, False, True, Effect.LOWERS),
        ({}, True, False, True, Effect.NOTHING),
        ({"on_protected": True}, True, False, False, Effect.CLEARS),
        ({"on_protected": True}, True, True, True, Effect.LOWERS),
        ({"on_protected": True, "denies": True}, True, True, False, Effect.LOWERS),
        ({"on_protected": True, "denies": True}, True, True, True, Effect.CLEARS),
    ],
)
def test_what_a_context_may_do_to_a_claim(
    changes: dict[str, bool], protected: bool, critical: bool, own_clause: bool, effect: Effect
) -> None:
    rule = rule_of(direction="forward", trigger="negation", **changes)
    applied = Applied("不是", own_clause)
    assert effect_of(rule, applied, protected=protected, critical=critical) is effect
    assert effect_of(rule, None, protected=protected, critical=critical) is Effect.NOTHING


ANYWHERE = {"anywhere": True, "always": True}


def standing(text: str, start: int = 0, end: int | None = None, **rule: Any) -> str | None:
    """What of a context that counts anywhere is told of the text; None where it does not hold."""
    given = rule_of(**(ANYWHERE | rule))
    policy = cast(Policy, SimpleNamespace(context=SimpleNamespace(exemptions=[given]), messages=MESSAGES))
    file = cast(ClassFile, SimpleNamespace(drop_exemptions=(), exemptions=()))
    (trial,) = trials_anywhere(window_of(text), start, len(text) if end is None else end, file, policy)
    assert trial.id == "tried"
    if not trial.applies:
        assert trial.why == f"{MESSAGES.no_cue.both(name='因为')}: because"
        return None
    head, _, cue = trial.why.partition(": ")
    assert head == "因为 because"
    return cue


@pytest.mark.parametrize(
    ("text", "rule", "cue"),
    [
        pytest.param("都比如最好", {"trigger": "marker"}, "比如", id="a word"),
        pytest.param("都最好", {"trigger": "marker"}, None, id="none"),
        pytest.param("不用说比如", {"trigger": "marker"}, None, id="right behind words that say it is needless"),
        pytest.param("不用说一比如", {"trigger": "marker"}, None, id="one character behind them"),
        pytest.param("不用说一二比如", {"trigger": "marker"}, None, id="two characters behind them"),
        pytest.param("不用说一二三比如", {"trigger": "marker"}, "比如", id="three characters behind them"),
        pytest.param("是假的啊", {"trigger": "denial", "closing": "closing"}, "是假的", id="closes its clause"),
        pytest.param("是假的人", {"trigger": "denial", "closing": "closing"}, None, id="its clause goes on"),
        pytest.param("我们是假的", {"trigger": "denial", "through_after": "light"}, "是假的", id="behind light words"),
        pytest.param("大家是假的", {"trigger": "denial", "through_after": "light"}, None, id="behind others"),
        pytest.param("不能讲", {"trigger": "saying", "denies": True}, None, id="words about saying deny nothing"),
        pytest.param("不能讲", {"trigger": "saying"}, "不能讲", id="unless no denial is meant"),
    ],
)
def test_a_context_that_counts_anywhere(text: str, rule: dict[str, Any], cue: str | None) -> None:
    assert standing(text, direction="forward", **rule) == cue


def test_what_counts_anywhere_counts_within_the_passage_alone() -> None:
    text = "比如,最好,比如"
    assert standing(text, 3, 5, direction="forward", trigger="marker") is None
    assert standing(text, 0, 2, direction="forward", trigger="marker") == "比如"
    assert standing(text, 0, 1, direction="forward", trigger="marker") is None
    assert standing(text, 1, 7, direction="forward", trigger="marker") is None
    assert standing(text, 1, 8, direction="forward", trigger="marker") == "比如"


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("比如最好是假的", "比如 … 是假的"),
        ("是假的比如", None),
        ("比如最好", None),
        ("是假的", None),
        ("比如是假的", "比如 … 是假的"),
    ],
)
def test_a_pair_stands_anywhere_in_its_order(text: str, cue: str | None) -> None:
    assert standing(text, direction="pair", trigger="marker", trigger_after="denial") == cue


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("最好?没有", "没有"),
        ("最好吗,没有", "没有"),
        ("最好不,没有啊", "没有"),
        ("最好?!没有", "没有"),
        ("一二最好吗,,没有", "没有"),
        ("最好,没有", None),
        ("最好?能", None),
        ("没有,最好?", None),
    ],
)
def test_a_question_that_is_answered_no(text: str, cue: str | None) -> None:
    assert standing(text, direction="asked", trigger="hedge") == cue


def test_which_contexts_are_tried_anywhere() -> None:
    rules = [
        rule_of(direction="forward", trigger="marker", **flags).model_copy(update={"id": name})
        for name, flags in (
            ("always", ANYWHERE),
            ("dropped", ANYWHERE),
            ("of_class", {"anywhere": True}),
            ("of_another", {"anywhere": True}),
            ("placed", {"always": True}),
            ("last", ANYWHERE),
        )
    ]
    policy = cast(Policy, SimpleNamespace(context=SimpleNamespace(exemptions=rules), messages=MESSAGES))
    file = cast(ClassFile, SimpleNamespace(drop_exemptions=("dropped",), exemptions=("of_class",)))
    window = window_of("比如最好")
    assert [trial.id for trial in trials_anywhere(window, 0, 4, file, policy)] == ["always", "of_class", "last"]


ASKED = {"direction": "asked", "trigger": "asking", "pseudo": "not_asking", "revoked_by": "rhetorical"}


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        pytest.param("是不是最好", "是不是", id="a word of asking before it"),
        pytest.param("它是不是最好", "是不是", id="a word of asking in its clause"),
        pytest.param("是不是,最好", None, id="a word of asking in another clause"),
        pytest.param("是不是说的最好", None, id="a word that only looks like asking"),
        pytest.param("最是不是好", "是不是", id="a verb said and denied within the claim"),
        pytest.param("最贵多少好", None, id="a word of amounts within the claim"),
        pytest.param("最好?", "?", id="a question mark"),
        pytest.param("最好吗", "吗", id="a particle at once"),
        pytest.param("最好的吗", "吗", id="a particle that closes the clause"),
        pytest.param("最好的没有", None, id="a negation that closes it, behind no verb"),
        pytest.param("它有最好的没有", "没有", id="a negation that closes it, behind a verb"),
        pytest.param("有最好的没有", "没有", id="a negation that closes it, behind a verb that opens it"),
        pytest.param("最好没有", "没有", id="a negation right behind the claim"),
        pytest.param("最好不最好", "不", id="said and denied"),
        pytest.param("好最好", None, id="said twice"),
        pytest.param("最好不贵", None, id="what follows the negation is another word"),
        pytest.param("最好不好", "不", id="its last character alone is denied"),
        pytest.param("最好不是最差", None, id="it goes on with what it is not"),
        pytest.param("最好不是啊", "不是啊", id="it goes on, and ends there: it asks"),
        pytest.param("最好吗,能", None, id="answered yes"),
        pytest.param("最好吗,不能", "吗", id="answered no"),
        pytest.param("难道是不是最好", None, id="it asserts by asking"),
        pytest.param("谁说不最好?", None, id="who says that it is not"),
        pytest.param("谁说最好?不", "?", id="a negation behind the claim"),
        pytest.param("谁说最好?", "?", id="who says so"),
        pytest.param("谁说,不最好?", "?", id="who says, in another clause"),
        pytest.param("不谁说最好?", "?", id="a negation before who says"),
        pytest.param("最好", None, id="nothing asks"),
    ],
)
def test_what_is_only_asked(text: str, cue: str | None) -> None:
    start = text.index("最")
    end = text.index("好", start) + 1
    place = Place(start, end, ((start, end),))
    applied = try_context(rule_of(**ASKED), window_of(text), place).applied
    assert (None if applied is None else applied.cue) == cue

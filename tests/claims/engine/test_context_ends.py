"""Where the words of a context begin, end and overlap: each by its own word, beside the claim and between its words."""

from typing import Any

import pytest

from claims.engine.context import Place, try_context
from claims.engine.context.status import before
from claims.engine.context.supposition import supposed
from tests.claims.engine.contexts import rule_of, window_with
from tests.claims.engine.test_context_reach import ASKED, CUES, DENIED, SUPPOSED, place_of, standing, window_of


def cue(text: str, place: Place, **rule: Any) -> str | None:
    """The words by which a context holds; None where it does not."""
    applied = try_context(rule_of(**rule), window_of(text), place).applied
    return None if applied is None else applied.cue


def test_a_negation_that_the_claim_ends_with_is_none_of_the_denial_behind_it() -> None:
    text = "最好没有这种话我不讲"
    assert cue(text, Place(0, 4, ((0, 2), (2, 4))), **DENIED) == "不"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("是最好不是最差", None),
        ("是最好不是", "不"),
        ("是最好不是啊", "不"),
        ("是最好不是最差不是", None),
    ],
)
def test_what_goes_on_with_what_it_is_not_asks_nothing(text: str, wanted: str | None) -> None:
    assert cue(text, Place(0, 3, ((0, 3),)), **ASKED) == wanted


@pytest.mark.parametrize(("text", "wanted"), [("能最好的不能", "不能"), ("最好的不能", None)])
def test_the_verb_of_a_negation_that_asks_stands_before_it(text: str, wanted: str | None) -> None:
    window = window_with(text, CUES | {"asked_verb": ("能",), "asks_by_negation": ("不能",)})
    applied = try_context(rule_of(**ASKED), window, place_of(text)).applied
    assert (None if applied is None else applied.cue) == wanted


@pytest.mark.parametrize(("text", "wanted"), [("讲最好,大家听着,是假的", "是假的"), ("讲。最好,大家听着,是假的", None)])
def test_what_others_said_last_before_a_full_stop_is_of_that_sentence(text: str, wanted: str | None) -> None:
    applied = try_context(rule_of(**DENIED), window_with(text, CUES | {"reported": ("讲",)}), place_of(text)).applied
    assert (None if applied is None else applied.cue) == wanted


@pytest.mark.parametrize(
    ("text", "claim", "wanted"),
    [
        pytest.param("它多少最好", "多少最好", "多少", id="with which it begins"),
        pytest.param("它多少最好", "少最好", "多少", id="which reaches into it"),
        pytest.param("它最多少好", "最多少好", None, id="which stands within it"),
    ],
)
def test_a_word_of_asking_may_end_within_the_first_words_of_a_claim(text: str, claim: str, wanted: str | None) -> None:
    assert cue(text, place_of(text, claim), **ASKED) == wanted


def test_what_a_claim_shares_with_a_word_that_only_looks_like_a_context_counts_as_nothing() -> None:
    rule = {"direction": "overlap", "trigger": "negator", "pseudo": "not_negator"}
    assert cue("它不贵", Place(1, 3, ((1, 3),)), **rule) == "不"
    assert cue("它不错", Place(1, 3, ((1, 3),)), **rule) is None


@pytest.mark.parametrize(
    ("text", "start", "wanted"),
    [
        pytest.param("最好?,没有", 0, "没有", id="the question stands in the passage"),
        pytest.param("最好?,没有", 3, None, id="it ended before the passage began"),
        pytest.param(",没有", 0, None, id="there was none"),
    ],
)
def test_an_answer_is_of_a_question_in_its_passage(text: str, start: int, wanted: str | None) -> None:
    assert standing(text, start, direction="asked", trigger="hedge") == wanted


def test_the_words_of_a_pair_follow_each_other_and_look_like_nothing_else() -> None:
    pair: dict[str, Any] = {"direction": "pair", "trigger": "reported", "trigger_after": "own_report"}
    assert standing("没有人说", **pair) is None
    assert standing("人说没有人说", **pair) == "人说 … 没有人说"
    assert standing("没有人说,是假的", direction="pair", trigger="reported", trigger_after="denial") is not None
    covered: dict[str, Any] = {
        "direction": "pair",
        "trigger": "reported",
        "trigger_after": "denial",
        "pseudo": "own_report",
    }
    assert standing("没有人说,是假的", **covered) is None
    assert standing("有人说,是假的", **covered) == "人说 … 是假的"


INSIDE = {"direction": "forward", "trigger": "negation", "inside": True}


@pytest.mark.parametrize(
    ("text", "rule", "wanted"),
    [
        pytest.param("最没有好", {}, "没有", id="between the claim's words"),
        pytest.param("最没有好,大家买", {}, "没有", id="a pause behind the claim parts nothing"),
        pytest.param("最没有,好", {}, None, id="a pause before its next word"),
        pytest.param("最没有好", {"inside": False}, None, id="of a context that stands before the claim alone"),
        pytest.param("最没有我们好", {"through": "light"}, "没有", id="words that let it through to the next word"),
        pytest.param("最没有大家好", {"through": "light"}, None, id="words that do not"),
        pytest.param("最没有好我们", {"through": "light"}, "没有", id="at once the next word"),
    ],
)
def test_what_stands_between_the_words_of_a_claim(text: str, rule: dict[str, Any], wanted: str | None) -> None:
    assert cue(text, place_of(text, "最", "好"), **INSIDE | rule) == wanted


def test_what_stands_behind_the_last_word_of_a_claim_and_in_it() -> None:
    assert cue("最没有好,大家买", Place(0, 4, ((0, 1),)), **INSIDE) == "没有"
    assert cue("最没有我们,大家买", Place(0, 5, ((0, 1),)), **INSIDE, through="light") == "没有"
    assert cue("最没有大家,大家买", Place(0, 5, ((0, 1),)), **INSIDE, through="light") is None


@pytest.mark.parametrize(("text", "wanted"), [("不是最好", "不是"), ("不是最好吗", None), ("不是最好?", None)])
def test_a_negation_in_a_question_is_one_of_manner(text: str, wanted: str | None) -> None:
    assert cue(text, place_of(text), direction="forward", trigger="negation", not_asked=True) == wanted


def test_a_word_within_a_claim_that_has_no_words_of_its_own() -> None:
    either = {"direction": "either", "trigger": "negation"}
    assert cue("没有最好", Place(0, 4, ()), **either) == "没有"
    assert cue("最好没有", Place(0, 4, ()), **either) == "没有"
    assert cue("没有最好", Place(0, 4, ((0, 4),)), **either) is None


@pytest.mark.parametrize("direction", ["either", "forward"])
def test_words_of_the_claim_itself_that_void_a_context(direction: str) -> None:
    rule = {"direction": direction, "trigger": "hedge", "excluded_by": "marker", "reach": 4}
    for text, held in (("也许比如最好", False), ("也许最好比如", False), ("也许最比如好", False), ("也许最好", True)):
        claim = text.removeprefix("也许")
        place = Place(2, 2 + len(claim), ((2, 2 + len(claim)),))
        assert (cue(text, place, **rule) is not None) is held
    beside = "也许比如最好"
    assert cue(beside, Place(4, 6, ((4, 6),)), **rule) == "也许"


def test_a_context_of_the_clause_may_end_it() -> None:
    for text in ("也许最好", "最好也许", "最好也许,大家买"):
        assert cue(text, place_of(text), direction="clause", trigger="hedge") == "也许"


def test_a_denial_may_stand_between_the_clauses_of_a_claim() -> None:
    text = "最好,是假的,最大"
    place = place_of(text, "最好", "最大")
    assert cue(text, place, **BEHIND, denies=True) == "是假的"
    assert cue(text, place, **BEHIND) is None


def test_of_negators_of_which_one_holds_another_the_longer_counts_once() -> None:
    for text, negators in (("最好,并没有", ("并没有", "没有")), ("最好,没有不", ("没有不", "不"))):
        window = window_with(text, CUES | {"negator": negators, "not_denied": ()})
        applied = try_context(rule_of(**DENIED), window, place_of(text)).applied
        assert applied is not None
        assert applied.cue == negators[0]


@pytest.mark.parametrize(("scope", "held"), [("sentence", True), ("clause", False)])
def test_a_condition_reaches_over_a_comma_where_its_context_does(scope: str, held: bool) -> None:
    text = "要是就它,最好,那大家买"
    found = supposed(rule_of(**SUPPOSED | {"scope": scope}), window_of(text), place_of(text))
    assert found == ((0, 2) if held else None)


def test_a_context_of_the_clause_has_words_that_only_look_like_it() -> None:
    rule = {"direction": "clause", "trigger": "negator", "pseudo": "not_negator"}
    assert cue("最好不错", place_of("最好不错"), **rule) is None
    assert cue("最好不买", place_of("最好不买"), **rule) == "不"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("也许最好也许", {}, id="one behind the claim"),
        pytest.param("也许我们也许最好", {"starts_clause": True}, id="one that does not begin its clause"),
        pytest.param("也许我们也许最好", {"denies": True, "trigger": "hedge|light"}, id="one that another denies"),
        pytest.param("也许什么也许最好", {"contains": "light"}, id="one without the words that it needs"),
    ],
)
def test_before_a_claim_one_that_does_not_hold_leaves_it_to_the_farther(text: str, rule: dict[str, Any]) -> None:
    given = {"direction": "forward", "trigger": "hedge", "reach": 9} | rule
    assert before(rule_of(**given), window_of(text), place_of(text)) == (0, 2)


def test_of_a_word_within_a_longer_one_that_is_out_of_reach_the_longer_counts() -> None:
    text = "大概也许是最好"
    window = window_with(text, {"hedge": ("大概也许是", "也许")})
    for narrow in ({"reach": 0}, {"reach": 9, "through": "light"}):
        rule = rule_of(direction="forward", trigger="hedge", **narrow)
        assert before(rule, window, place_of(text)) == (0, 5)


def test_what_parts_a_word_from_the_claim_may_stand_within_a_longer_word() -> None:
    text = "隔壁同行抄我们家的最好"
    rule = rule_of(direction="forward", trigger="another_seller", terminator="own_goods", reach=9)
    cues = {"another_seller": ("隔壁同行抄我们家的", "同行"), "own_goods": ("我们家",)}
    assert before(rule, window_with(text, cues), place_of(text)) == (0, 9)
    assert before(rule, window_with(text, cues | {"another_seller": ("同行",)}), place_of(text)) is None


BEHIND = {"direction": "backward", "trigger": "denial", "scope": "sentence", "reach": 9}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("最好,我们是假的", "是假的", id="the next clause, of those words alone"),
        pytest.param("最好一,我们是假的", "是假的", id="the rest of the claim's clause counts as nothing"),
        pytest.param("最好,我们,是假的", None, id="a clause further on"),
        pytest.param("最好,大家是假的", None, id="the clause says something else"),
        pytest.param("最好,X,是假的", None, id="a letter is a clause between"),
    ],
)
def test_a_clause_that_says_nothing_else(text: str, wanted: str | None) -> None:
    assert cue(text, place_of(text), **BEHIND, bare_clause=True, through_after="light") == wanted


def test_the_second_word_of_a_pair_may_stand_a_clause_further_on() -> None:
    text = "人说最好,大家,我们是假的"
    bare = BEHIND | {"bare_clause": True, "through_after": "light"}
    pair = bare | {"direction": "pair", "trigger": "reported", "trigger_after": "denial", "reach_after": 9}
    assert cue(text, place_of(text), **pair) == "人说 … 是假的"
    assert cue(text, place_of(text), **bare) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("最好,这种话是假的", "是假的"),
        ("最好这种话是假的", "是假的"),
        ("这种话最好是假的", None),
        ("最好,是假的,这种话", None),
        ("最好是假的", None),
    ],
)
def test_words_that_point_back_stand_between_claim_and_trigger(text: str, wanted: str | None) -> None:
    assert cue(text, place_of(text), **BEHIND, refers="referring") == wanted


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("是假的最好骗人的", {}, id="one before the claim"),
        pytest.param("最好是假的,这种话骗人的", {"refers": "referring"}, id="one that nothing leads back from"),
        pytest.param("最好我们大家是假的这骗人的", {"refers": "bare", "through_after": "light"}, id="one not led to"),
        pytest.param("最好是假的人骗人的", {"closing": "closing"}, id="one whose clause goes on"),
        pytest.param("最好是假的没想到" + "一" * 20 + "骗人的", {"turned_by": "turned", "reach": 40}, id="turned"),
    ],
)
def test_behind_a_claim_one_that_does_not_hold_leaves_it_to_the_next(text: str, rule: dict[str, Any]) -> None:
    assert cue(text, place_of(text), **BEHIND | rule) == "骗人的"


@pytest.mark.parametrize(("between", "wanted"), [(23, None), (24, "是假的")])
def test_how_far_behind_a_denial_it_may_be_taken_back(between: int, wanted: str | None) -> None:
    text = "最好是假的," + "一" * between + "没想到"
    assert cue(text, place_of(text), **BEHIND, turned_by="turned") == wanted


@pytest.mark.parametrize(
    ("text", "rule", "wanted"),
    [
        pytest.param("也许,最好", {}, None, id="another clause"),
        pytest.param("也许,最好", {"scope": "sentence"}, "也许", id="another clause, of a context that crosses commas"),
        pytest.param("也许。最好", {"scope": "sentence"}, None, id="another sentence"),
        pytest.param("也许什么最好", {"contains": "light"}, "也许", id="words that it needs, up to the claim"),
        pytest.param("也许什么这最好", {"contains": "light"}, "也许", id="words that it needs, at once"),
        pytest.param("什么也许这最好", {"contains": "light"}, None, id="before it they do not count"),
        pytest.param("也许这最好什么", {"contains": "light"}, None, id="nor behind the claim"),
        pytest.param("也许,什么最好", {"scope": "sentence", "through": "light"}, "也许", id="through a comma"),
        pytest.param("也许,大家最好", {"scope": "sentence", "through": "light"}, None, id="through no others"),
        pytest.param("也许而是最好", {"terminator": "barrier"}, None, id="parted from it"),
        pytest.param("而是也许最好", {"terminator": "barrier"}, "也许", id="parted before it"),
    ],
)
def test_what_leads_from_a_word_to_the_claim(text: str, rule: dict[str, Any], wanted: str | None) -> None:
    forward = {"direction": "forward", "trigger": "hedge", "reach": 6}
    assert cue(text, place_of(text), **forward | rule) == wanted


@pytest.mark.parametrize(
    ("text", "first"),
    [
        pytest.param("要是人说要是你最好,大家买", True, id="the nearer one is about the viewer"),
        pytest.param("要是下雨,那我得要是最好", True, id="nothing follows from the nearer one"),
        pytest.param("要是下雨,那我得要是最好一二,我赔", True, id="something is staked on the nearer one"),
        pytest.param("要是下雨,要是最好,大家要是买", False, id="one behind the claim"),
    ],
)
def test_of_two_conditions_one_that_does_not_hold_leaves_it_to_the_other(text: str, first: bool) -> None:
    found = supposed(rule_of(**SUPPOSED | {"reach": 6}), window_of(text), place_of(text))
    start = 0 if first else text.index("要是", 1)
    assert found == (start, start + 2)

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.engine.checkers.base import Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.judged import Judged
from claims.engine.merge import merge
from claims.policy.policy import Policy
from claims.types import ExemptionTrial

EXEMPT = ExemptionTrial(id="negated", applies=True, why="said no")


def judged(
    class_id: str,
    start: int,
    end: int,
    *,
    score: float = 0.8,
    judgement: Judgement | None = None,
    exempt: bool = False,
    lowered: bool = False,
) -> Judged:
    return Judged(
        class_id=class_id,
        rule_name=f"{class_id}.rule",
        start=start,
        end=end,
        judgement=judgement or unsupported("needs proof"),
        trials=(EXEMPT,) if exempt else (),
        steps=(),
        score=0.0 if exempt else min(score, 0.59) if lowered else score,
        flag_at=0.6,
        candidate=None,
        cleared_by=("negated",) if exempt else (),
        lowered_by=("asked",) if lowered else (),
    )


def pair(policy: Policy) -> tuple[str, str]:
    """A class and one that it supersedes."""
    return next((c, f.supersedes[0]) for c, f in sorted(policy.class_files.items()) if f.supersedes)


def strangers(policy: Policy) -> tuple[str, str]:
    """Two classes of which neither supersedes the other."""
    files = policy.class_files
    return next(
        (a, b)
        for a, b in itertools.combinations(sorted(files), 2)
        if a not in files[b].supersedes and b not in files[a].supersedes
    )


def test_the_class_that_knows_better_decides(policy: Policy) -> None:
    better, weaker = pair(policy)
    stronger_words = judged(weaker, 0, 8, score=0.95)
    assert [j.class_id for j in merge([stronger_words, judged(better, 4, 10, score=0.7)], policy)] == [better]
    apart = merge([stronger_words, judged(better, 40, 50, score=0.7)], policy)
    assert [j.class_id for j in apart] == [weaker, better]


def test_what_the_better_class_supports_clears_the_weaker(policy: Policy) -> None:
    better, weaker = pair(policy)
    fine = judged(better, 0, 8, judgement=supported("registered"))
    assert [j.class_id for j in merge([judged(weaker, 2, 6), fine], policy)] == [better]


def test_an_exempt_claim_of_the_better_class_clears_nothing(policy: Policy) -> None:
    better, weaker = pair(policy)
    found = merge([judged(weaker, 2, 6), judged(better, 0, 8, exempt=True)], policy)
    assert weaker in [j.class_id for j in found]


def test_at_one_place_the_higher_score_stands(policy: Policy) -> None:
    one, other = strangers(policy)
    assert [j.class_id for j in merge([judged(one, 0, 5, score=0.7), judged(other, 3, 9)], policy)] == [other]


def test_different_assertions_in_a_sentence_stand_side_by_side(policy: Policy) -> None:
    one, other = strangers(policy)
    assert len(merge([judged(one, 0, 5), judged(other, 5, 9)], policy)) == 2


@pytest.mark.parametrize(("start", "count"), [(3, 1), (9, 1), (30, 2)], ids=["overlapping", "close by", "far apart"])
def test_a_class_says_a_thing_once(policy: Policy, start: int, count: int) -> None:
    one, _ = strangers(policy)
    assert len(merge([judged(one, 0, 5), judged(one, start, start + 5)], policy)) == count


def test_two_wrong_numbers_are_two_findings(policy: Policy) -> None:
    def number(start: int, claimed: str, path: str) -> Judged:
        wrong = contradicted("differs", registered="5 g", path=path, claimed=claimed)
        return judged("SPEC_PARAM", start, start + 3, judgement=wrong)

    assert len(merge([number(0, "1 g", "a"), number(4, "2 g", "a")], policy)) == 2
    assert len(merge([number(0, "1 g", "a"), number(4, "1 g", "b")], policy)) == 2
    assert len(merge([number(0, "1 g", "a"), number(4, "1 g", "a")], policy)) == 1


def test_what_is_out_of_scope_is_no_claim(policy: Policy) -> None:
    one, _ = strangers(policy)
    assert merge([judged(one, 0, 5, judgement=out_of_scope("elsewhere"))], policy) == []


def test_a_harmless_saying_hides_no_claim_elsewhere(policy: Policy) -> None:
    one, _ = strangers(policy)
    found = merge([judged(one, 0, 5, exempt=True), judged(one, 20, 25)], policy)
    assert [j.exempt for j in found] == [True, False]


spans = st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda s: (s[0], s[0] + s[1]))
claims = st.lists(
    st.tuples(spans, st.integers(0, 5), st.integers(300, 900), st.booleans()), max_size=6, unique_by=lambda c: c[2]
)


@given(claims, st.data())
@settings(max_examples=200, deadline=None)
def test_the_order_of_recognition_changes_nothing(
    policy: Policy, drawn: list[tuple[tuple[int, int], int, int, bool]], data: st.DataObject
) -> None:
    classes = sorted(policy.class_files)[:6]
    claimed = [judged(classes[c], *span, score=score / 1000, exempt=exempt) for span, c, score, exempt in drawn]
    found = merge(claimed, policy)
    assert all(j in claimed for j in found)
    assert [(j.start, j.end) for j in found] == sorted((j.start, j.end) for j in found)
    harmful = [j for j in found if not j.harmless]
    shuffled = merge(data.draw(st.permutations(claimed)), policy)
    assert [j for j in shuffled if not j.harmless] == harmful
    if claimed and not any(j.harmless for j in claimed):
        assert harmful


def test_what_was_cleared_or_lowered_displaces_nothing_that_stands(policy: Policy) -> None:
    better, weaker = pair(policy)
    flagged = judged(weaker, 0, 8)
    for other in (judged(better, 0, 8, exempt=True), judged(better, 0, 8, lowered=True)):
        standing = merge([flagged, other], policy)
        assert flagged in standing, other


def test_a_lowered_claim_gives_way_to_the_class_that_knows_better(policy: Policy) -> None:
    better, weaker = pair(policy)
    assert [j.class_id for j in merge([judged(weaker, 0, 8, lowered=True), judged(better, 0, 8)], policy)] == [better]

"""Where the reader has a say in a score, what it says of the claim's own class, and where it changes nothing."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace

import pytest

from claims.classifier.calibration import odds_of
from claims.classifier.reading import Reading
from claims.engine.checkers.base import Candidate, Judgement, contradicted, out_of_scope, supported, unsupported
from claims.engine.conversation import ClaimEngine
from claims.engine.judged import Judged
from claims.engine.scoring import is_scored
from claims.passports.passport import Passport
from claims.policy.match import PatternMatch
from claims.policy.pattern import Pattern
from claims.policy.policy import CompiledRule, Policy
from claims.policy.schema import Rule
from claims.types import Disposition, Doubt, Finding, Passage
from tests.claims.engine.test_score_steps import READS, TALK, findings, told
from tests.claims.support import AT, HONEY, Says

Load = Callable[..., tuple[Passport, ...]]
SUPERLATIVE = "这是全网最好的蜂蜜"
MARKET = "ABS_SUPERLATIVE.market_superlative"
# Of words, and of records: as the policy has these classes.
WORDS, RECORDS = "SAFETY_ABSOLUTE", "SPEC_PARAM"
UNPROVEN = unsupported("nothing is registered")
BELIED = contradicted("another value is registered", registered="1", path="a")


class Shares(Says):
    """A reader that sees a breach of several classes."""

    def __init__(self, breach: float, *classes: tuple[str, float]) -> None:
        super().__init__(breach)
        self._shares = classes

    def read(self, text: str, goods: str) -> Reading:
        return Reading(breach=self._breach, classes=self._shares)


def claim(class_id: str, judgement: Judgement, *, recorded: bool | None = None, score: float = 0.8) -> Judged:
    rule = CompiledRule(class_id, Rule(id="r", score=0.8, patterns=(), recorded=recorded), (), ())
    pattern = Pattern(source="", elements=(), literals=(), required=())
    match = PatternMatch(pattern=pattern, start=0, end=4, slots=())
    return Judged(
        class_id=class_id,
        rule_name=f"{class_id}.r",
        start=0,
        end=4,
        judgement=judgement,
        trials=(),
        steps=(),
        score=score,
        flag_at=0.6,
        candidate=Candidate(rule=rule, match=match, start=0, end=4),
    )


@pytest.mark.parametrize(
    ("one", "weighed"),
    [
        pytest.param(claim(WORDS, UNPROVEN), True, id="words decide"),
        pytest.param(replace(claim(WORDS, UNPROVEN), candidate=None), True, id="words decide what none found"),
        pytest.param(claim(RECORDS, UNPROVEN), False, id="a record decides"),
        pytest.param(replace(claim(RECORDS, UNPROVEN), candidate=None), False, id="a record decides what none found"),
        pytest.param(claim(WORDS, UNPROVEN, recorded=True), False, id="the detector's own: a record"),
        pytest.param(claim(RECORDS, UNPROVEN, recorded=False), True, id="the detector's own: words"),
        pytest.param(claim(WORDS, BELIED), False, id="a registered value says otherwise"),
        pytest.param(claim(RECORDS, BELIED, recorded=False), False, id="it does, whatever the detector says"),
        pytest.param(claim(WORDS, supported("as registered")), False, id="it is as registered"),
        pytest.param(claim(WORDS, out_of_scope("not this")), False, id="nothing to decide"),
        pytest.param(replace(claim(WORDS, UNPROVEN), cleared_by=("denied",)), False, id="it was denied"),
        pytest.param(claim(WORDS, unsupported("filed", note_only=True)), False, id="never more than a note"),
        pytest.param(claim(WORDS, UNPROVEN, score=0.0), False, id="nothing is kept of it"),
        pytest.param(claim(WORDS, UNPROVEN, score=0.01), True, id="however little is kept"),
    ],
)
def test_the_reader_has_a_say_where_words_decide_and_it_could_be_flagged(
    one: Judged, weighed: bool, policy: Policy
) -> None:
    assert is_scored(one, policy) is weighed


def shares_told(finding: Finding) -> list[str]:
    return [step for step, _ in told(finding) if step.startswith("of classes that hold for these goods")]


def test_a_reading_of_other_classes_lowers_the_share_to_nothing(policy: Policy, load: Load) -> None:
    found = findings(policy, load(HONEY), Says(5.0, "SPEC_PARAM"), SUPERLATIVE)[MARKET]
    assert shares_told(found) == ["of classes that hold for these goods 0.00"]


def test_the_claims_own_class_counts_though_it_holds_for_the_goods_by_that_detector_alone(
    policy: Policy, load: Load
) -> None:
    rule = "INFANT_BREASTMILK.like_breast_milk"
    reader = Shares(5.0, ("SPEC_PARAM", 0.2), ("INFANT_BREASTMILK", 0.75))
    found = findings(policy, load(HONEY), reader, "这个蜂蜜跟母乳没有任何区别")[rule]
    assert shares_told(found) == ["of classes that hold for these goods 0.75"]
    unlikely = Shares(-1.0, ("SPEC_PARAM", 0.2), ("INFANT_BREASTMILK", 0.25))
    found = findings(policy, load(HONEY), unlikely, "这个蜂蜜跟母乳没有任何区别")[rule]
    assert told(found)[-4:-1] == [
        (f"{READS} 0.27", 0.499),
        ("of classes that hold for these goods 0.25", 0.332),
        ("flagged from 0.54 on: the budget is 7 false alarms in an hour of talk", 0.332),
    ]


def test_a_finding_names_the_other_classes_that_were_thought_of(policy: Policy, load: Load) -> None:
    mixed = Shares(5.0, ("SPEC_PARAM", 0.4), ("DISEASE_FOOD", 0.35), ("ABS_SUPERLATIVE", 0.25))
    found = findings(policy, load(HONEY), mixed, SUPERLATIVE)[MARKET]
    assert found.proposed == ("DISEASE_FOOD",)
    assert found.score == told(found)[-1][1] == 0.996


def test_all_that_makes_it_a_note_at_most_is_told(policy: Policy, load: Load) -> None:
    said = "喝了它糖尿病就好了吗,说错了,更正一下"
    found = findings(policy, load(HONEY), Says(5.0), said)["DISEASE_FOOD.gone"]
    assert [step for step in told(found) if step[0].startswith("a note")] == [
        ("a note at most: asked, corrected", 0.59),
        ("a note at most: asked, corrected", 0.533),
    ]


def test_a_reading_that_is_as_sure_as_the_detector_takes_nothing_back(policy: Policy, load: Load) -> None:
    found = findings(policy, load(HONEY), Says(0.8673), SUPERLATIVE)[MARKET]
    assert (found.score, found.disposition) == (0.85, Disposition.FLAG)
    assert [step for step, _ in told(found)][:4] == ["pattern", TALK, "a detector that scores 0.85", f"{READS} 0.70"]
    assert told(found)[-1] == ("flagged from 0.54 on: the budget is 7 false alarms in an hour of talk", 0.85)


def test_what_is_read_is_flagged_from_the_bar_of_its_budget_not_from_the_policys(policy: Policy, load: Load) -> None:
    weak, rule = "我们家维e是唯一带这个配方的", "ABS_SUPERLATIVE.the_only"
    alone = findings(policy, load(HONEY), None, weak)[rule]
    for wanted, score in ((Disposition.FLAG, 0.57), (Disposition.NOTE, 0.53)):
        reader = Says(odds_of(score) - 0.5 * odds_of(alone.score), "ABS_SUPERLATIVE")
        found = findings(policy, load(HONEY), reader, weak)[rule]
        assert found.score == pytest.approx(score, abs=0.002)
        assert score < policy.settings.flag_at
        assert found.disposition is wanted


def test_what_is_likeliest_of_a_class_for_records_is_a_note_at_most(policy: Policy, load: Load) -> None:
    mixed = Shares(5.0, ("SPEC_PARAM", 0.4), ("DISEASE_FOOD", 0.35), ("ABS_SUPERLATIVE", 0.25))
    found = findings(policy, load(HONEY), mixed, "用完这个都把床位退了")["DISEASE_FOOD.semantic"]
    assert found.disposition is Disposition.NOTE
    assert told(found)[-1] == ("likeliest of what a record decides: a note at most", 0.533)
    first = Shares(5.0, ("DISEASE_FOOD", 0.4), ("SPEC_PARAM", 0.35), ("ABS_SUPERLATIVE", 0.25))
    found = findings(policy, load(HONEY), first, "用完这个都把床位退了")["DISEASE_FOOD.semantic"]
    assert found.disposition is Disposition.FLAG


def reader_alone(policy: Policy, load: Load, breach: float, *doubts: Doubt, per_hour: float = 8.0) -> Finding:
    """What the reader finds in a passage of twenty characters that was heard with these doubts."""
    budget = copy(policy)
    budget.settings = policy.settings.model_copy(update={"false_alarms_per_hour": per_hour})
    conversation = ClaimEngine(budget, load(HONEY), at=AT, reader=Says(breach)).conversation("s1")
    text = "用完这个都把床位退了大家放心买放心吃都可"
    assert len(text) == 20
    said = Passage(stream_id="s1", id="u1", start_ms=0, end_ms=3600, text=text, product_id="P-2", doubts=doubts)
    conversation.hear(said)
    conversation.flush()
    (found,) = conversation.findings
    return found


@pytest.mark.parametrize(
    ("unsure", "disposition"), [(2, Disposition.FLAG), (3, Disposition.NOTE), (4, Disposition.NOTE)]
)
def test_so_much_of_a_passage_in_doubt_holds_the_reader_back(
    unsure: int, disposition: Disposition, policy: Policy, load: Load
) -> None:
    assert policy.scores.too_doubtful_passage == 3 / 20
    doubt = Doubt(start=0, end=unsure, alternatives=("甲" * unsure,))
    for breach in (4.0, 0.0):  # far over the bar, and just at it
        found = reader_alone(policy, load, breach, doubt)
        assert found.disposition is disposition
        held = [(step, left) for step, left in told(found) if step.startswith("heard with doubt")]
        wanted = (f"heard with doubt: {unsure / 20:.2f} of the passage", 0.49)
        assert held == ([] if disposition is Disposition.FLAG else [wanted])


def test_what_is_under_the_bar_anyway_is_not_held_back(policy: Policy, load: Load) -> None:
    for doubts in ((), (Doubt(start=0, end=10, alternatives=("甲" * 10,)),)):
        found = reader_alone(policy, load, -0.2, *doubts)
        assert found.disposition is Disposition.NOTE
        assert not any(step.startswith("heard with doubt") for step, _ in told(found))

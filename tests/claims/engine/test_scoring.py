"""What detectors, records and the reader make of a claim together: one score, its steps, and a bar by the budget."""

from collections.abc import Callable
from copy import copy

import pytest

from claims.engine.conversation import ClaimEngine
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Disposition, Doubt, Finding, Passage, VerdictKind
from tests.claims.support import AT, HONEY, POWER_BANK, Says, Speaker

Load = Callable[..., tuple[Passport, ...]]
COURSE = {"id": "P-9", "name": "理财课", "category": "course/finance"}
NEVER_LISTED = "用完这个都把床位退了"
WEAK = "我们家维e是唯一带这个配方的"


def said(
    policy: Policy, passports: tuple[Passport, ...], reader: Says | None, *texts: str, product_id: str | None = "P-2"
) -> list[Finding]:
    engine = ClaimEngine(policy, passports, at=AT, reader=reader)
    conversation = Speaker(engine.conversation("s1")).say(*texts, product_id=product_id).conversation
    conversation.flush()
    return conversation.findings


def flagged(findings: list[Finding]) -> list[Finding]:
    return [f for f in findings if f.disposition is Disposition.FLAG]


def test_what_no_rule_lists_is_flagged_by_the_reader_alone(policy: Policy, load: Load) -> None:
    assert not said(policy, load(HONEY), None, NEVER_LISTED)
    (finding,) = flagged(said(policy, load(HONEY), Says(3.0), NEVER_LISTED))
    assert (finding.class_id, finding.rule) == ("DISEASE_FOOD", "DISEASE_FOOD.semantic")
    assert finding.law
    steps = [step.step for step in finding.score_steps]
    assert any("reader's likelihood of a breach 0.95" in step for step in steps)
    assert any("like: 像的话 (0.9)" in step for step in steps)


def test_the_budget_sets_the_bar(policy: Policy, load: Load) -> None:
    (flag,) = said(policy, load(HONEY), Says(0.5), NEVER_LISTED)
    (note,) = said(policy, load(HONEY), Says(-0.2), NEVER_LISTED)
    assert (flag.disposition, note.disposition) == (Disposition.FLAG, Disposition.NOTE)
    assert flag.score == pytest.approx(0.622, abs=1e-3)
    strict = copy(policy)
    strict.settings = strict.settings.model_copy(update={"false_alarms_per_hour": 1.0})
    (fewer,) = said(strict, load(HONEY), Says(0.5), NEVER_LISTED)
    assert fewer.disposition is Disposition.NOTE


def test_a_class_may_have_a_budget_of_its_own(policy: Policy, load: Load) -> None:
    own = copy(policy)
    file = own.class_files["DISEASE_FOOD"].model_copy(update={"false_alarms_per_hour": 1.0})
    own.class_files = {**own.class_files, "DISEASE_FOOD": file}
    (note,) = said(own, load(HONEY), Says(0.5), NEVER_LISTED)
    assert note.disposition is Disposition.NOTE
    told = [step.step for step in note.score_steps]
    assert "flagged from 0.80 on: the budget of its class is 1 false alarms in an hour of talk" in told
    (flag,) = said(own, load(HONEY), Says(3.0), NEVER_LISTED)
    assert flag.disposition is Disposition.FLAG


def test_the_next_passage_takes_back_what_the_reader_finds_only_if_it_reads_both_so(policy: Policy, load: Load) -> None:
    taken_back = "这种话别信"

    def flags(reader: Says) -> list[str]:
        found = flagged(said(policy, load(HONEY), reader, NEVER_LISTED, taken_back))
        return [f.rule for f in found if NEVER_LISTED in f.quote]

    assert flags(Says(4.0))
    assert not flags(Says(4.0, otherwise={f"{NEVER_LISTED},{taken_back}": -4.0}))


def test_what_rules_cleared_is_left_out_and_the_rest_read_again(policy: Policy, load: Load) -> None:
    cleared, rest = "全网最好这种词不能讲", "血管里的垃圾都给它带走"
    reader = Says(4.0, "ABS_SUPERLATIVE", otherwise={rest: 3.0})
    rules = {f.rule for f in said(policy, load(HONEY), None, cleared)}
    assert not rules
    found = flagged(said(policy, load(HONEY), reader, f"{cleared},{rest}"))
    assert (rest, "food") in reader.asked
    assert [f.quote for f in found if f.rule == "ABS_SUPERLATIVE.semantic"]
    calm = Says(4.0, "ABS_SUPERLATIVE", otherwise={rest: -4.0})
    assert not flagged(said(policy, load(HONEY), calm, f"{cleared},{rest}"))


def test_what_a_record_must_decide_is_never_the_readers_to_find(policy: Policy, load: Load) -> None:
    assert not said(policy, load(HONEY), Says(5.0, "SPEC_PARAM"), NEVER_LISTED)


def test_a_class_that_does_not_hold_for_the_goods_is_not_found(policy: Policy, load: Load) -> None:
    reader = Says(5.0)
    assert not said(policy, load(COURSE), reader, NEVER_LISTED, product_id="P-9")
    assert reader.asked == [(NEVER_LISTED, "course")]


def test_of_unknown_goods_the_reader_finds_nothing(policy: Policy, load: Load) -> None:
    assert not said(policy, load(HONEY, POWER_BANK), Says(5.0), NEVER_LISTED, product_id=None)


def test_beside_a_detector_only_what_flags_is_added(policy: Policy, load: Load) -> None:
    text = "这是全网最好的蜂蜜"
    ruled = {f.rule for f in said(policy, load(HONEY), None, text)}
    assert ruled
    assert {f.rule for f in said(policy, load(HONEY), Says(-0.3), text)} == ruled
    assert {f.rule for f in said(policy, load(HONEY), Says(5.0), text)} == {*ruled, "DISEASE_FOOD.semantic"}


def test_a_class_that_a_detector_found_is_not_found_again(policy: Policy, load: Load) -> None:
    rules = {f.rule for f in said(policy, load(HONEY), Says(5.0, "ABS_SUPERLATIVE"), "这是全网最好的蜂蜜")}
    assert rules
    assert "ABS_SUPERLATIVE.semantic" not in rules


def test_a_weak_detector_flags_where_the_reader_agrees_and_not_where_it_does_not(policy: Policy, load: Load) -> None:
    def disposition(reader: Says | None) -> Disposition:
        found = said(policy, load(HONEY), reader, WEAK)
        return next(f.disposition for f in found if f.rule == "ABS_SUPERLATIVE.the_only")

    assert disposition(None) is Disposition.NOTE
    assert disposition(Says(3.0, "ABS_SUPERLATIVE")) is Disposition.FLAG
    assert not flagged(said(policy, load(HONEY), Says(-5.0), WEAK))


def test_what_a_record_contradicts_stays_flagged_however_it_is_read(policy: Policy, load: Load) -> None:
    found = flagged(said(policy, load(HONEY), Says(-12.0), "这一瓶净含量足足八百克"))
    assert [f.class_id for f in found] == ["SPEC_PARAM"]
    sweet = HONEY | {"ingredients": ["蜂蜜", "白砂糖"]}
    (flag,) = flagged(said(policy, load(sweet), Says(-12.0), "百分百纯蜂蜜,零添加"))
    assert flag.verdict is VerdictKind.CONTRADICTED


def test_what_a_word_only_sounds_like_was_not_said_outright(policy: Policy, load: Load) -> None:
    passports = load(HONEY)
    outright = flagged(said(policy, passports, Says(-12.0), "喝了它糖尿病就好了"))
    assert [f.class_id for f in outright] == ["DISEASE_FOOD"]
    sounds = said(policy, passports, Says(-12.0), "喝了它唐尿病就好了")
    assert not flagged(sounds)
    assert flagged(said(policy, passports, Says(4.0), "喝了它唐尿病就好了"))


def test_in_a_long_passage_the_clause_that_carries_it_is_quoted(policy: Policy, load: Load) -> None:
    class Finds(Says):
        def read(self, text: str, goods: str):  # type: ignore[no-untyped-def]
            reading = super().read(text, goods)
            return reading if "床位" in text else type(reading)(breach=-9.0, classes=reading.classes)

    text = "家人们今天这一款是我们自己家山上的,左下角一号链接可以拍,用完这个都把床位退了,运费险我们送的,放心拍就可以"
    (flag,) = flagged(said(policy, load(HONEY), Finds(4.0), text))
    assert flag.quote == NEVER_LISTED


def test_what_the_reader_alone_finds_flags_only_where_the_passage_was_heard_well(policy: Policy, load: Load) -> None:
    def disposition(doubts: tuple[Doubt, ...]) -> Disposition:
        conversation = ClaimEngine(policy, load(HONEY), at=AT, reader=Says(4.0)).conversation("s1")
        passage = Passage(
            stream_id="s1", id="u1", start_ms=0, end_ms=3600, text=NEVER_LISTED, product_id="P-2", doubts=doubts
        )
        conversation.hear(passage)
        conversation.flush()
        (found,) = conversation.findings
        return found.disposition

    assert disposition((Doubt(start=0, end=1, alternatives=("有",)),)) is Disposition.FLAG
    assert disposition((Doubt(start=0, end=4, alternatives=("有完这个",)),)) is Disposition.NOTE

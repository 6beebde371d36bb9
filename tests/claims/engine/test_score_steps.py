"""Every step of a score as a reviewer reads it, with the amount that it leaves."""

from collections.abc import Callable
from copy import copy

import pytest

from claims.classifier.calibration import Calibration, Features, likelihood, odds_of
from claims.classifier.reading import Known
from claims.engine.conversation import ClaimEngine
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import Disposition, Finding, Passage
from tests.claims.support import AT, CALIBRATION, HONEY, POWER_BANK, Says, Speaker

Load = Callable[..., tuple[Passport, ...]]
TALK, READS = "a passage of live talk", "the reader's likelihood of a breach"
HOLDS = "of classes that hold for these goods 1.00"
BUDGET = "flagged from 0.54 on: the budget is 7 false alarms in an hour of talk"
OUTRIGHT = "喝了它糖尿病就好了"
NEVER_LISTED = "用完这个都把床位退了"


def findings(
    policy: Policy, passports: tuple[Passport, ...], reader: Says | None, *texts: str, product_id: str = "P-2"
) -> dict[str, Finding]:
    """What is found, by its rule."""
    engine = ClaimEngine(policy, passports, at=AT, reader=reader)
    conversation = Speaker(engine.conversation("s1")).say(*texts, product_id=product_id).conversation
    conversation.flush()
    return {f.rule: f for f in conversation.findings}


def told(finding: Finding) -> list[tuple[str, float]]:
    return [(step.step, step.value) for step in finding.score_steps]


def test_what_was_said_outright_keeps_its_score_and_says_so(policy: Policy, load: Load) -> None:
    found = findings(policy, load(HONEY), Says(-12.0), OUTRIGHT)["DISEASE_FOOD.disease_ended"]
    assert (found.score, found.disposition) == (0.85, Disposition.FLAG)
    assert told(found) == [
        ("pattern", 0.85),
        (TALK, 0.5),
        ("a detector that scores 0.85", 0.704),
        (f"{READS} 0.00", 0.0),
        (HOLDS, 0.0),
        (BUDGET, 0.0),
        ("said outright: no learned reading lowers it", 0.85),
    ]


def test_a_reading_that_agrees_raises_it(policy: Policy, load: Load) -> None:
    found = findings(policy, load(HONEY), Says(5.0), "这是全网最好的蜂蜜")["ABS_SUPERLATIVE.market_superlative"]
    assert found.score == 0.997
    assert told(found)[:3] == [("pattern", 0.85), (TALK, 0.5), ("a detector that scores 0.85", 0.704)]
    assert told(found)[3:] == [(f"{READS} 0.99", 0.997), (HOLDS, 0.997), (BUDGET, 0.997)]


def test_a_correction_makes_it_a_note_just_under_the_bar_however_it_is_read(policy: Policy, load: Load) -> None:
    said = "这是全网最好的蜂蜜,说错了,更正一下,是挺好的蜂蜜"
    rule = "ABS_SUPERLATIVE.market_superlative"
    alone = findings(policy, load(HONEY), None, said)[rule]
    assert told(alone) == [("pattern", 0.85), ("a note at most: corrected", 0.59)]
    read = findings(policy, load(HONEY), Says(5.0), said)[rule]
    assert (read.disposition, read.score) == (Disposition.NOTE, 0.533)
    assert told(read) == [
        *told(alone),
        (TALK, 0.5),
        ("a detector that scores 0.59", 0.545),
        (f"{READS} 0.99", 0.994),
        (HOLDS, 0.994),
        (BUDGET, 0.994),
        ("a note at most: corrected", 0.533),
    ]
    unlikely = findings(policy, load(HONEY), Says(-5.0), said)[rule]
    assert told(unlikely)[-2:] == [
        ("said outright: no learned reading lowers it", 0.59),
        ("a note at most: corrected", 0.533),
    ]


def test_the_worst_of_the_passages_that_a_claim_stands_in_decides(policy: Policy, load: Load) -> None:
    for reader in (Says(5.0, otherwise={"喝了它糖尿病": -3.0}), Says(-6.0, otherwise={"喝了它糖尿病": 5.0})):
        found = findings(policy, load(HONEY), reader, "喝了它糖尿病", "就好了")
        (finding,) = (f for rule, f in found.items() if rule != "DISEASE_FOOD.semantic")
        assert f"{READS} 0.99" in [step for step, _ in told(finding)]


@pytest.mark.parametrize("breach", [-12.0, 5.0])
def test_of_what_a_record_decides_the_reader_says_nothing(breach: float, policy: Policy, load: Load) -> None:
    more = "这个充电宝容量两万毫安"
    alone = findings(policy, load(POWER_BANK), None, more, product_id="P-1")["SPEC_PARAM.quantity"]
    read = findings(policy, load(POWER_BANK), Says(breach), more, product_id="P-1")["SPEC_PARAM.quantity"]
    assert told(read) == told(alone)
    sweet = HONEY | {"ingredients": ["蜂蜜", "白砂糖"]}
    found = findings(policy, load(sweet), Says(breach), "百分百纯蜂蜜,零添加")["SAFETY_ABSOLUTE.natural"]
    assert told(found) == [("pattern", 0.78), ("held against a registered value", 0.85), ("passport contradicts", 0.95)]


def test_a_contradicted_value_is_the_records_in_a_class_that_words_decide(policy: Policy, load: Load) -> None:
    words = copy(policy)
    file = words.class_files["SAFETY_ABSOLUTE"]
    rules = [rule.model_copy(update={"recorded": None}) for rule in file.rules]
    assert not file.recorded
    words.class_files = {**words.class_files, "SAFETY_ABSOLUTE": file.model_copy(update={"rules": rules})}
    sweet = HONEY | {"ingredients": ["蜂蜜", "白砂糖"]}
    found = findings(words, load(sweet), Says(-12.0), "百分百纯蜂蜜,零添加")["SAFETY_ABSOLUTE.natural"]
    assert told(found)[-1] == ("passport contradicts", 0.95)


def test_what_was_read_by_its_sound_tells_what_was_heard_and_costs(policy: Policy, load: Load) -> None:
    found = findings(policy, load(HONEY), None, "喝了它唐尿病就好了")["DISEASE_FOOD.disease_ended"]
    step, left = told(found)[1]
    assert step == "sound: heard 唐尿, read as 糖尿, cost 0.5"
    assert left == found.score == round(0.85 * policy.reader.factor("sound", 0.5), 3) < 0.85


def test_a_reader_is_asked_in_the_calibration_of_the_goods_and_for_words_that_are_like(
    policy: Policy, load: Load
) -> None:
    asked: list[tuple[str, ...]] = []

    class Notes(Says):
        def calibration(self, goods: str) -> Calibration:
            asked.append((goods,))
            return CALIBRATION

        def like(self, text: str, goods: str, class_id: str) -> tuple[Known, ...]:
            asked.append((text, goods, class_id))
            return (Known(text="像的话", similarity=0.9),)

    found = findings(policy, load(HONEY), Notes(4.0), NEVER_LISTED)
    assert told(found["DISEASE_FOOD.semantic"])[-1][0] == "read as DISEASE_FOOD; like: 像的话 (0.9)"
    assert asked == [("food",), (NEVER_LISTED, "food", "DISEASE_FOOD")]


def test_what_a_hint_alone_brought_in_is_a_note_in_every_step(policy: Policy, load: Load) -> None:
    text = "这个蜂蜜可以治疗失眠"
    mark = {"start": text.index("失眠"), "end": text.index("失眠") + 2, "heard": "师面"}
    for reader in (None, Says(5.0)):
        conversation = ClaimEngine(policy, load(HONEY), at=AT, reader=reader).conversation("s1")
        conversation.hear(
            Passage.model_validate(
                {
                    "stream_id": "s1",
                    "id": "u1",
                    "start_ms": 0,
                    "end_ms": 2000,
                    "text": text,
                    "product_id": "P-2",
                    "unconfirmed": [mark],
                }
            )
        )
        conversation.flush()
        (found,) = (f for f in conversation.findings if not f.rule.endswith("semantic"))
        bar = policy.settings.flag_at if reader is None else CALIBRATION.bar(policy.settings.false_alarms_per_hour)
        assert found.disposition is Disposition.NOTE
        assert told(found)[-1] == ("heard only with hotwords, not confirmed", round(bar - 0.01, 3))
        assert found.score == round(bar - 0.01, 3)
        assert told(found)[0][0] == "pattern"


@pytest.mark.parametrize(
    ("per_hour", "bar"),
    [(0.8, 0.8), (0.9, 0.8), (1.0, 0.8), (3.0, 0.7143), (8.0, 0.5), (8.1, 0.4994), (40.0, 0.3), (41.0, 0.3)],
)
def test_the_bar_between_measured_budgets_lies_on_a_line(per_hour: float, bar: float) -> None:
    assert CALIBRATION.bar(per_hour) == bar


def test_a_step_between_two_budgets_belongs_to_the_one_with_fewer_alarms() -> None:
    steep = CALIBRATION.model_copy(update={"budgets": ((1.0, 0.8), (8.0, 0.5), (8.0, 0.4), (40.0, 0.3))})
    assert steep.bar(8.0) == 0.5
    fewest = CALIBRATION.model_copy(update={"budgets": ((1.0, 0.8), (1.0, 0.6), (8.0, 0.5))})
    assert fewest.bar(1.0) == 0.8


def test_odds_and_likelihood_are_each_others_inverse_and_bounded() -> None:
    assert [round(likelihood(odds_of(score)), 6) for score in (0.01, 0.3, 0.5, 0.9)] == [0.01, 0.3, 0.5, 0.9]
    assert odds_of(0.0) == odds_of(0.001) == -odds_of(1.0)
    assert round(odds_of(1.0), 3) == 5.293
    assert likelihood(1000.0) == likelihood(40.0)
    assert likelihood(-1000.0) == likelihood(-40.0) > 0


def test_what_the_model_weighs_of_a_claim() -> None:
    sure = Features(detector=0.5, reader=1.5, open_share=1.0).numbers()
    assert sure == (1.5, 1.0, 0.0, 0.0)
    assert Features(detector=None, reader=1.5, open_share=1.0).numbers() == (1.5, 0.0, 0.0, 0.0)
    assert round(Features(detector=None, reader=0.0, open_share=0.0).numbers()[3], 3) == -5.298

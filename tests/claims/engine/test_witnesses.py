from collections.abc import Callable
from typing import Any

import pytest

from claims.engine.conversation import Conversation
from claims.passages import fact_of
from claims.types import Disposition, Finding, PlatformFact
from tests.claims.support import HONEY, POWER_BANK, Speaker
from vision.layout.types import RoomMark
from vision.products.timeline import Evidence, EvidenceKind

Start = Callable[..., Speaker]
SAID = "这款充电宝容量两万毫安时"
PRICED: dict[str, Any] = {**POWER_BANK, "price": {"regular": 129, "lowest_7d": 99}}


def flags(conversation: Conversation, class_id: str) -> list[Finding]:
    return [f for f in conversation.findings if f.class_id == class_id and f.disposition is Disposition.FLAG]


@pytest.mark.parametrize(
    ("record", "class_id", "said", "shown"),
    [
        pytest.param(POWER_BANK, "SPEC_PARAM", SAID, "电池容量 20000mAh", id="a figure, in other words"),
        pytest.param(POWER_BANK, "ABS_SUPERLATIVE", "这就是全网最好的充电宝", "全网最好", id="fewer words"),
        pytest.param(PRICED, "PRICE_ORIGINAL", "原价五百九十九 今天只要九十九", "原价￥599", id="a price"),
        pytest.param(
            PRICED, "PRICE_ORIGINAL", "划线价五百九十九", "划线价 599元 到手价 99元", id="a joined price card"
        ),
        pytest.param(HONEY, "DISEASE_FOOD", "这个糖尿病人放心喝 每天一勺", "糖尿病人放心喝", id="a disease"),
    ],
)
@pytest.mark.parametrize("first", ["speech", "screen"])
def test_said_and_shown_is_one_finding_with_two_witnesses(
    speaker: Start, record: dict[str, Any], class_id: str, said: str, shown: str, first: str
) -> None:
    alone = [flags(speaker(record).say(said).done(), class_id), flags(speaker(record).show(shown).done(), class_id)]
    assert [len(found) for found in alone] == [1, 1]
    host = speaker(record)
    if first == "speech":
        host.say(said, "好的").show(shown)
    else:
        host.show(shown).say(said)
    (finding,) = flags(host.done(), class_id)
    assert {w.channel for w in finding.witnesses} == {"speech", "screen"}
    assert finding.channel == finding.witnesses[0].channel == first
    assert {i for w in finding.witnesses for i in w.passage_ids} == set(finding.passage_ids)
    assert finding.count == 2
    assert finding.score > max(found[0].score for found in alone)
    assert finding.score_steps[-1].value == finding.score
    assert "also" in finding.score_steps[-1].step
    assert finding.finding_id == alone[0 if first == "speech" else 1][0].finding_id


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(SAID, "电池容量 30000mAh", id="another figure"),
        pytest.param("糖尿病人放心喝 血糖就降下来了", "容量 20000mAh", id="another class"),
    ],
)
def test_different_claims_stay_two(speaker: Start, said: str, shown: str) -> None:
    found = speaker(POWER_BANK).say(said).show(shown).done().findings
    assert all(len(f.witnesses) == 1 for f in found)


def test_the_same_words_about_another_product_stay_two(speaker: Start) -> None:
    host = speaker(POWER_BANK, HONEY)
    host.say("来看充电宝", "这就是全网最好的", "好").show("枣花蜜 全网最好")
    found = flags(host.done(), "ABS_SUPERLATIVE")
    assert sorted(str(f.product_id) for f in found) == ["P-1", "P-2"]
    assert all(len(f.witnesses) == 1 for f in found)


def test_the_id_does_not_depend_on_which_came_first_where_the_words_are_the_same(speaker: Start) -> None:
    words = "全网最好的充电宝"
    one, other = speaker().say(words, "好").show(words).done(), speaker().show(words).say(words).done()
    assert [f.finding_id for f in flags(one, "ABS_SUPERLATIVE")] == [
        f.finding_id for f in flags(other, "ABS_SUPERLATIVE")
    ]


def test_repeats_after_the_second_witness_count_and_keep_both(speaker: Start) -> None:
    host = speaker().say(SAID, "好的").show("电池容量 20000mAh").say(SAID, "好的", SAID)
    (finding,) = flags(host.done(), "SPEC_PARAM")
    assert finding.count == 4
    assert [w.channel for w in finding.witnesses] == ["speech", "screen"]


def look(product: str, at_ms: int, strength: float = 0.9) -> Evidence:
    return Evidence(
        kind=EvidenceKind.PICTURE,
        product_id=product,
        start_ms=at_ms,
        end_ms=at_ms,
        strength=strength,
        reason="looks like its picture",
    )


def test_what_is_shown_tells_the_product_of_words_that_name_none(speaker: Start) -> None:
    host = speaker(POWER_BANK, HONEY)
    host.conversation.see([look("P-2", 500)])
    (finding,) = flags(host.say("糖尿病人放心喝 血糖就降下来了").done(), "DISEASE_FOOD")
    assert finding.product_id == "P-2"
    assert finding.product_reason == "looks like its picture"
    assert host.conversation.on_sale(2_000).product_id == "P-2"


def test_what_is_named_is_meant_whatever_is_shown(speaker: Start) -> None:
    host = speaker(POWER_BANK, HONEY)
    host.conversation.see([look("P-2", 0)])
    (finding,) = flags(host.say(SAID).done(), "SPEC_PARAM")
    assert finding.product_id == "P-1"


def test_a_product_shown_long_after_another_was_named_takes_over(speaker: Start) -> None:
    host = speaker(POWER_BANK, HONEY).say("来看充电宝")
    host.now_ms = 30_000
    host.conversation.see([look("P-2", 29_000)])
    (finding,) = flags(host.say("糖尿病人放心喝 血糖就降下来了").done(), "DISEASE_FOOD")
    assert finding.product_id == "P-2"


def test_the_platforms_event_goes_before_sight(speaker: Start) -> None:
    event = PlatformFact(stream_id="s1", at_ms=0, kind="on_sale", product_id="P-1")
    host = speaker(POWER_BANK, HONEY, facts=(event,))
    host.conversation.see([look("P-2", 100)])
    host.say("今天的福利")
    assert host.conversation.on_sale(2_000).product_id == "P-1"
    (finding,) = flags(host.say("容量两万毫安时").done(), "SPEC_PARAM")
    assert finding.product_id == "P-1"


def test_products_side_by_side_tell_nothing(speaker: Start) -> None:
    host = speaker(POWER_BANK, HONEY)
    host.conversation.see([look("P-1", 0, 0.45), look("P-2", 0, 0.45)])
    assert host.conversation.on_sale(1_000).product_id is None


def mark(kind: str, first_ms: int, last_ms: int) -> RoomMark:
    return RoomMark(
        stream_id="s1", kind=kind, first_ms=first_ms, last_ms=last_ms, until_ms=last_ms, share=0.5, words="", texts=()
    )


def test_a_label_on_screen_contradicts_a_presenter_who_claims_to_be_real(speaker: Start) -> None:
    host = speaker(POWER_BANK)
    fact = fact_of(mark("generated_presenter", 0, 60_000))
    assert fact is not None
    assert (fact.kind, fact.value) == ("ai_label", True)
    host.conversation.learn(fact)
    found = [f for f in host.say("我就是真人").done().findings if f.class_id == "AI_IMPERSONATION"]
    assert [f.verdict.value for f in found] == ["contradicted"]


@pytest.mark.parametrize("seen", [mark("generated_presenter", 0, 3_000), mark("advertisement", 0, 90_000)])
def test_other_marks_and_flashes_are_no_facts(seen: RoomMark) -> None:
    assert fact_of(seen) is None

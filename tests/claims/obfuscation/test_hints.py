"""What a hint to the recogniser brought in is noted at most, and chooses no product."""

from collections.abc import Callable
from typing import Any

import pytest

from asr.types import BiasedTerm, Utterance, Word
from claims.passages import from_utterance
from claims.types import Disposition, Finding, Passage
from tests.claims.support import HONEY, POWER_BANK, Speaker

Start = Callable[..., Speaker]
STEP = "heard only with hotwords, not confirmed"


def passage(text: str, *hinted: tuple[str, str], product_id: str | None = None, ident: str = "u1") -> Passage:
    marks = [{"start": text.index(part), "end": text.index(part) + len(part), "heard": heard} for part, heard in hinted]
    return Passage.model_validate(
        {
            "stream_id": "s1",
            "id": ident,
            "start_ms": 0,
            "end_ms": 2000,
            "text": text,
            "product_id": product_id,
            "unconfirmed": marks,
        }
    )


def found(speaker: Speaker, *passages: Passage) -> list[Finding]:
    for one in passages:
        speaker.conversation.hear(one)
    speaker.conversation.flush()
    return speaker.conversation.findings


@pytest.mark.parametrize(
    ("text", "hinted"),
    [
        pytest.param("这个蜂蜜可以治疗失眠", ("失眠", "师面"), id="an illness"),
        pytest.param("这个蜂蜜能降血压", ("降血", "将许"), id="an effect"),
        pytest.param("我们是国家级的品牌", ("级", "机"), id="one character of a rank"),
        pytest.param("这款充电宝容量两万毫安时", ("毫安", "好按"), id="a unit"),
    ],
)
def test_only_what_was_heard_without_the_hint_is_flagged(speaker: Start, text: str, hinted: tuple[str, str]) -> None:
    product: dict[str, Any] = POWER_BANK if "充电宝" in text else HONEY
    sure = found(speaker(product), passage(text))
    assert [f.disposition for f in sure] == [Disposition.FLAG]
    for finding in found(speaker(product), passage(text, hinted)):
        assert finding.disposition is Disposition.NOTE
        assert finding.score_steps[-1].step == STEP


def test_a_hint_elsewhere_in_the_sentence_holds_nothing_back(speaker: Start) -> None:
    text = "这个枣花蜜，我跟大家说，可以治疗失眠"
    (finding,) = found(speaker(HONEY), passage(text, ("枣花蜜", "早发米")))
    assert finding.disposition is Disposition.FLAG
    assert STEP not in {step.step for step in finding.score_steps}


def test_said_again_and_heard_clearly_it_is_flagged(speaker: Start) -> None:
    text = "这个蜂蜜可以治疗失眠"
    (finding,) = found(speaker(HONEY), passage(text, ("失眠", "师面")), passage(text, ident="u2"))
    assert (finding.disposition, finding.count) == (Disposition.FLAG, 2)


def test_a_hinted_name_chooses_no_product(speaker: Start) -> None:
    claim = passage("净含量一千克", ident="u2")
    named = found(speaker(POWER_BANK, HONEY), passage("接下来看枣花蜜"), claim)
    hinted = found(speaker(POWER_BANK, HONEY), passage("接下来看枣花蜜", ("枣花", "早发")), claim)
    assert [f.product_id for f in named] == ["P-2"]
    assert hinted == []


def test_the_text_without_hints_is_what_was_heard() -> None:
    both = passage("洋槐蜜和赤霞珠都有", ("槐", "怀"), ("赤霞珠", "吃虾"))
    assert both.text_without_hints == "洋怀蜜和吃虾都有"


def test_an_utterance_hands_on_what_is_not_confirmed() -> None:
    utterance = Utterance(
        stream_id="s1",
        start_ms=0,
        end_ms=600,
        text="洋槐蜜清透",
        words=(Word(text="洋槐蜜清透", start_ms=0, end_ms=600, probability=0.5),),
        confidence=0.5,
        model="m",
        biased=(
            BiasedTerm(start=1, end=2, heard="环", confirmed=False),
            BiasedTerm(start=3, end=4, heard="青", confirmed=True),
        ),
    )
    assert [(mark.start, mark.end, mark.heard) for mark in from_utterance(utterance).unconfirmed] == [(1, 2, "环")]

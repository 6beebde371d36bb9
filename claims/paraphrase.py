"""Proposals of the semantic layer, decided: by category, by what the rules said, by registration and context.

What the rules flagged in words that surely breach nothing becomes a note.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from claims.context import Place
from claims.judges.base import Candidate, JudgeInput, Judgement, supported
from claims.judges.papers import judge_evidence
from claims.judges.wording import judge_cosmetic, registered_effects
from claims.match import PatternMatch
from claims.passport import Passport
from claims.pattern import Pattern
from claims.pictures import read_out
from claims.policy import CompiledRule, Policy
from claims.policy_models import ClassFile, ContextRule, Rule
from claims.semantic import LAWFUL, Proposal, Proposer
from claims.types import ExemptionTrial, ScoreStep, VerdictKind
from claims.verdict import CHECKS, PROPOSED, Judged, Scene, held_back, under_the_bar

# Only a record can decide these; how a sentence is put says nothing of whether it is true.
_RECORDED = frozenset(
    {
        *("SPEC_PARAM", "COMPOSITION", "ORIGIN", "QUALITY_GRADE", "DATE_SHELF", "CERT_QUALIFICATION"),
        *("PRICE_ORIGINAL", "PATENT", "PROMO_SCARCITY", "AI_IMPERSONATION"),
    }
)
# Contexts that mean the same wherever they stand in the sentence; the others need a claim's exact place.
_ANYWHERE = frozenset(
    {
        *(
            "denied_after",
            "denied_wholly",
            "quoted_denied",
            "warned_against",
            "corrected",
            "own_before",
            "medicine_disclaimer",
            "patient_warning",
        ),
        *("physical_cover", "fashion", "symbolism", "label_reading", "moderation", "risk_warning", "scam_warning"),
        *("official_service", "own_profession_denied", "advice_to_ask", "plain_medical_noun", "plain_anatomy"),
        *("breast_is_best", "asked", "taste"),
    }
)
_CODE = frozenset({"device_registered", "disinfectant", "test_report_held", "self_compared_price"})
# 不能讲 is how innuendo begins: words about saying deny nothing by themselves.
_SAYING = re.compile("[说讲问提]")
_TURNED = re.compile("(不用|不必|不再|再也不|再没|没再|不去|懒得|省得|省了|免得|不想|别再).{0,2}$")
_TOP = 0.95
_OWN = frozenset("有助于增强提高提升改善调节促进维持辅助补充帮助缓解保护健康水平的你了一下能可以、,和")


def with_proposals(scene: Scene, policy: Policy, proposer: Proposer, judged: Sequence[Judged]) -> list[Judged]:
    """What was judged, together with what the semantic layer proposes of the window's focus.

    Where rules have spoken, only what it flags is added beside them, and what it holds for lawful is kept under the
    flagging bar, unless a record decided it. A proposal needs a known product of a category for which its class holds.
    """
    passport, window = scene.choice.passport, scene.window
    heard = [h for h in window.heard if h.offset < window.focus_end]
    if passport is None or not heard or heard[-1].offset != window.focus_start:
        return list(judged)
    ruled = any(not j.harmless for j in judged)
    classes = frozenset(c for c, file in policy.class_files.items() if _holds(file, passport))
    found = list(judged)
    for proposal in proposer.propose([read_out(h.folded, policy.pictures) for h in heard], classes):
        if proposal.class_id == LAWFUL:
            found = [_held_for_lawful(j, proposal, policy) for j in found]
            continue
        start = heard[-proposal.passages].offset
        if any(j.class_id == proposal.class_id for j in judged) or (ruled and not proposal.flags):
            continue
        found.append(_judge(proposal, start, window.focus_end, scene, policy, passport))
    return found


def _held_for_lawful(judged: Judged, proposal: Proposal, policy: Policy) -> Judged:
    """The rule's claim as a note at most, where nothing but words decided it."""
    recorded = judged.class_id in _RECORDED or judged.judgement.verdict is VerdictKind.CONTRADICTED
    if recorded or judged.score < policy.settings.flag_at:
        return judged
    why = f"read as lawful, likelihood {proposal.likelihood}"
    steps, score = under_the_bar(why, judged.steps, judged.score, policy)
    return replace(judged, score=score, steps=steps)


def proposed_classes(policy: Policy) -> frozenset[str]:
    """The classes that may be proposed at all."""
    return frozenset(policy.class_files) - _RECORDED


def _holds(file: ClassFile, passport: Passport) -> bool:
    return (
        file.class_id not in _RECORDED
        and passport.in_category(*file.categories)
        and not (file.not_categories and passport.in_category(*file.not_categories))
    )


def _judge(proposal: Proposal, start: int, end: int, scene: Scene, policy: Policy, passport: Passport) -> Judged:
    file, info = policy.class_files[proposal.class_id], policy.classes[proposal.class_id]
    settings, text = policy.settings, scene.window.text[start:end]
    base = settings.flag_at if proposal.flags else settings.note_at
    room = (_TOP if proposal.flags else settings.flag_at) - base
    score = round(base + room * proposal.likelihood**2, 3) if proposal.flags else base
    rule = CompiledRule(proposal.class_id, Rule(id=PROPOSED, score=max(score, 0.01), patterns=()), (), ())
    match = PatternMatch(pattern=_NOTHING, start=start, end=end, slots=())
    candidate = Candidate(rule=rule, match=match, start=start, end=end)
    judgement = _registered(
        JudgeInput(
            candidate=candidate,
            window=scene.window,
            policy=policy,
            info=info,
            file=file,
            passport=passport,
            at=scene.at,
            facts=scene.facts,
            at_ms=scene.at_ms,
        )
    ) or Judgement(verdict=info.verdict, why="means what the class forbids, in words that no rule lists", claimed=text)
    # What is said right after may take it back.
    after = next((h.end for h in scene.window.heard if h.offset >= end), end)
    trials = tuple(trials_anywhere(scene.window.text[start:after], file, policy)) + tuple(
        CHECKS[policy.exemptions[n].check or n](n, scene, Place(start, end, ())) for n in file.exemptions if n in _CODE
    )
    known = "; ".join(f"{k.text} ({k.similarity})" for k in proposal.known)
    steps: tuple[ScoreStep, ...] = (
        ScoreStep(step=f"read as {proposal.class_id}, likelihood {proposal.likelihood}; like: {known}", value=score),
    )
    if not scene.choice.sure:
        score = round(score * settings.unsure_product_factor, 3)
        steps = (*steps, ScoreStep(step="product not sure", value=score))
    exempt = [t.id for t in trials if t.applies]
    if exempt:
        score = 0.0
        steps = (*steps, ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    steps, score = held_back(start, end, scene, steps, score, policy)
    return Judged(
        class_id=proposal.class_id,
        rule_name=f"{proposal.class_id}.{PROPOSED}",
        start=start,
        end=end,
        judgement=judgement,
        trials=trials,
        steps=steps,
        score=score,
        candidate=candidate,
    )


_NOTHING = Pattern(source="", elements=(), literals=(), required=())


def _registered(given: JudgeInput) -> Judgement | None:
    """SUPPORTED where a registration may bear what was meant; None where none does."""
    passport = given.passport
    assert passport is not None
    if given.file.class_id == "COSMETIC_EFFICACY":
        judgement = judge_cosmetic(given)
        if judgement.verdict is VerdictKind.SUPPORTED:
            return judgement
    if given.file.supported_by.schemes or given.file.supported_by.words:
        judgement = judge_evidence(given)
        if judgement.verdict is VerdictKind.SUPPORTED:
            return judgement
    for path, text in registered_effects(passport):
        shared = next((p for p in _pairs(text) if p in given.words), None)
        if shared is not None:
            return supported(f"a registered effect speaks of {shared}", registered=text, path=path, claimed=given.words)
    return None


def _pairs(text: str) -> Iterator[str]:
    for left, right in itertools.pairwise(text):
        if left.isalpha() and right.isalpha() and not {left, right} & _OWN:
            yield left + right


def trials_anywhere(text: str, file: ClassFile, policy: Policy) -> Iterator[ExemptionTrial]:
    """The class's exemptions that count wherever their cue stands in the words, each tried."""
    for rule in policy.context.exemptions:
        if rule.id not in _ANYWHERE or rule.id in file.drop_exemptions:
            continue
        if not rule.always and rule.id not in file.exemptions:
            continue
        cue = _cue(rule, text, policy)
        why = f"{rule.zh} {rule.why}: {cue}" if cue else f"未见“{rule.zh}” no cue: {rule.why}"
        yield ExemptionTrial(id=rule.id, applies=cue is not None, why=why)


def _cue(rule: ContextRule, text: str, policy: Policy) -> str | None:
    if rule.kind == "asked":
        return _answered_no(text, policy)
    if rule.kind == "both":
        return next(
            (
                f"{first} … {then}"
                for first in _words(rule.cue, policy)
                if (at := text.find(first)) >= 0
                for then in _words(rule.cue_after, policy)
                if text.find(then, at + len(first)) >= 0
            ),
            None,
        )
    words = _words(rule.cue, policy)
    if rule.id == "denied_after":
        words = [word for word in words if not _SAYING.search(word)]
    return next((w for w in words if (at := text.find(w)) >= 0 and not _TURNED.search(text[:at])), None)


def _answered_no(text: str, policy: Policy) -> str | None:
    """The no that follows a question, or None."""
    noes = policy.context.cues.get("answer_no", ())
    for asked in re.finditer(r"(?:[吗嘛?]|[^,。?!]不|[^,。?!]没)[,。?!\s]+", text):
        said = next((no for no in noes if text.startswith(no, asked.end())), None)
        if said is not None:
            return said
    return None


def _words(names: str | None, policy: Policy) -> list[str]:
    return [word for name in (names or "").split("|") for word in policy.context.cues.get(name, ())]

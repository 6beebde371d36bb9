"""Proposals of the semantic layer, decided: by category, by what the rules said, by registration and context.

What the rules flagged in words that surely breach nothing becomes a note.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from claims.engine.context import Place, trials_anywhere
from claims.engine.exemptions import CHECKS
from claims.engine.scene import Scene
from claims.judges.base import Candidate, JudgeInput, Judgement, supported
from claims.judges.papers import judge_evidence
from claims.judges.wording import judge_cosmetic, registered_effects
from claims.match import PatternMatch
from claims.passport import Passport
from claims.pattern import Pattern
from claims.pictures import read_out
from claims.policy import CompiledRule, Policy
from claims.policy_models import ClassFile, Rule
from claims.semantic import LAWFUL, Proposal, Proposer
from claims.types import ScoreStep, VerdictKind
from claims.verdict import PROPOSED, Judged, held_back, under_the_bar

# Only a record can decide these; how a sentence is put says nothing of whether it is true.
_RECORDED = frozenset(
    {
        *("SPEC_PARAM", "COMPOSITION", "ORIGIN", "QUALITY_GRADE", "DATE_SHELF", "CERT_QUALIFICATION"),
        *("PRICE_ORIGINAL", "PATENT", "PROMO_SCARCITY", "AI_IMPERSONATION"),
    }
)
_CODE = frozenset({"device_registered", "disinfectant", "test_report_held", "self_compared_price"})
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
    """The rule's claim as a note at most, where nothing but words decided it; what was said outright stands."""
    recorded = judged.class_id in _RECORDED or judged.judgement.verdict is VerdictKind.CONTRADICTED
    if recorded or judged.score < policy.settings.flag_at:
        return judged
    why = f"read as lawful, likelihood {proposal.likelihood}"
    if judged.protected:
        step = ScoreStep(step=f"{why}; said outright, it stands", value=judged.score)
        return replace(judged, steps=(*judged.steps, step))
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
    ) or Judgement(
        verdict=info.verdict,
        why="means what the class forbids, in words that no rule lists",
        claimed=text,
        note_only=info.decision_mode == "platform_fact" or file.judge == "note",
    )
    # What is said right after may take it back.
    after = next((h.end for h in scene.window.heard if h.offset >= end), end)
    trials = tuple(trials_anywhere(scene.window, start, after, file, policy)) + tuple(
        CHECKS[policy.exemptions[n].check or n](n, scene, Place(start, end, ())) for n in file.exemptions if n in _CODE
    )
    known = "; ".join(f"{k.text} ({k.similarity})" for k in proposal.known)
    steps: tuple[ScoreStep, ...] = (
        ScoreStep(step=f"read as {proposal.class_id}, likelihood {proposal.likelihood}; like: {known}", value=score),
    )
    if not scene.choice.sure:
        score = round(score * settings.unsure_product_factor, 3)
        steps = (*steps, ScoreStep(step="product not sure", value=score))
    exempt = tuple(t.id for t in trials if t.applies)
    if exempt:
        score = 0.0
        steps = (*steps, ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    bar = file.reader_flags_at
    if bar is not None and settings.flag_at <= score < bar:
        steps, score = under_the_bar(f"read so by the reader alone, and below {bar:g}", steps, score, policy)
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
        cleared_by=exempt,
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

"""From candidates to verdicts: judged symbolically, tried against every exemption, scored step by step."""

from claims.classifier.reading import Links
from claims.engine.checkers.base import Candidate, JudgeInput, Judgement
from claims.engine.checkers.registry import JUDGES
from claims.engine.context import Effect, Place
from claims.engine.exemptions import OWN_EXPERIENCE, Outcome, try_exemptions
from claims.engine.extract import longest, recognise
from claims.engine.judged import Judged, applied, held_back, read_anew, under_the_bar
from claims.engine.linking.link import linked_claims
from claims.engine.records import as_linked, as_read, judge_linked, judge_signs, spans_of_statements, without_echoes
from claims.engine.scene import Scene
from claims.engine.window import Window
from claims.obfuscation.layers import MISHEARD
from claims.policy.match import Filled
from claims.policy.policy import Policy
from claims.text.normalise import is_boundary
from claims.types import ScoreStep, VerdictKind

_PAUSES = 1


def judge_window(scene: Scene, policy: Policy, links: Links | None = None) -> list[Judged]:
    """Every claim that ends in the window's focus, judged; `links` reads what is said beside what is registered."""
    passport = scene.choice.passport
    candidates = list(recognise(scene.window, passport, policy))
    judged = [_judge_candidate(c, scene, policy) for c in longest(candidates, scene.window.text)]
    if passport is None:
        return judged
    linked = list(linked_claims(scene.window, passport, policy, spans_of_statements(candidates, policy), links))
    judged = [as_linked(one, linked, scene.window, policy) for one in judged]
    judged = [as_read(one, scene.window, passport, policy, links) for one in judged]
    judged += without_echoes(list(judge_linked(linked, scene, passport, policy)), judged, scene.window)
    judged += judge_signs(scene, passport, policy)
    return judged


def judge_input(candidate: Candidate, scene: Scene, policy: Policy) -> JudgeInput:
    """What a judge is told of the candidate."""
    class_id = candidate.rule.class_id
    return JudgeInput(
        candidate=candidate,
        window=scene.window,
        policy=policy,
        info=policy.classes[class_id],
        file=policy.class_files[class_id],
        passport=scene.choice.passport,
        at=scene.at,
        facts=scene.facts,
        at_ms=scene.at_ms,
    )


def _judge_candidate(candidate: Candidate, scene: Scene, policy: Policy) -> Judged:
    class_id, rule = candidate.rule.class_id, candidate.rule.rule
    file = policy.class_files[class_id]
    judgement = JUDGES[rule.judge or file.judge](judge_input(candidate, scene, policy))
    place = Place(candidate.start, candidate.end, tuple((s.start, s.end) for s in candidate.match.slots))
    outcomes = try_exemptions(file, rule, scene, place, policy)
    steps, score = _score(rule.score, judgement, scene, outcomes, policy)
    by_sound = any(_is_by_sound(slot, scene.window) for slot in candidate.match.slots)
    if any((s.start, s.end) in scene.window.misheard for s in candidate.match.slots):
        score = round(score * policy.settings.misheard_factor, 3)
        steps = (*steps, ScoreStep(step="a word was read by its sound or spelling", value=score))
    steps, score = read_anew(candidate.start, candidate.end, scene, steps, score, policy)
    steps, score = held_back(candidate.start, candidate.end, scene, steps, score, policy.settings.flag_at)
    return Judged(
        class_id=class_id,
        rule_name=candidate.rule.name,
        start=candidate.start,
        end=candidate.end,
        judgement=judgement,
        trials=(*(o.trial for o in outcomes), *judgement.trials),
        steps=steps,
        score=score,
        flag_at=policy.settings.flag_at,
        candidate=candidate,
        shadow=rule.shadow,
        protected=rule.protected and not by_sound and _in_one_go(candidate, scene.window),
        cleared_by=applied(outcomes, Effect.CLEARS),
        lowered_by=applied(outcomes, Effect.LOWERS),
    )


def _in_one_go(candidate: Candidate, window: Window) -> bool:
    """Whether its words stand in one clause or two: what is put together over more was not said outright."""
    words = window.text[candidate.start : candidate.end]
    pauses = [at for at, char in enumerate(words) if is_boundary(char) and 0 < at < len(words) - 1]
    return len(pauses) <= _PAUSES


def _is_by_sound(slot: Filled, window: Window) -> bool:
    """Whether a word was taken for what it only sounds like: then nothing was said outright."""
    if (slot.start, slot.end) in window.misheard:
        return True
    return any(reading.kind in MISHEARD for reading in window.readings(slot.start, slot.end))


def _score(
    base: float, judgement: Judgement, scene: Scene, outcomes: tuple[Outcome, ...], policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    scores = policy.scores
    steps = [ScoreStep(step="pattern", value=round(base, 3))]
    score = base
    if judgement.by_value and score < scores.record:
        # How it was put counts no more once a registered value says otherwise.
        score = scores.record
        steps.append(ScoreStep(step="held against a registered value", value=round(score, 3)))
    if judgement.factor != 1.0:
        score *= judgement.factor
        steps.append(ScoreStep(step=judgement.why, value=round(score, 3)))
    elif judgement.verdict is VerdictKind.CONTRADICTED:
        score = min(scores.most, score + scores.contradicted)
        steps.append(ScoreStep(step="passport contradicts", value=round(score, 3)))
    if any(o.trial.applies and o.trial.id == OWN_EXPERIENCE for o in outcomes):
        score = min(scores.most, score + scores.own_experience)
        steps.append(ScoreStep(step="own experience", value=round(score, 3)))
    if not scene.choice.sure:
        score *= policy.settings.unsure_product_factor
        steps.append(ScoreStep(step="product not sure", value=round(score, 3)))
    exempt, lowered = applied(outcomes, Effect.CLEARS), applied(outcomes, Effect.LOWERS)
    if exempt:
        score = 0.0
        steps.append(ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    elif lowered:
        why = f"a note at most: {', '.join(lowered)}"
        return under_the_bar(why, tuple(steps), round(score, 3), policy.settings.flag_at)
    return tuple(steps), round(score, 3)

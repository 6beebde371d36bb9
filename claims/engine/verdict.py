"""From candidates to verdicts: judged symbolically, tried against every exemption, scored step by step."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from claims.engine.checkers.base import Candidate, JudgeInput, Judgement
from claims.engine.checkers.plus import SignClaim, judge_plus
from claims.engine.checkers.registry import JUDGES
from claims.engine.context import Effect, Place
from claims.engine.exemptions import OWN_EXPERIENCE, Outcome, try_exemptions
from claims.engine.extract import category_allows, longest, recognise
from claims.engine.linking.link import LinkedClaim, linked_claims
from claims.engine.scene import Scene
from claims.engine.window import Window
from claims.obfuscation.layers import MISHEARD
from claims.passports.passport import Passport
from claims.policy.match import Filled
from claims.policy.policy import Policy
from claims.text.normalise import is_boundary
from claims.types import ExemptionTrial, ScoreStep, VerdictKind

_BELOW = 0.01
_PAUSES = 1
PROPOSED = "semantic"
_QUANTITY_RULE, _LINKED_RULE, _SPECIFICATION = "quantity", "registered", "SPEC_PARAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim with its verdict, still in window positions.

    `cleared_by` and `lowered_by`: the exemptions that make it lawful, and those that make it a note at most.
    `flag_at`: the score from which it is flagged: the policy's where rules and records judge alone, else that by which
    the budget of false alarms is kept. `protected`: it was said outright, and no learned reading lowers it.
    """

    class_id: str
    rule_name: str
    start: int
    end: int
    judgement: Judgement
    trials: tuple[ExemptionTrial, ...]
    steps: tuple[ScoreStep, ...]
    score: float
    flag_at: float
    candidate: Candidate | None
    shadow: bool = False
    protected: bool = False
    cleared_by: tuple[str, ...] = ()
    lowered_by: tuple[str, ...] = ()

    @property
    def flags(self) -> bool:
        """Whether it reaches its bar, and something is to be found."""
        return not self.harmless and self.score >= self.flag_at

    @property
    def exempt(self) -> bool:
        """True if an exemption makes the claim lawful."""
        return bool(self.cleared_by)

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where the words stand by which it was recognised; for a number and a proposal, all of it."""
        slots = self.candidate.match.slots if self.candidate is not None else ()
        return tuple((slot.start, slot.end) for slot in slots) or ((self.start, self.end),)

    @property
    def is_proposal(self) -> bool:
        """True if the semantic layer proposed it: unsure of the class, it takes no other's place."""
        return self.rule_name == f"{self.class_id}.{PROPOSED}"

    @property
    def harmless(self) -> bool:
        """True if nothing is to be found here."""
        return self.exempt or self.judgement.verdict in {VerdictKind.SUPPORTED, VerdictKind.OUT_OF_SCOPE}


def judge_window(scene: Scene, policy: Policy) -> list[Judged]:
    """Every claim that ends in the window's focus, judged."""
    passport = scene.choice.passport
    candidates = list(recognise(scene.window, passport, policy))
    judged = [_judge_candidate(c, scene, policy) for c in longest(candidates, scene.window.text)]
    if passport is None:
        return judged
    linked = list(linked_claims(scene.window, passport, policy, _spans(candidates, policy)))
    judged = [_as_linked(one, linked, policy) for one in judged]
    judged += _judge_linked(linked, scene, passport, policy)
    judged += _judge_signs(scene, passport, policy)
    return judged


def stated(scene: Scene, policy: Policy) -> tuple[tuple[int, int], ...]:
    """Where detectors find statements of what is registered of goods."""
    return _spans(recognise(scene.window, scene.choice.passport, policy), policy)


def _spans(candidates: Iterable[Candidate], policy: Policy) -> tuple[tuple[int, int], ...]:
    classes = policy.linking.stated_by
    return tuple((c.start, c.end) for c in candidates if c.rule.class_id in classes)


def _as_linked(judged: Judged, linked: Sequence[LinkedClaim], policy: Policy) -> Judged:
    """A claim that a registered value contradicts, under the bar where what it says is linked to that unlikely.

    Its detector knows how such statements are put, and not of which goods or which attribute they are made.
    """
    if not judged.judgement.by_value or judged.class_id not in policy.linking.decided_by:
        return judged
    within = [c for c in linked if c.said_at < judged.end and judged.start < c.end]
    if not within or any(c.judgement.by_value and c.likelihood >= c.model.unlikely for c in within):
        return judged
    why = "what is said is linked to no registered value that differs"
    steps, score = under_the_bar(why, judged.steps, judged.score, judged.flag_at)
    return replace(judged, steps=steps, score=score)


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
    steps, score = _read_anew(candidate.start, candidate.end, scene, steps, score, policy)
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
        cleared_by=_by(outcomes, Effect.CLEARS),
        lowered_by=_by(outcomes, Effect.LOWERS),
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


def _by(outcomes: Sequence[Outcome], effect: Effect) -> tuple[str, ...]:
    return tuple(o.trial.id for o in outcomes if o.effect is effect)


def _judge_linked(
    linked: Iterable[LinkedClaim], scene: Scene, passport: Passport, policy: Policy
) -> Iterator[Judged]:
    """What is said of registered attributes, held against them, and tried against every exemption."""
    for claim in linked:
        if claim.judgement.by_value and claim.likelihood < claim.model.note_at:
            continue
        class_id = _class_of(claim, passport, policy)
        steps, score = claim.steps, claim.likelihood
        if claim.misheard is not None:
            score = round(score * policy.scores.factors.number_misheard, 3)
            steps = (*steps, ScoreStep(step=claim.misheard, value=score))
        place = Place(claim.said_at, claim.end, ((claim.said_at, claim.end),))
        yield _of_record(class_id, claim, place, scene, steps, score, claim.model.flag_at, policy)


def _class_of(claim: LinkedClaim, passport: Passport, policy: Policy) -> str:
    """The class whose sort of value it is, where that class holds for such goods; else a specification."""
    of_sort = (c for sort, c in policy.linking.classes.items() if sort in claim.sorts)
    for class_id in (claim.class_id, *of_sort):
        if class_id is not None and category_allows(policy.class_files[class_id], None, passport):
            return class_id
    return _SPECIFICATION


def _judge_signs(scene: Scene, passport: Passport, policy: Policy) -> Iterator[Judged]:
    """Grades that are told by plus signs."""
    for claim in judge_plus(scene.window, passport, policy.wording.plus):
        place = Place(claim.start, claim.end, ((claim.start, claim.end),))
        step = ScoreStep(step="a grade of plus signs", value=policy.scores.record)
        bar = policy.settings.flag_at
        yield _of_record(_SPECIFICATION, claim, place, scene, (step,), step.value, bar, policy)


def _of_record(
    class_id: str,
    claim: LinkedClaim | SignClaim,
    place: Place,
    scene: Scene,
    steps: tuple[ScoreStep, ...],
    score: float,
    bar: float,
    policy: Policy,
) -> Judged:
    """A claim that was held against a registered value, with what else lowers or clears it."""
    outcomes = try_exemptions(policy.class_files[class_id], None, scene, place, policy)
    exempt, lowered = _by(outcomes, Effect.CLEARS), _by(outcomes, Effect.LOWERS)
    if not scene.choice.sure:
        score = round(score * policy.settings.unsure_product_factor, 3)
        steps = (*steps, ScoreStep(step="product not sure", value=score))
    if exempt:
        score, steps = 0.0, (*steps, ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    elif lowered:
        steps, score = under_the_bar(f"a note at most: {', '.join(lowered)}", steps, score, bar)
    steps, score = _read_anew(claim.start, claim.end, scene, steps, score, policy)
    too_much = policy.scores.too_doubtful
    steps, score = doubted("a number heard with doubt", claim.start, claim.end, scene, steps, score, bar, too_much)
    steps, score = held_back(claim.start, claim.end, scene, steps, score, bar)
    return Judged(
        class_id=class_id,
        rule_name=f"{class_id}.{_QUANTITY_RULE if class_id == _SPECIFICATION else _LINKED_RULE}",
        start=claim.start,
        end=claim.end,
        judgement=claim.judgement,
        trials=tuple(o.trial for o in outcomes),
        steps=steps,
        score=score,
        flag_at=bar,
        candidate=None,
        cleared_by=exempt,
        lowered_by=lowered,
    )


def _read_anew(
    start: int, end: int, scene: Scene, steps: tuple[ScoreStep, ...], score: float, policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score less what the disguised or mis-heard words in the claim cost, a step for each."""
    for reading in scene.window.readings(start, end):
        score = round(score * policy.reader.factor(reading.kind, reading.cost), 3)
        step = f"{reading.kind}: heard {reading.heard}, read as {reading.meant}, cost {reading.cost:g}"
        steps = (*steps, ScoreStep(step=step, value=score))
    return steps, score


def doubted(
    why: str,
    start: int,
    end: int,
    scene: Scene,
    steps: tuple[ScoreStep, ...],
    score: float,
    flag_at: float,
    too_much: float,
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score kept under the flagging bar where too much was heard with doubt; `why` may tell of the {share}.

    Recognisers write other numbers and other words than were said; what rests on what they weren't sure of is nobody's
    claim yet.
    """
    share = scene.window.doubted(start, end) if score >= flag_at else 0.0
    if share < too_much:
        return steps, score
    return under_the_bar(why.format(share=share), steps, score, flag_at)


def held_back(
    start: int, end: int, scene: Scene, steps: tuple[ScoreStep, ...], score: float, flag_at: float
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score kept under the flagging bar where a word was heard only because the recogniser expected it."""
    if scene.window.is_confirmed(start, end):
        return steps, score
    return under_the_bar("heard only with hotwords, not confirmed", steps, score, flag_at)


def under_the_bar(
    why: str, steps: tuple[ScoreStep, ...], score: float, flag_at: float
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score kept just under the flagging bar, and a step that says why."""
    score = min(score, round(flag_at - _BELOW, 3))
    return (*steps, ScoreStep(step=why, value=score)), score


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
    exempt, lowered = _by(outcomes, Effect.CLEARS), _by(outcomes, Effect.LOWERS)
    if exempt:
        score = 0.0
        steps.append(ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    elif lowered:
        why = f"a note at most: {', '.join(lowered)}"
        return under_the_bar(why, tuple(steps), round(score, 3), policy.settings.flag_at)
    return tuple(steps), round(score, 3)

"""From candidates to verdicts: judged symbolically, tried against every exemption, scored step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from claims.context import Place, try_context
from claims.judges.base import Candidate, JudgeInput, Judgement
from claims.judges.plus import judge_plus
from claims.judges.quantity import judge_quantities
from claims.judges.registry import JUDGES
from claims.passport import Passport
from claims.policy import Policy
from claims.policy_models import ClassFile
from claims.product import ProductChoice
from claims.recognise import recognise
from claims.types import ExemptionTrial, PlatformFact, ScoreStep, VerdictKind
from claims.window import Window

_AGGRAVATED = 0.05
_BELOW = 0.01
PROPOSED = "semantic"
_QUANTITY_RULE = "quantity"
_QUANTITY_SCORE = 0.85
# Of the characters of a claim about a number.
_TOO_DOUBTFUL = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim with its verdict, still in window positions."""

    class_id: str
    rule_name: str
    start: int
    end: int
    judgement: Judgement
    trials: tuple[ExemptionTrial, ...]
    steps: tuple[ScoreStep, ...]
    score: float
    candidate: Candidate | None
    shadow: bool = False

    @property
    def exempt(self) -> bool:
        """True if a context makes the claim lawful."""
        return any(t.applies and t.id not in MITIGATING for t in self.trials)

    @property
    def is_proposal(self) -> bool:
        """True if the semantic layer proposed it: unsure of the class, it takes no other's place."""
        return self.rule_name == f"{self.class_id}.{PROPOSED}"

    @property
    def harmless(self) -> bool:
        """True if nothing is to be found here."""
        return self.exempt or self.judgement.verdict in {VerdictKind.SUPPORTED, VerdictKind.OUT_OF_SCOPE}


MITIGATING = frozenset({"corrected", "own_experience"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a claim is judged by: the window, the product, the moment, the platform's facts."""

    window: Window
    choice: ProductChoice
    at: datetime
    at_ms: int
    facts: Sequence[PlatformFact]


def judge_window(scene: Scene, policy: Policy) -> list[Judged]:
    """Every claim that ends in the window's focus, judged."""
    passport = scene.choice.passport
    judged = [_judge_candidate(c, scene, policy) for c in recognise(scene.window, passport, policy)]
    if passport is not None:
        judged += _judge_numbers(scene, passport, policy)
    return judged


def _judge_candidate(candidate: Candidate, scene: Scene, policy: Policy) -> Judged:
    class_id, rule = candidate.rule.class_id, candidate.rule.rule
    file, info = policy.class_files[class_id], policy.classes[class_id]
    judgement = JUDGES[rule.judge or file.judge](
        JudgeInput(
            candidate=candidate,
            window=scene.window,
            policy=policy,
            info=info,
            file=file,
            passport=scene.choice.passport,
            at=scene.at,
            facts=scene.facts,
            at_ms=scene.at_ms,
        )
    )
    place = Place(candidate.start, candidate.end, tuple((s.start, s.end) for s in candidate.match.slots))
    trials = tuple(_trials(file, scene, place, policy, candidate)) + judgement.trials
    steps, score = _score(rule.score, judgement, scene, trials, policy)
    if any((s.start, s.end) in scene.window.misheard for s in candidate.match.slots):
        score = round(score * policy.settings.misheard_factor, 3)
        steps = (*steps, ScoreStep(step="a word was read by its sound or spelling", value=score))
    steps, score = _read_anew(candidate.start, candidate.end, scene, steps, score, policy)
    steps, score = held_back(candidate.start, candidate.end, scene, steps, score, policy)
    return Judged(
        class_id=class_id,
        rule_name=candidate.rule.name,
        start=candidate.start,
        end=candidate.end,
        judgement=judgement,
        trials=trials,
        steps=steps,
        score=score,
        candidate=candidate,
        shadow=rule.shadow,
    )


def _judge_numbers(scene: Scene, passport: Passport, policy: Policy) -> Iterator[Judged]:
    file = policy.class_files["SPEC_PARAM"]
    for claim in (*judge_quantities(scene.window, passport, policy), *judge_plus(scene.window, passport)):
        place = Place(claim.said_at, claim.end, ((claim.said_at, claim.end),))
        trials = tuple(_trials(file, scene, place, policy, None))
        steps, score = _score(_QUANTITY_SCORE, claim.judgement, scene, trials, policy)
        steps, score = _read_anew(claim.start, claim.end, scene, steps, score, policy)
        steps, score = _doubted(claim.start, claim.end, scene, steps, score, policy)
        steps, score = held_back(claim.start, claim.end, scene, steps, score, policy)
        yield Judged(
            class_id="SPEC_PARAM",
            rule_name=f"SPEC_PARAM.{_QUANTITY_RULE}",
            start=claim.start,
            end=claim.end,
            judgement=claim.judgement,
            trials=trials,
            steps=steps,
            score=score,
            candidate=None,
        )


def _trials(
    file: ClassFile, scene: Scene, place: Place, policy: Policy, candidate: Candidate | None
) -> Iterator[ExemptionTrial]:
    names = [r.id for r in policy.context.exemptions if r.always and r.id not in file.drop_exemptions]
    names += [n for n in file.exemptions if n not in names]
    dropped = candidate.rule.rule.drop_exemptions if candidate is not None else ()
    for name in names:
        if name in dropped:
            continue
        rule = policy.exemptions[name]
        if rule.kind == "code":
            yield CHECKS[rule.check or name](name, scene, place)
            continue
        trial = try_context(rule, scene.window, place, policy)
        if trial is not None:
            yield trial
    if candidate is not None and file.class_id in {
        "DISEASE_FOOD",
        "HEALTHFUNC_FOOD",
        "HEALTHFOOD_OVER",
        "MEDDEVICE_DRUG",
    }:
        told = next(
            (scene.window.text[s:e] for s, e in scene.window.located.spans("own_people") if e <= place.end), None
        )
        why = f"own or family's experience makes it worse: {told}" if told else "no experience was told"
        yield ExemptionTrial(id="own_experience", applies=told is not None, why=why)


def _name_only(name: str, scene: Scene, place: Place) -> ExemptionTrial:
    passport = scene.choice.passport
    said = scene.window.text[place.start : place.end]
    names = [n.lower() for n in (*passport.names, passport.brand or "")] if passport else []
    holds = next((n for n in names if n and said in n), None)
    return ExemptionTrial(
        id=name,
        applies=holds is not None,
        why=f"part of the name {holds}" if holds else "not part of a registered name",
    )


def _device_registered(name: str, scene: Scene, place: Place) -> ExemptionTrial:
    passport = scene.choice.passport
    held = passport.held(("DEVICE_REG", "DEVICE_FILING"), scene.at.date()) if passport else None
    return ExemptionTrial(
        id=name,
        applies=held is not None,
        why=f"device registration {held.number}" if held else "no device registration",
    )


def _disinfectant(name: str, scene: Scene, place: Place) -> ExemptionTrial:
    passport = scene.choice.passport
    said = scene.window.text[place.start : place.end]
    texts = (
        [p.text for p in passport.permitted]
        + [t.text for t in passport.texts]
        + [c.scope for c in passport.certificates]
        if passport
        else []
    )
    holds = next(
        (t for t in texts if any(w in said and w in t for w in ("杀菌", "抑菌", "除菌", "抗菌", "止痒", "除螨"))), None
    )
    return ExemptionTrial(
        id=name, applies=holds is not None, why=f"registered: {holds}" if holds else "no such effect is registered"
    )


def _report_held(name: str, scene: Scene, place: Place) -> ExemptionTrial:
    passport = scene.choice.passport
    left, right = scene.window.sentence(place.start, place.end)
    sentence = scene.window.text[left:right]
    says_report = any(w in sentence for w in ("报告", "检测", "检验", "测的"))
    held = passport.held(("TEST_REPORT", "GEM_REPORT"), scene.at.date()) if passport and says_report else None
    return ExemptionTrial(
        id=name, applies=held is not None, why=f"report {held.number}" if held else "no registered report is cited"
    )


def _own_price(name: str, scene: Scene, place: Place) -> ExemptionTrial:
    left = max(0, place.start - 14)
    head = scene.window.text[left : place.end]
    own = next(
        (
            w
            for w in (
                "我们店",
                "本店",
                "我们直播间",
                "我们家",
                "咱家",
                "咱们店",
                "开播以来",
                "这个系列",
                "这几款",
                "几款里",
            )
            if w in head
        ),
        None,
    )
    market = any(w in head for w in ("全网", "全国", "平台", "市面", "抖音"))
    applies = own is not None and not market
    return ExemptionTrial(
        id=name, applies=applies, why=f"own shop's prices: {own}" if applies else "compares with others' prices"
    )


CHECKS = {
    "name_only": _name_only,
    "device_registered": _device_registered,
    "disinfectant": _disinfectant,
    "test_report_held": _report_held,
    "self_compared_price": _own_price,
}


def _read_anew(
    start: int, end: int, scene: Scene, steps: tuple[ScoreStep, ...], score: float, policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score less what the disguised or mis-heard words in the claim cost, a step for each."""
    for reading in scene.window.readings(start, end):
        score = round(score * policy.reader.factor(reading.kind, reading.cost), 3)
        step = f"{reading.kind}: heard {reading.heard}, read as {reading.meant}, cost {reading.cost:g}"
        steps = (*steps, ScoreStep(step=step, value=score))
    return steps, score


def _doubted(
    start: int, end: int, scene: Scene, steps: tuple[ScoreStep, ...], score: float, policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score kept under the flagging bar where too much of a number's claim was heard with doubt.

    Recognisers write other numbers than were said; one that contradicts the record by what they weren't sure of is
    nobody's claim yet.
    """
    if score < policy.settings.flag_at or scene.window.doubted(start, end) < _TOO_DOUBTFUL:
        return steps, score
    return under_the_bar("a number heard with doubt", steps, score, policy)


def held_back(
    start: int, end: int, scene: Scene, steps: tuple[ScoreStep, ...], score: float, policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score kept under the flagging bar where a word was heard only because the recogniser expected it."""
    if scene.window.is_confirmed(start, end):
        return steps, score
    return under_the_bar("heard only with hotwords, not confirmed", steps, score, policy)


def under_the_bar(
    why: str, steps: tuple[ScoreStep, ...], score: float, policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    """The score kept just under the flagging bar, and a step that says why."""
    score = min(score, round(policy.settings.flag_at - _BELOW, 3))
    return (*steps, ScoreStep(step=why, value=score)), score


def _score(
    base: float, judgement: Judgement, scene: Scene, trials: tuple[ExemptionTrial, ...], policy: Policy
) -> tuple[tuple[ScoreStep, ...], float]:
    steps = [ScoreStep(step="pattern", value=round(base, 3))]
    score = base
    if judgement.factor != 1.0:
        score *= judgement.factor
        steps.append(ScoreStep(step=judgement.why, value=round(score, 3)))
    elif judgement.verdict is VerdictKind.CONTRADICTED:
        score = min(0.97, score + 0.1)
        steps.append(ScoreStep(step="passport contradicts", value=round(score, 3)))
    if any(t.applies and t.id == "own_experience" for t in trials):
        score = min(0.97, score + _AGGRAVATED)
        steps.append(ScoreStep(step="own experience", value=round(score, 3)))
    if not scene.choice.sure:
        score *= policy.settings.unsure_product_factor
        steps.append(ScoreStep(step="product not sure", value=round(score, 3)))
    exempt = [t.id for t in trials if t.applies and t.id not in MITIGATING]
    if exempt:
        score = 0.0
        steps.append(ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    return tuple(steps), round(score, 3)

"""Every exemption of a claim, tried: contexts of words, and what is registered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from claims.engine.context import Effect, Place, effect_of, try_context
from claims.engine.scene import Scene
from claims.policy.policy import Policy
from claims.policy.schema import ClassFile, Rule
from claims.policy.wording_of_sellers import ExemptionsWording
from claims.types import ExemptionTrial

_MADE_WORSE = frozenset({"DISEASE_FOOD", "HEALTHFUNC_FOOD", "HEALTHFOOD_OVER", "MEDDEVICE_DRUG"})
OWN_EXPERIENCE = "own_experience"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trial, and what it does to the claim."""

    trial: ExemptionTrial
    effect: Effect


def try_exemptions(
    file: ClassFile, rule: Rule | None, scene: Scene, place: Place, policy: Policy
) -> tuple[Outcome, ...]:
    """All exemptions of the class, the ones of every class first.

    `rule` None: of what was linked to a registered value. What its likelihood weighs counts there no second time.
    """
    protected = rule is not None and rule.protected
    category = scene.choice.passport.category if scene.choice.passport else None
    critical = policy.severity_for(file.class_id, category) == "critical"
    outcomes: list[Outcome] = []
    for name in _names(file, rule, policy):
        context = policy.exemptions[name]
        if context.direction == "record":
            trial = CHECKS[context.check or name](name, scene, place, policy.wording.exemptions)
            outcomes.append(Outcome(trial, Effect.CLEARS if trial.applies else Effect.NOTHING))
            continue
        tried = try_context(context, scene.window, place)
        effect = effect_of(context, tried.applied, protected=protected, critical=critical)
        if tried.applied is None or effect is not Effect.NOTHING:
            outcomes.append(Outcome(tried.trial(policy.messages), effect))
        else:
            why = f"{policy.messages.weighs_nothing.both()}: {tried.applied.cue}"
            outcomes.append(Outcome(ExemptionTrial(id=name, applies=False, why=why), effect))
    if rule is not None and file.class_id in _MADE_WORSE:
        outcomes.append(Outcome(_own_experience(scene, place), Effect.NOTHING))
    return tuple(outcomes)


def _names(file: ClassFile, rule: Rule | None, policy: Policy) -> Iterator[str]:
    always = [r.id for r in policy.context.exemptions if r.always and r.id not in file.drop_exemptions]
    dropped = rule.drop_exemptions if rule is not None else policy.linking.weighed
    yield from (name for name in dict.fromkeys((*always, *file.exemptions)) if name not in dropped)


def _own_experience(scene: Scene, place: Place) -> ExemptionTrial:
    people = scene.window.located.spans("own_people")
    experience = next((scene.window.text[s:e] for s, e in people if e <= place.end), None)
    why = f"own or family's experience makes it worse: {experience}" if experience else "no experience was told"
    return ExemptionTrial(id=OWN_EXPERIENCE, applies=experience is not None, why=why)


def _name_only(name: str, scene: Scene, place: Place, wording: ExemptionsWording) -> ExemptionTrial:
    passport = scene.choice.passport
    said = scene.window.text[place.start : place.end]
    names = [n.lower() for n in (*passport.names, passport.brand or "")] if passport else []
    holds = next((n for n in names if n and said in n), None)
    return ExemptionTrial(
        id=name,
        applies=holds is not None,
        why=f"part of the name {holds}" if holds else "not part of a registered name",
    )


def _device_registered(name: str, scene: Scene, place: Place, wording: ExemptionsWording) -> ExemptionTrial:
    passport = scene.choice.passport
    held = passport.held(("DEVICE_REG", "DEVICE_FILING"), scene.at.date()) if passport else None
    return ExemptionTrial(
        id=name,
        applies=held is not None,
        why=f"device registration {held.number}" if held else "no device registration",
    )


def _disinfectant(name: str, scene: Scene, place: Place, wording: ExemptionsWording) -> ExemptionTrial:
    passport = scene.choice.passport
    said = scene.window.text[place.start : place.end]
    texts = (
        [p.text for p in passport.permitted]
        + [t.text for t in passport.texts]
        + [c.scope for c in passport.certificates]
        if passport
        else []
    )
    holds = next((t for t in texts if any(w in said and w in t for w in wording.disinfects)), None)
    return ExemptionTrial(
        id=name, applies=holds is not None, why=f"registered: {holds}" if holds else "no such effect is registered"
    )


def _report_held(name: str, scene: Scene, place: Place, wording: ExemptionsWording) -> ExemptionTrial:
    passport = scene.choice.passport
    left, right = scene.window.sentence(place.start, place.end)
    sentence = scene.window.text[left:right]
    says_report = wording.reports.any_in(sentence)
    held = passport.held(("TEST_REPORT", "GEM_REPORT"), scene.at.date()) if passport and says_report else None
    return ExemptionTrial(
        id=name, applies=held is not None, why=f"report {held.number}" if held else "no registered report is cited"
    )


def _own_price(name: str, scene: Scene, place: Place, wording: ExemptionsWording) -> ExemptionTrial:
    left = max(0, place.start - 14)
    head = scene.window.text[left : place.end]
    own = wording.own_shop.first_in(head)
    market = wording.whole_market.any_in(head)
    applies = own is not None and not market
    return ExemptionTrial(
        id=name, applies=applies, why=f"own shop's prices: {own}" if applies else "compares with others' prices"
    )


CHECKS: dict[str, Callable[[str, Scene, Place, ExemptionsWording], ExemptionTrial]] = {
    "name_only": _name_only,
    "device_registered": _device_registered,
    "disinfectant": _disinfectant,
    "test_report_held": _report_held,
    "self_compared_price": _own_price,
}

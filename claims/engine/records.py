"""What is said of registered attributes, judged: linked, held against them, tried against every exemption, scored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from claims.classifier.reading import Links
from claims.engine.checkers.base import Candidate
from claims.engine.checkers.plus_grades import SignClaim, judge_plus
from claims.engine.context import Effect, Place
from claims.engine.exemptions import try_exemptions
from claims.engine.extract import category_allows, recognise
from claims.engine.judged import Judged, applied, doubted, held_back, read_anew, under_the_bar
from claims.engine.linking.asides import has_aside
from claims.engine.linking.claim import LinkedClaim
from claims.engine.linking.passages import is_read_otherwise
from claims.engine.scene import Scene
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.policy import Policy
from claims.types import ScoreStep

_QUANTITY_RULE, _LINKED_RULE, _SPECIFICATION = "quantity", "registered", "SPEC_PARAM"


def judge_linked(linked: Iterable[LinkedClaim], scene: Scene, passport: Passport, policy: Policy) -> Iterator[Judged]:
    """What is said of registered attributes, held against them, and tried against every exemption."""
    for claim in linked:
        if claim.judgement.by_value and claim.likelihood < claim.note_at:
            continue
        class_id = _class_of(claim, passport, policy)
        steps, score = claim.steps, claim.likelihood
        if claim.misheard is not None:
            score = round(score * policy.scores.factors.number_misheard, 3)
            steps = (*steps, ScoreStep(step=claim.misheard, value=score))
            steps, score = under_the_bar("a note at most: it may have been heard wrong", steps, score, claim.flag_at)
        place = Place(claim.said_at, claim.end, ((claim.said_at, claim.end),))
        yield _of_record(class_id, claim, place, scene, steps, score, claim.flag_at, policy)


def without_echoes(linked: Sequence[Judged], judged: Sequence[Judged], window: Window) -> list[Judged]:
    """Those that are more than a note beside a flag of their class in the same clause, which says it already."""
    flags = [one for one in judged if one.flags]

    def echoes(one: Judged) -> bool:
        left, right = window.clause(one.start, one.end)
        return not one.flags and any(f.class_id == one.class_id and f.start < right and left < f.end for f in flags)

    return [one for one in linked if not echoes(one)]


def _class_of(claim: LinkedClaim, passport: Passport, policy: Policy) -> str:
    """The class whose sort of value it is, where that class holds for such goods; else a specification."""
    of_sort = (c for sort, c in policy.linking.classes.items() if sort in claim.sorts)
    for class_id in (claim.class_id, *of_sort):
        if class_id is not None and category_allows(policy.class_files[class_id], None, passport):
            return class_id
    return _SPECIFICATION


def judge_signs(scene: Scene, passport: Passport, policy: Policy) -> Iterator[Judged]:
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
    exempt, lowered = applied(outcomes, Effect.CLEARS), applied(outcomes, Effect.LOWERS)
    if not scene.choice.sure:
        score = round(score * policy.settings.unsure_product_factor, 3)
        steps = (*steps, ScoreStep(step="product not sure", value=score))
    if exempt:
        score, steps = 0.0, (*steps, ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    elif lowered:
        steps, score = under_the_bar(f"a note at most: {', '.join(lowered)}", steps, score, bar)
    steps, score = read_anew(claim.start, claim.end, scene, steps, score, policy)
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
        is_read=isinstance(claim, LinkedClaim) and claim.is_read,
        cleared_by=exempt,
        lowered_by=lowered,
    )


def stated(scene: Scene, policy: Policy) -> tuple[tuple[int, int], ...]:
    """Where detectors find statements of what is registered of goods."""
    return spans_of_statements(recognise(scene.window, scene.choice.passport, policy), policy)


def spans_of_statements(candidates: Iterable[Candidate], policy: Policy) -> tuple[tuple[int, int], ...]:
    """Where candidates stand whose class states something of the goods, as half-open spans of characters."""
    classes = policy.linking.stated_by
    return tuple((c.start, c.end) for c in candidates if c.rule.class_id in classes)


def as_linked(judged: Judged, linked: Sequence[LinkedClaim], window: Window, policy: Policy) -> Judged:
    """A claim that a registered value contradicts, under the bar where other goods are meant, or it is linked unlikely.

    Its detector knows how such statements are put, and not of which goods or which attribute they are made.
    """
    if not judged.judgement.by_value:
        return judged
    if has_aside(judged.start, judged.end, window, policy.linking, policy.linking.of_others):
        return _noted("said of other goods", judged)
    if judged.class_id not in policy.linking.decided_by:
        return judged
    within = [c for c in linked if not c.is_read and c.said_at < judged.end and judged.start < c.end]
    if not within or any(c.judgement.by_value and c.likelihood >= c.unlikely for c in within):
        return judged
    return _noted("what is said is linked to no registered value that differs", judged)


def as_read(judged: Judged, window: Window, passport: Passport, policy: Policy, links: Links | None) -> Judged:
    """A claim of a detector that a registered text contradicts, under the bar where a reader of both sees it not so."""
    path = judged.judgement.path
    if links is None or path is None or not judged.judgement.by_value or not judged.flags:
        return judged
    if judged.class_id not in policy.linking.stated_by or not is_read_otherwise(path, window, passport, policy, links):
        return judged
    return _noted("a reader of what is said and what is registered sees no contradiction", judged)


def _noted(why: str, judged: Judged) -> Judged:
    steps, score = under_the_bar(why, judged.steps, judged.score, judged.flag_at)
    return replace(judged, steps=steps, score=score)

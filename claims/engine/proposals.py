"""Claims that the reader alone finds in a passage, decided: by category, registration, context and calibrated score."""

import itertools
from collections.abc import Iterator, Sequence

from claims.classifier.calibration import Features
from claims.classifier.reading import Reader
from claims.engine.checkers.base import Candidate, JudgeInput, Judgement, supported
from claims.engine.checkers.papers import judge_evidence
from claims.engine.checkers.wording import judge_cosmetic, registered_effects
from claims.engine.context import Place, trials_anywhere, try_context
from claims.engine.exemptions import CHECKS
from claims.engine.scene import Scene
from claims.engine.scoring import PassageReader, ReadAs, rescored
from claims.engine.verdict import PROPOSED, Judged, held_back, judge_input
from claims.engine.window import Heard
from claims.policy.match import PatternMatch
from claims.policy.pattern import Pattern
from claims.policy.policy import CompiledRule, Policy
from claims.policy.schema import ClassFile, Rule
from claims.text.normalise import is_boundary
from claims.types import ExemptionTrial, ScoreStep, VerdictKind

_CODE = frozenset({"device_registered", "disinfectant", "test_report_held", "self_compared_price"})
_MOST_CLASSES = 2
# The words that carry a breach are sought in passages longer than this; they say it nearly as surely (log-odds).
_LONG, _NEARLY, _MOST_CLAUSES = 40, 1.0, 3
_NOTHING = Pattern(source="", elements=(), literals=(), required=())


def with_reader(scene: Scene, policy: Policy, reader: Reader, judged: Sequence[Judged]) -> list[Judged]:
    """What was judged with its calibrated scores, together with what the reader finds in the window's focus.

    A passage is read for goods of a known kind; where they are not known, rules and records judge alone.
    """
    passport, window = scene.choice.passport, scene.window
    heard = [h for h in window.heard if h.offset < window.focus_end]
    if passport is None or not heard or heard[-1].offset != window.focus_start:
        return list(judged)
    read = PassageReader(scene, policy, reader, passport)
    found = [rescored(one, read, scene, policy) for one in judged]
    of_focus = read.of_heard(heard[-1])
    score = _score(of_focus, read)
    if score < policy.settings.note_at:
        return found
    ruled = {j.class_id for j in judged}
    likeliest = _likeliest(of_focus, policy.scores.next_class)
    flags = [class_id for class_id in likeliest[:_MOST_CLASSES] if score >= read.bar_of(class_id)[0]]
    if any(not j.harmless for j in judged) and not flags:
        return found
    start, end = _carrying(heard[-1], read, of_focus)
    for class_id in flags or likeliest[:1]:
        if class_id not in ruled:
            found.append(_judge(class_id, of_focus, heard[-1], start, end, scene, policy, read))
    return found


def _features(read_as: ReadAs) -> Features:
    return Features(detector=None, reader=read_as.reading.breach, open_share=read_as.open_share)


def _score(read_as: ReadAs, read: PassageReader) -> float:
    return read.calibration.score(_features(read_as)) if read_as.open_classes else 0.0


def _likeliest(read_as: ReadAs, as_likely: float) -> list[str]:
    """The classes that hold for the goods and are about as likely as the likeliest, by that share of it."""
    most = read_as.open_classes[0][1]
    return [class_id for class_id, share in read_as.open_classes if share >= most * as_likely]


def _carrying(heard: Heard, read: PassageReader, whole: ReadAs) -> tuple[int, int]:
    """Where the fewest clauses stand that say the breach nearly as surely as the passage does, in window positions."""
    text = heard.folded.text
    if len(text) <= _LONG:
        return heard.offset, heard.end
    clauses = _clauses(text)
    for count in range(1, min(_MOST_CLAUSES, len(clauses) - 1) + 1):
        runs = [(clauses[n][0], clauses[n + count - 1][1]) for n in range(len(clauses) - count + 1)]
        start, end = max(runs, key=lambda run: read.of_text(text[run[0] : run[1]]).reading.breach)
        if read.of_text(text[start:end]).reading.breach >= whole.reading.breach - _NEARLY:
            return heard.offset + start, heard.offset + end
    return heard.offset, heard.end


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a passage begin and end, what divides them left out."""
    found, start = [], 0
    for at, character in enumerate((*text, ",")):
        if at == len(text) or is_boundary(character):
            if at > start:
                found.append((start, at))
            start = at + 1
    return found


def _judge(
    class_id: str,
    read_as: ReadAs,
    heard: Heard,
    start: int,
    end: int,
    scene: Scene,
    policy: Policy,
    read: PassageReader,
) -> Judged:
    file, info = policy.class_files[class_id], policy.classes[class_id]
    flag_at, told = read.bar_of(class_id)
    steps = read.calibration.steps(_features(read_as))
    score = steps[-1].value
    steps = (*steps, ScoreStep(step=told, value=score))
    rule = CompiledRule(class_id, Rule(id=PROPOSED, score=max(score, 0.01), patterns=()), (), ())
    match = PatternMatch(pattern=_NOTHING, start=start, end=end, slots=())
    candidate = Candidate(rule=rule, match=match, start=start, end=end)
    judgement = _registered(judge_input(candidate, scene, policy)) or Judgement(
        verdict=info.verdict,
        why="means what the class forbids, in words that no rule lists",
        claimed=scene.window.text[start:end],
        note_only=info.decision_mode == "platform_fact" or file.judge == "note",
    )
    place = Place(start, end, ())
    trials = (
        *_said_right_after(heard, scene, file, policy),
        *all_denied(heard, scene, policy),
        *(
            CHECKS[policy.exemptions[n].check or n](n, scene, place, policy.wording.exemptions)
            for n in file.exemptions
            if n in _CODE
        ),
    )
    like = read.like(scene.window.text[start:end], class_id)
    known = "; ".join(f"{k.text} ({k.similarity})" for k in like)
    steps = (*steps, ScoreStep(step=f"read as {class_id}; like: {known}", value=score))
    if not scene.choice.sure:
        score = round(score * policy.settings.unsure_product_factor, 3)
        steps = (*steps, ScoreStep(step="product not sure", value=score))
    exempt = tuple(t.id for t in trials if t.applies)
    if exempt:
        score = 0.0
        steps = (*steps, ScoreStep(step=f"exempt: {', '.join(exempt)}", value=0.0))
    steps, score = held_back(start, end, scene, steps, score, flag_at)
    return Judged(
        class_id=class_id,
        rule_name=f"{class_id}.{PROPOSED}",
        start=start,
        end=end,
        judgement=judgement,
        trials=trials,
        steps=steps,
        score=score,
        flag_at=flag_at,
        candidate=candidate,
        cleared_by=exempt,
    )


def _said_right_after(heard: Heard, scene: Scene, file: ClassFile, policy: Policy) -> Iterator[ExemptionTrial]:
    """The contexts that stand in the next passage: it may take back what this one says."""
    after = next((h for h in scene.window.heard if h.offset >= heard.end), None)
    if after is not None:
        yield from trials_anywhere(scene.window, after.offset, after.end, file, policy)


def all_denied(heard: Heard, scene: Scene, policy: Policy) -> Iterator[ExemptionTrial]:
    """The contexts that take back all that a passage names, one for each thing; none where something stands.

    What a reader finds has no exact place. What it can only have found in the things that are named, diseases, effects,
    ranks, organs, is not asserted where each of them is denied, asked or told of others by the rules for detectors.
    """
    window, subjects = scene.window, frozenset(policy.settings.reader_subjects)
    spans = sorted(
        (hit.start, hit.end)
        for hit in window.hits
        if heard.offset <= hit.start and hit.end <= heard.end and subjects & set(hit.entry.concepts)
    )
    contexts = [rule for rule in policy.context.exemptions if rule.always and rule.on_protected]
    found: dict[str, ExemptionTrial] = {}
    for span in _listed(spans):
        place = Place(*span, (span,))
        tried = (try_context(rule, window, place) for rule in contexts)
        applied = next((one for one in tried if one.applied is not None), None)
        if applied is None:
            return
        found.setdefault(applied.rule.id, applied.trial(policy.messages))
    yield from found.values()


def _listed(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those that overlap or stand side by side as one: a list is denied as a whole."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _registered(given: JudgeInput) -> Judgement | None:
    """SUPPORTED where a registration may bear what was meant; None where none does."""
    assert given.passport is not None
    if given.file.class_id == "COSMETIC_EFFICACY":
        judgement = judge_cosmetic(given)
        if judgement.verdict is VerdictKind.SUPPORTED:
            return judgement
    if given.file.supported_by.schemes or given.file.supported_by.words:
        judgement = judge_evidence(given)
        if judgement.verdict is VerdictKind.SUPPORTED:
            return judgement
    for path, text in registered_effects(given.passport, given.policy):
        shared = next((p for p in _pairs(text, given.policy) if p in given.words), None)
        if shared is not None:
            return supported(f"a registered effect speaks of {shared}", registered=text, path=path, claimed=given.words)
    return None


def _pairs(text: str, policy: Policy) -> Iterator[str]:
    own = frozenset(policy.settings.says_no_effect)
    if not own:
        # A policy that does not say what tells effects apart lets none be told by two characters.
        return
    for left, right in itertools.pairwise(text):
        if left.isalpha() and right.isalpha() and not {left, right} & own:
            yield left + right

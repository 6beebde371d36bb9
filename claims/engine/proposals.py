"""Claims that the reader alone finds in a passage, decided: by category, registration, context and calibrated score."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from claims.classifier.calibration import Features
from claims.classifier.reading import Reader
from claims.engine.checkers.base import Candidate, JudgeInput, Judgement, supported
from claims.engine.checkers.papers import judge_evidence
from claims.engine.checkers.wording import judge_cosmetic, registered_effects
from claims.engine.context import Place, trials_anywhere
from claims.engine.exemptions import CHECKS
from claims.engine.judged import PROPOSED, Judged, doubted, held_back, under_the_bar
from claims.engine.scene import Scene
from claims.engine.scoring import PassageReader, ReadAs, is_scored, rescored
from claims.engine.verdict import judge_input
from claims.engine.window import WindowPassage
from claims.passports.passport import Passport
from claims.policy.match import PatternMatch
from claims.policy.pattern import Pattern
from claims.policy.policy import CompiledRule, Policy
from claims.policy.schema import ClassFile, Rule
from claims.text.normalise import clauses_of
from claims.types import ExemptionTrial, ScoreStep, VerdictKind

_CODE = frozenset({"device_registered", "disinfectant", "test_report_held", "self_compared_price"})
# The words that carry a breach are sought in passages longer than this; they say it nearly as surely (log-odds).
_LONG, _NEARLY, _MOST_CLAUSES = 40, 1.0, 3
_NOTHING = Pattern(source="", elements=(), literals=(), required=())


def with_reader(scene: Scene, policy: Policy, reader: Reader, judged: Sequence[Judged]) -> list[Judged]:
    """What was judged with its calibrated scores, together with what the reader finds in the window's focus.

    A passage is read for goods of a known kind; where they are not known, rules and records judge alone.
    """
    passport, window = scene.choice.passport, scene.window
    heard = [h for h in window.passages if h.offset < window.focus_end]
    if passport is None or not heard or heard[-1].offset != window.focus_start:
        return list(judged)
    read = PassageReader(scene, policy, reader, passport)
    found = [rescored(one, read, scene, policy) for one in judged]
    of_focus = read.of_passage(heard[-1])
    if _score(of_focus, read) < policy.settings.note_at:
        return found
    said = _said(heard[-1], judged, passport, policy)
    if said.is_cut:
        of_focus = read.of_text(said.rest)
    class_id = _likeliest(of_focus)
    flags = class_id is not None and not of_focus.of_record and _score(of_focus, read) >= read.bar_of(class_id)[0]
    if any(not j.harmless for j in judged) and not flags:
        return found
    # Of these the reader's word is in their score already.
    weighed = {j.class_id for j in judged if j.flags or is_scored(j, policy)}
    if class_id is not None and class_id not in weighed:
        start, end = _carrying(heard[-1], said, read, of_focus) if flags else (heard[-1].offset, heard[-1].end)
        registered = None if flags else said.registered
        found.append(_judge(class_id, of_focus, heard[-1], start, end, scene, policy, read, registered))
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """The clauses of a passage that are left to be read, as places in it, and what of it is registered of the goods.

    Left out are clauses that hold what rules looked at and cleared, and those that say a registered effect; of the
    last, `registered` is the SUPPORTED judgement.
    """

    text: str
    clauses: tuple[tuple[int, int], ...]
    is_cut: bool
    registered: Judgement | None

    @property
    def rest(self) -> str:
        """The words that are left."""
        return ",".join(self.text[start:end] for start, end in self.clauses)


def _said(heard: WindowPassage, judged: Sequence[Judged], passport: Passport, policy: Policy) -> _Said:
    """What a passage says beyond what is cleared or registered.

    A clause that shares a pair of characters with the effect's text says it; those that most effects share don't tell.
    """
    text = heard.folded.text
    effects = [(path, effect, tuple(_pairs(effect, policy))) for path, effect in registered_effects(passport, policy)]
    cleared = [span for one in judged if _is_cleared(one) for span in one.spans]
    all_of_it, left, registered = clauses_of(text), [], None
    for start, end in all_of_it:
        clause = text[start:end]
        shared = next(((path, effect, p) for path, effect, pairs in effects for p in pairs if p in clause), None)
        if shared is not None:
            path, effect, pair = shared
            why = f"a registered effect speaks of {pair}"
            registered = supported(why, registered=effect, path=path, claimed=clause)
        elif not any(s < heard.offset + end and heard.offset + start < e for s, e in cleared):
            left.append((start, end))
    return _Said(text, tuple(left), len(left) < len(all_of_it), registered)


def _is_cleared(judged: Judged) -> bool:
    return judged.exempt or judged.judgement.verdict is VerdictKind.SUPPORTED


def _features(read_as: ReadAs) -> Features:
    return Features(detector=None, reader=read_as.reading.breach, open_share=read_as.open_share)


def _score(read_as: ReadAs, read: PassageReader) -> float:
    return read.calibration.score(_features(read_as)) if read_as.open_classes else 0.0


def _likeliest(read_as: ReadAs) -> str | None:
    """The likeliest of the classes that hold for the goods."""
    return read_as.open_classes[0][0] if read_as.open_classes else None


def _carrying(heard: WindowPassage, said: _Said, read: PassageReader, whole: ReadAs) -> tuple[int, int]:
    """Where the fewest clauses stand that say the breach nearly as surely as the passage does, in window positions."""
    text, clauses = heard.folded.text, said.clauses
    if len(text) <= _LONG:
        return heard.offset, heard.end
    for count in range(1, min(_MOST_CLAUSES, len(clauses) - 1) + 1):
        runs = [(clauses[n][0], clauses[n + count - 1][1]) for n in range(len(clauses) - count + 1)]
        start, end = max(runs, key=lambda run: read.of_text(text[run[0] : run[1]]).reading.breach)
        if read.of_text(text[start:end]).reading.breach >= whole.reading.breach - _NEARLY:
            return heard.offset + start, heard.offset + end
    return heard.offset, heard.end


def _judge(
    class_id: str,
    read_as: ReadAs,
    heard: WindowPassage,
    start: int,
    end: int,
    scene: Scene,
    policy: Policy,
    read: PassageReader,
    registered: Judgement | None,
) -> Judged:
    file, info = policy.class_files[class_id], policy.classes[class_id]
    flag_at, step = read.bar_of(class_id)
    steps = read.calibration.steps(_features(read_as))
    score = steps[-1].value
    steps = (*steps, ScoreStep(step=step, value=score))
    rule = CompiledRule(class_id, Rule(id=PROPOSED, score=max(score, 0.01), patterns=()), (), ())
    match = PatternMatch(pattern=_NOTHING, start=start, end=end, slots=())
    candidate = Candidate(rule=rule, match=match, start=start, end=end)
    judgement = (
        registered
        or _proven(judge_input(candidate, scene, policy))
        or Judgement(
            verdict=info.verdict,
            why="means what the class forbids, in words that no rule lists",
            claimed=scene.window.text[start:end],
            note_only=info.decision_mode == "platform_fact" or file.judge == "note",
        )
    )
    place = Place(start, end, ())
    trials = (
        *_said_right_after(heard, scene, file, policy, read, flag_at),
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
    if read_as.of_record:
        steps, score = under_the_bar("likeliest of what a record decides: a note at most", steps, score, flag_at)
    too_much = policy.scores.too_doubtful_passage
    why = "heard with doubt: {share:.2f} of the passage"
    steps, score = doubted(why, heard.offset, heard.end, scene, steps, score, flag_at, too_much)
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
        proposed=read_as.proposed,
    )


def _said_right_after(
    heard: WindowPassage, scene: Scene, file: ClassFile, policy: Policy, read: PassageReader, flag_at: float
) -> Iterator[ExemptionTrial]:
    """The contexts that stand in the next passage; they take back what this one says if the reader of both agrees."""
    after = next((h for h in scene.window.passages if h.offset >= heard.end), None)
    if after is None:
        return
    for trial in trials_anywhere(scene.window, after.offset, after.end, file, policy):
        if trial.applies and _score(read.of_text(f"{heard.folded.text},{after.folded.text}"), read) >= flag_at:
            yield replace(trial, applies=False, why=f"read with it as likely a breach: {trial.why}")
        else:
            yield trial


def _proven(given: JudgeInput) -> Judgement | None:
    """SUPPORTED where what is registered or proven may bear what was meant; None where nothing does."""
    assert given.passport is not None
    if given.file.class_id == "COSMETIC_EFFICACY":
        judgement = judge_cosmetic(given)
        if judgement.verdict is VerdictKind.SUPPORTED:
            return judgement
    if given.file.supported_by.schemes or given.file.supported_by.words:
        judgement = judge_evidence(given)
        if judgement.verdict is VerdictKind.SUPPORTED:
            return judgement
    return None


def _pairs(text: str, policy: Policy) -> Iterator[str]:
    own = frozenset(policy.settings.says_no_effect)
    if not own:
        # A policy that does not say what tells effects apart lets none be told by two characters.
        return
    for left, right in itertools.pairwise(text):
        if left.isalpha() and right.isalpha() and not {left, right} & own:
            yield left + right

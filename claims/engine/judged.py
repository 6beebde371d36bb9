"""A claim with its verdict and its score, and what keeps a score under the bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from claims.engine.checkers.base import Candidate, Judgement
from claims.engine.context import Effect
from claims.engine.exemptions import Outcome
from claims.engine.scene import Scene
from claims.policy.policy import Policy
from claims.types import ExemptionTrial, ScoreStep, VerdictKind

PROPOSED = "semantic"
_BELOW = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim with its verdict, still in window positions.

    `cleared_by` and `lowered_by`: the exemptions that make it lawful, and those that make it a note at most.
    `flag_at`: the score from which it is flagged: the policy's where rules and records judge alone, else that by which
    the budget of false alarms is kept. `protected`: it was said outright, and no learned reading lowers it.
    `is_read`: a reader found it in a whole passage, beside what is registered. `proposed`: the classes that a reader
    thought of, the likeliest first.
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
    is_read: bool = False
    cleared_by: tuple[str, ...] = ()
    lowered_by: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()

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
        """True if a reader found it in a passage: unsure which words say it, it takes no other's place."""
        return self.is_read or self.rule_name == f"{self.class_id}.{PROPOSED}"

    @property
    def harmless(self) -> bool:
        """True if nothing is to be found here."""
        return self.exempt or self.judgement.verdict in {VerdictKind.SUPPORTED, VerdictKind.OUT_OF_SCOPE}


def applied(outcomes: Sequence[Outcome], effect: Effect) -> tuple[str, ...]:
    """The exemptions that have this effect."""
    return tuple(o.trial.id for o in outcomes if o.effect is effect)


def read_anew(
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

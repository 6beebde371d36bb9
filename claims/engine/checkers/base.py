"""What every judge takes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.match import PatternMatch
from claims.policy.messages import Messages
from claims.policy.policy import CompiledRule, Policy
from claims.policy.schema import ClassFile, ClassInfo
from claims.policy.scores import Factors
from claims.policy.wording import Wording
from claims.types import ExemptionTrial, PlatformFact, VerdictKind

_SHOWN_REACH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A claim as recognised: which rule, where, filled by what."""

    rule: CompiledRule
    match: PatternMatch
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeInput:
    """All that a judge may look at. `passport` None: the product could not be made out."""

    candidate: Candidate
    window: Window
    policy: Policy
    info: ClassInfo
    file: ClassFile
    passport: Passport | None
    at: datetime
    facts: Sequence[PlatformFact] = ()
    at_ms: int = 0

    @property
    def wording(self) -> Wording:
        """By which words the policy compares."""
        return self.policy.wording

    @property
    def messages(self) -> Messages:
        """What the policy tells of what is registered and claimed."""
        return self.policy.messages

    @property
    def factors(self) -> Factors:
        """What the policy leaves of a score where less speaks against the claim."""
        return self.policy.scores.factors

    @property
    def words(self) -> str:
        """The claim's folded words."""
        return self.window.text[self.candidate.start : self.candidate.end]

    def slot_words(self, *concepts: str) -> list[str]:
        """The folded words that filled slots of these concepts."""
        return [self.window.text[s.start : s.end] for s in self.candidate.match.slots if s.concept in concepts]

    def cue_near(self, name: str, reach: int) -> str | None:
        """The first cue of that list in the claim's sentence, at most `reach` characters away; None without one."""
        left, right = self.window.sentence(self.candidate.start, self.candidate.end)
        left, right = max(left, self.candidate.start - reach), min(right, self.candidate.end + reach)
        spans = self.window.located.spans(f"cue:{name}")
        return next((self.window.text[s:e] for s, e in spans if left <= s and e <= right), None)

    @property
    def shown(self) -> str | None:
        """The words that say where document or label can be read; None without, or where they are belied."""
        if self.cue_near("paper_belied", _SHOWN_REACH):
            return None
        return self.cue_near("document_shown", _SHOWN_REACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How the claim stands, and why in words; `factor` scales the rule's score, 0 where nothing may be kept.

    `by_value`: a registered value was compared and says otherwise, so that no reading of the words counts against it.
    """

    verdict: VerdictKind
    why: str
    claimed: str = ""
    registered: str | None = None
    path: str | None = None
    factor: float = 1.0
    note_only: bool = False
    by_value: bool = False
    trials: tuple[ExemptionTrial, ...] = field(default=())
    end: int | None = None


def supported(why: str, *, registered: str | None = None, path: str | None = None, claimed: str = "") -> Judgement:
    """The claim agrees with what is registered."""
    return Judgement(verdict=VerdictKind.SUPPORTED, why=why, registered=registered, path=path, claimed=claimed)


def contradicted(why: str, *, registered: str, path: str, claimed: str = "", factor: float = 1.0) -> Judgement:
    """A registered value says otherwise."""
    return Judgement(
        verdict=VerdictKind.CONTRADICTED,
        why=why,
        registered=registered,
        path=path,
        claimed=claimed,
        factor=factor,
        by_value=True,
    )


def beyond(why: str, *, registered: str, path: str, claimed: str) -> Judgement:
    """What was said means more than is registered; whether it does mean that, words decide."""
    return Judgement(verdict=VerdictKind.CONTRADICTED, why=why, registered=registered, path=path, claimed=claimed)


def unsupported(why: str, *, claimed: str = "", factor: float = 1.0, note_only: bool = False) -> Judgement:
    """The claim needs proof and none is registered."""
    return Judgement(verdict=VerdictKind.UNSUPPORTED, why=why, claimed=claimed, factor=factor, note_only=note_only)


def out_of_scope(why: str) -> Judgement:
    """Not something that this rule decides."""
    return Judgement(verdict=VerdictKind.OUT_OF_SCOPE, why=why, factor=0.0)

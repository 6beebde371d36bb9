"""The nouns of claim understanding: passage in, finding out; the JSON of the contract is made here."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta, timezone
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Channel = Literal["speech", "screen"]
# By it days are told, and moments that name no offset.
CHINA_TIME = timezone(timedelta(hours=8))
# Ten years: what lies beyond is a mistaken clock, such as microseconds.
_LATEST_MS = 10 * 365 * 86_400_000


class VerdictKind(StrEnum):
    """How a claim stands against passport, law and policy."""

    CONTRADICTED = "contradicted"
    BANNED = "banned"
    UNSUPPORTED = "unsupported"
    SUPPORTED = "supported"
    OUT_OF_SCOPE = "out_of_scope"


class Disposition(StrEnum):
    """`flag` goes to the queue; `note` is kept and searchable; `none` is no finding at all."""

    FLAG = "flag"
    NOTE = "note"
    NONE = "none"


class Frozen(BaseModel):
    """A strict, immutable record at the edge of the program."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Unconfirmed(Frozen):
    """Characters `[start, end)` of a text that only a hint brought in; `heard` is what was heard there without it."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    heard: str


class Doubt(Frozen):
    """Characters `[start, end)` of a text that the recogniser was not sure of, with what else it may have heard.

    `below`: the one alternative was listened for on the same sound, and is so many nats less likely than what was
    heard; negative if likelier; None: it was not.
    """

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    alternatives: tuple[str, ...] = ()
    below: float | None = None


class SpokenWord(Frozen):
    """Characters `[start, end)` of a text and when they were said, in ms on the stream clock."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    start_ms: Annotated[int, Field(ge=0, le=_LATEST_MS)]
    end_ms: Annotated[int, Field(ge=0, le=_LATEST_MS)]


class FrameBox(Frozen):
    """An upright rectangle on the picture, in pixels of the full-size frame, half-open."""

    left: int
    top: int
    right: int
    bottom: int


class Passage(Frozen):
    """Words and their place: all that claim understanding needs of speech or screen.

    Times are integer milliseconds on the stream clock, half-open. `product_id` None: worked out from context.
    Nothing is flagged on `unconfirmed` characters, in order of their place. `words`: when each was said, for people
    who look at the place; none where it is not known. `box` None: it was heard, or its place is not known.
    `verbatim`: a person wrote down what was said, so that nothing in it is read by its sound.
    """

    stream_id: Annotated[str, Field(min_length=1)]
    id: Annotated[str, Field(min_length=1)]
    channel: Channel = "speech"
    start_ms: Annotated[int, Field(ge=0, le=_LATEST_MS)]
    end_ms: Annotated[int, Field(ge=0, le=_LATEST_MS)]
    text: str
    product_id: str | None = None
    unconfirmed: tuple[Unconfirmed, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    words: tuple[SpokenWord, ...] = ()
    box: FrameBox | None = None
    verbatim: bool = False

    @property
    def by_ear(self) -> bool:
        """True where a recogniser wrote down what it heard."""
        return self.channel == "speech" and not self.verbatim

    @property
    def text_without_hints(self) -> str:
        """The text as it was heard without any hint."""
        text = self.text
        for hinted in reversed(self.unconfirmed):
            text = text[: hinted.start] + hinted.heard + text[hinted.end :]
        return text


class PlatformFact(Frozen):
    """Something the platform's backend knows at a moment of the stream; `product_id` None: about the whole room."""

    stream_id: str
    at_ms: Annotated[int, Field(ge=0, le=_LATEST_MS)]
    kind: Literal["stock", "sales", "viewers", "rating", "promo_end", "gift", "ai_label", "on_sale"]
    product_id: str | None = None
    value: int | float | str | bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What was heard, and what it was taken to mean."""

    kind: str
    heard: str
    meant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionTrial:
    """An exemption or aggravation that was tried: whether it applies, and why."""

    id: str
    applies: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreStep:
    """One named step of the score; `value` is the score after it."""

    step: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Where a claim was made on one channel, the first time it was."""

    channel: Channel
    passage_ids: tuple[str, ...]
    start_ms: int
    end_ms: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReading:
    """What a language model said of a finding that was in doubt, and what came of it.

    `prompt`: the policy's prompt by its version. `words`: those of the passage that the answer rests on. `reading`:
    what it takes to have been said where the recogniser had doubts; None: what was heard. `effect`: what it changed;
    `why`: the code of what kept it from changing more. `score_before`, `disposition_before`: how the finding stood
    without it.
    """

    model: str
    prompt: str
    answer: Literal["breach", "lawful", "unsure"]
    reason: str
    words: tuple[str, ...]
    class_id: str
    reading: str | None
    effect: Literal["lifted", "lowered", "reworded", "none"]
    why: str
    score_before: float
    disposition_before: Disposition


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict worth keeping, with all that a reviewer needs to see why. Fields as in the contract.

    Said and shown it is one finding: `channel` and `quote` are those of the first of its `witnesses`. Where a person
    corrected the text, `supersedes` names the finding that was made from it before, and that one's `superseded_by` the
    new one, or itself where no claim is left. `proposed`: the other classes that the semantic layer thought of.
    `protected`: it was said outright, so that a person decides. `suggestion` and `risk`: what its platform is advised,
    by the thresholds that `suggested_by` names; None: it is not stored.
    """

    finding_id: str
    stream_id: str
    passage_ids: tuple[str, ...]
    start_ms: int
    end_ms: int
    channel: Channel
    quote: str
    normalised: str
    class_id: str
    verdict: VerdictKind
    disposition: Disposition
    severity: str
    score: float
    product_id: str | None
    claimed: str
    registered: str | None
    passport_path: str | None
    passport_version: str | None
    law: tuple[str, ...]
    law_status: str
    policy: str
    rule: str
    match: tuple[Match, ...]
    exemptions: tuple[ExemptionTrial, ...]
    score_steps: tuple[ScoreStep, ...]
    advice: str = ""
    product_reason: str = ""
    count: int = 1
    witnesses: tuple[Witness, ...] = ()
    models: dict[str, str] = field(default_factory=dict)
    clip: str | None = None
    supersedes: str | None = None
    superseded_by: str | None = None
    proposed: tuple[str, ...] = ()
    second_reading: SecondReading | None = None
    protected: bool = False
    suggestion: Literal["pass", "review", "block"] | None = field(default=None, compare=False)
    risk: Literal["low", "medium", "high", "critical"] | None = field(default=None, compare=False)
    suggested_by: str | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, object]:
        """The finding as the contract writes it."""
        return {
            "finding_id": self.finding_id,
            "stream_id": self.stream_id,
            "passage_ids": list(self.passage_ids),
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "channel": self.channel,
            "quote": self.quote,
            "normalised": self.normalised,
            "class": self.class_id,
            "verdict": self.verdict.value,
            "disposition": self.disposition.value,
            "severity": self.severity,
            "score": self.score,
            "product_id": self.product_id,
            "claimed": self.claimed,
            "registered": self.registered,
            "passport_path": self.passport_path,
            "passport_version": self.passport_version,
            "law": list(self.law),
            "law_status": self.law_status,
            "policy": self.policy,
            "rule": self.rule,
            "match": [{"kind": m.kind, "heard": m.heard, "meant": m.meant} for m in self.match],
            "exemptions": [{"id": e.id, "applies": e.applies, "why": e.why} for e in self.exemptions],
            "score_steps": [{"step": s.step, "value": s.value} for s in self.score_steps],
            "advice": self.advice,
            "product_reason": self.product_reason,
            "count": self.count,
            "witnesses": [
                {
                    "channel": w.channel,
                    "passage_ids": list(w.passage_ids),
                    "start_ms": w.start_ms,
                    "end_ms": w.end_ms,
                    "quote": w.quote,
                }
                for w in self.witnesses
            ],
            "models": dict(self.models),
            "clip": self.clip,
            "supersedes": self.supersedes,
            "superseded_by": self.superseded_by,
            "proposed": list(self.proposed),
            "second_reading": None if self.second_reading is None else asdict(self.second_reading),
            "protected": self.protected,
            "suggestion": self.suggestion,
            "risk": self.risk,
            "suggested_by": self.suggested_by,
        }

"""A question about one finding, the opinion that answers it, and what an opinion makes of the finding."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from claims.types import Finding, SecondReading

Answer = Literal["breach", "lawful", "unsure"]
# What of a question may leave the machine, by the names of its fields; `class` and `passage` always do.
Sent = Literal["exemptions", "law", "goods", "passport", "neighbours", "readings", "decided"]
SENT: tuple[Sent, ...] = ("exemptions", "law", "goods", "passport", "neighbours", "readings", "decided")


class CaseHold(StrEnum):
    """Whether people have taken the finding's case up: then an opinion is shown and changes nothing.

    `shared`: the claim can't become another one, for its case tells of more, or another case tells of that already.
    """

    FREE = "free"
    HELD = "held"
    DECIDED = "decided"
    SHARED = "shared"


class Between(BaseModel):
    """The scores between which a finding is in doubt, half-open."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: Annotated[float, Field(ge=0, le=1, alias="from")]
    to: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ > self.to:
            raise ValueError(f"from {self.from_:g} is above to {self.to:g}")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Which findings are read again: by their scores, of some classes by others; and whether protected ones are."""

    between: Between
    of_class: Mapping[str, Between] = field(default_factory=dict)
    protected: bool = False

    def holds(self, class_id: str, score: float) -> bool:
        """Whether a finding of the class with this score is in doubt."""
        bars = self.of_class.get(class_id, self.between)
        return bars.from_ <= score < bars.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Words on which a person of this installation has decided."""

    quote: str
    violates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one finding: the policy's own words, and the data, which hold all that comes from the room.

    `asked`: a hash over what the answer follows from, decided cases left out. `classes`: those to choose among, the
    finding's own first. `readings`: what may have been said, as it was heard first. `speaks_to_machine`: the texts
    address whoever reads them for us.
    """

    finding_id: str
    about: str
    prompt: str
    system: str
    task: str
    data: Mapping[str, object]
    asked: str
    classes: tuple[str, ...]
    readings: tuple[str, ...]
    language: str
    speaks_to_machine: bool

    def key(self, model: str) -> str:
        """What the answer is kept by: same passage, passport, prompt and model, same answer."""
        return hashlib.sha256(f"{model}\x1f{self.asked}".encode()).hexdigest()

    @property
    def messages(self) -> list[dict[str, str]]:
        """The two messages of the dialogue."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return [{"role": "system", "content": self.system}, {"role": "user", "content": f"{self.task}\n{data}"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """An answer that was checked: what it says, and the words of the passage that it rests on."""

    model: str
    answer: Answer
    class_id: str
    reading: int
    words: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A finding with what was said of it, and the one that takes its place where class or quote changed."""

    finding: Finding
    heir: Finding | None = None

    @property
    def reading(self) -> SecondReading:
        """What was said."""
        assert self.finding.second_reading is not None
        return self.finding.second_reading

"""What the second reader is set to, and what it says of one question."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from claims.second_reader.types import SENT, Doubt, Opinion, Sent
from review.second_reader.types import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReaderConfig:
    """Settings of the second reader; plain values only.

    `url`: the endpoint up to `/v1`; `transformers`: a model in this process or on Ray instead. Without either nothing
    is read twice. `prices`: of a million tokens in and out, in the operator's currency.
    """

    doubt: Doubt
    budget: Budget
    url: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    transformers: str = ""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    num_gpus: float = 1.0
    batch_size: int = 8
    threads: int = 1
    deadline_s: float = 20.0
    at_once: int = 4
    most_tokens: int = 400
    failures: int = 5
    rest_s: float = 60.0
    prices: tuple[float, float] = (0.0, 0.0)
    sends: tuple[Sent, ...] = SENT
    trust_ca: str = ""

    @property
    def is_on(self) -> bool:
        """Whether anything is read a second time."""
        return bool(self.url or self.transformers)

    @property
    def name(self) -> str:
        """The model as findings name it; never the address."""
        return self.model or self.transformers or "default"

    @property
    def place(self) -> str:
        """The one host and port that is called, as operators allow addresses."""
        parts = urlsplit(self.url)
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        host = parts.hostname or ""
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Outcome(StrEnum):
    """What became of a question.

    `answered` and `kept` give an opinion; `void`: the answer was none that counts; `late`: past the deadline; `failed`:
    the model did not answer; `resting`: it failed so often that it is left alone for a while; `budget`: no call was
    left; `busy`: too much waited before it; `unasked`: what it is about is not there.
    """

    ANSWERED = "answered"
    KEPT = "kept"
    VOID = "void"
    LATE = "late"
    FAILED = "failed"
    RESTING = "resting"
    BUDGET = "budget"
    BUSY = "busy"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said, and the tokens that it took."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondReadingResult:
    """What became of a question: the opinion with the key by which its answer is kept, or none and why."""

    outcome: Outcome
    opinion: Opinion | None = None
    key: str = ""
    why: str = ""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    took_ms: int = 0


class ModelLate(Exception):
    """The model did not answer within its time."""


class ModelFailed(Exception):
    """The model could not be asked, or answered with an error; `str` says why and holds no secret."""


class Model(Protocol):
    """A language model; any number of threads may ask."""

    name: str

    def say(self, messages: list[dict[str, str]], schema: Mapping[str, Any], *, within_s: float) -> Reply:
        """What it answers, as JSON that fits the schema if it keeps to it; raises ModelLate or ModelFailed."""
        ...

    def close(self) -> None:
        """Lets go of what it holds."""
        ...

"""A re-analysis as a customer sees it, and as whoever works on it does."""

from dataclasses import dataclass
from enum import StrEnum

from claims.types import Finding
from review.errors import NotFoundError


class UnknownReanalysisError(NotFoundError):
    """The customer has no re-analysis of this id."""

    def __init__(self, reanalysis_id: str) -> None:
        super().__init__(f"re-analysis {reanalysis_id!r} is not in the store; check the id")
        self.reanalysis_id = reanalysis_id


class ReanalysisState(StrEnum):
    """Where a re-analysis stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = (ReanalysisState.DONE, ReanalysisState.FAILED, ReanalysisState.CANCELLED)


class Outcome(StrEnum):
    """What became of a claim: found as before, not found any more, found for the first time, found otherwise."""

    KEPT = "kept"
    GONE = "gone"
    NEW = "new"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A claim as it was found before and as it is found now; None: it was not. `parts`: in what the two differ."""

    outcome: Outcome
    before: Finding | None
    after: Finding | None
    parts: tuple[str, ...] = ()

    @property
    def start_ms(self) -> int:
        """Where on the stream clock it begins."""
        return min(found.start_ms for found in (self.before, self.after) if found is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """How many claims were found again, and how."""

    kept: int = 0
    gone: int = 0
    new: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReanalysis:
    """What a customer asks for: `[start_ms, end_ms)` of a broadcast; `end_ms` None: up to its end.

    `model`: hears the recording again; None: its stored passages are judged. `policy`: a reference as orders keep it;
    None: the policy in force. `passports`: id and version of those that are not judged by as they were.
    `request_key`: asked again with the same content, it is the same order.
    """

    tenant_id: str
    stream_id: str
    start_ms: int = 0
    end_ms: int | None = None
    model: str | None = None
    policy: str | None = None
    passports: tuple[tuple[str, str], ...] = ()
    request_key: str | None = None
    content_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reanalysis:
    """A re-analysis and how far it is.

    `judged_by`: the policy that judged it, by name and version; None: not begun. `analysed_ms` of `span_ms`: how far it
    is. `missing_ms`: how much of the recording is not kept any more; what was found there is compared with nothing.
    """

    reanalysis_id: str
    tenant_id: str
    stream_id: str
    state: ReanalysisState
    start_ms: int
    end_ms: int | None
    model: str | None
    policy: str | None
    passports: tuple[tuple[str, str], ...]
    created_at_ms: int
    judged_by: str | None = None
    span_ms: int = 0
    analysed_ms: int = 0
    missing_ms: int = 0
    counts: OutcomeCounts = OutcomeCounts()
    error: str | None = None

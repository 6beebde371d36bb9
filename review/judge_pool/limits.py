"""The terms on which texts are judged for callers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingTerms:
    """How much is judged at once, for how long, and for whom; the settings explain each."""

    processes: int = 2
    memory_mb: int = 2_000
    recycle_jobs: int = 1_000
    deadline_s: float = 120.0
    wait_s: float = 30.0
    places: int = 64
    per_key: int = 8
    small_kb: int = 8

"""From decisions to bars: what would be lost and saved if claims of a class or detector were flagged later. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

# A case that is lost weighs as much as so many that are saved.
_LOST_WEIGHS = 5
_STEP = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredCase:
    """A decided case with the score that brought it up."""

    case_id: str
    score: float
    violates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """What raising the bar from where the lowest flag stands would lose and save, with the cases behind it."""

    bar_from: float
    bar_to: float
    lost: tuple[str, ...]
    saved: tuple[str, ...]


def raised(cases: Sequence[ScoredCase], bar: float) -> Raise:
    """What this bar would lose and save."""
    return Raise(
        bar_from=round(min((case.score for case in cases), default=0.0), 2),
        bar_to=bar,
        lost=tuple(case.case_id for case in cases if case.violates and case.score < bar),
        saved=tuple(case.case_id for case in cases if not case.violates and case.score < bar),
    )


def best_raise(cases: Sequence[ScoredCase]) -> Raise | None:
    """The bar that saves most, a lost case counting as five; None: no bar saves more than it loses."""
    lawful = sorted(case.score for case in cases if not case.violates)
    breaches = sorted(case.score for case in cases if case.violates)
    bars = sorted({_above(score) for score in lawful})
    worth = [(bisect_left(lawful, bar) - _LOST_WEIGHS * bisect_left(breaches, bar), -bar) for bar in bars]
    best = max(worth, default=(0, 0.0))
    return raised(cases, -best[1]) if best[0] > 0 else None


def _above(score: float) -> float:
    """The lowest bar, in steps, that this score does not reach."""
    return round((int(score / _STEP + 1e-9) + 1) * _STEP, 2)

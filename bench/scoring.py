"""Precision and recall of flags over cases, at one threshold or all of them.

A hit is a flag of an allowed class; a violation with flags of other classes alone is missed; a lawful case with any
flag is a false alarm. A flag without a class counts for any class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.cases import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFlag:
    """Something a method objects to, and how sure it is; `class_id` None: it can't say of what class."""

    class_id: str | None
    score: float


class Method(Protocol):
    """A way of telling violations from lawful speech."""

    name: str
    default_threshold: float

    def flags(self, case: Case) -> list[ScoredFlag]:
        """What it objects to in the case."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How a method did at one threshold; `any_class` counts violations flagged for whatever reason."""

    threshold: float
    hit: int
    missed: int
    false: int
    quiet: int
    any_class: int

    @property
    def recall(self) -> float:
        """The share of violations that were found; 0 where there are none."""
        return self.hit / max(1, self.hit + self.missed)

    @property
    def precision(self) -> float:
        """The share of hits among hits and false alarms; 0 where nothing was flagged."""
        return self.hit / max(1, self.hit + self.false)

    @property
    def recall_any_class(self) -> float:
        """The share of violations flagged, right class or not."""
        return self.any_class / max(1, self.hit + self.missed)

    @property
    def lawful_left_alone(self) -> float:
        """The share of lawful cases without a flag."""
        return self.quiet / max(1, self.quiet + self.false)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.hit / max(1, 2 * self.hit + self.missed + self.false)


FlagsByCase = Mapping[str, Sequence[ScoredFlag]]


def score(cases: Iterable[Case], flags: FlagsByCase, threshold: float) -> Figures:
    """The figures when flags scored `threshold` or more stand."""
    hit = missed = false = quiet = any_class = 0
    for case in cases:
        standing = [f for f in flags.get(case.id, ()) if f.score >= threshold]
        if case.is_violation:
            found = any(f.class_id is None or f.class_id in case.classes for f in standing)
            hit += found
            missed += not found
            any_class += bool(standing)
        else:
            false += bool(standing)
            quiet += not standing
    return Figures(threshold=threshold, hit=hit, missed=missed, false=false, quiet=quiet, any_class=any_class)


def sweep(cases: Sequence[Case], flags: FlagsByCase) -> list[Figures]:
    """The figures at every threshold that makes a difference, the highest first."""
    scores = {f.score for case in cases for f in flags.get(case.id, ())}
    return [score(cases, flags, threshold) for threshold in sorted(scores, reverse=True)]


def best_recall(curve: Iterable[Figures], least_precision: float) -> Figures | None:
    """The point of most recall whose precision is at least that; None if there is none."""
    allowed = [f for f in curve if f.hit and f.precision >= least_precision]
    return max(allowed, key=lambda f: (f.recall, f.precision), default=None)

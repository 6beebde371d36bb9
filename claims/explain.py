"""How one sentence is understood, step by step, as data: for people who write policy and for people who doubt it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from claims.finding import make_finding
from claims.merge import merge
from claims.passport import Passport
from claims.policy import Policy
from claims.product import ProductChoice, ProductFinder, ProductTracker
from claims.recognise import Recognised, category_allows, weigh
from claims.types import Finding, Passage
from claims.verdict import Judged, Scene, judge_window
from claims.window import Window, build_window, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A judged claim with the record it gives; `stands` is false where a better claim took its place."""

    judged: Judged
    finding: Finding
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that was found, tried and decided about one passage, in the order in which it happens."""

    passage: Passage
    window: Window
    choice: ProductChoice
    recognised: tuple[Recognised, ...]
    weighed: tuple[Weighed, ...]


def explain(passage: Passage, policy: Policy, passports: Sequence[Passport], *, at: datetime) -> Explanation:
    """The steps by which this passage alone, with nothing said before or after, becomes findings."""
    folded = fold(passage, policy)
    tracker = ProductTracker(ProductFinder(passports))
    choice = tracker.choose(folded.text, at_ms=passage.start_ms, given=passage.product_id, on_sale=None)
    window = build_window([(passage, folded)], 0, policy)
    scene = Scene(window=window, choice=choice, at=at, at_ms=passage.start_ms, facts=())
    judged = judge_window(scene, policy)
    standing = merge(judged, policy)
    return Explanation(
        passage=passage,
        window=window,
        choice=choice,
        recognised=tuple(_recognised(window, choice.passport, policy)),
        weighed=tuple(
            Weighed(
                judged=one,
                finding=make_finding(one, scene, policy, passage.stream_id),
                stands=any(one is other for other in standing),
            )
            for one in sorted(judged, key=lambda j: (j.start, j.end, j.class_id))
        ),
    )


def _recognised(window: Window, passport: Passport | None, policy: Policy) -> list[Recognised]:
    """Every rule that matched, with those that do not hold for the product's category."""
    found: list[Recognised] = []
    for compiled in policy.rules:
        allowed = category_allows(policy.class_files[compiled.class_id], compiled.rule, passport)
        for one in weigh(window, compiled):
            why = one.dropped or (None if allowed else "not for this product's category")
            found.append(Recognised(candidate=one.candidate, dropped=why))
    return sorted(found, key=lambda r: (r.candidate.start, r.candidate.end, r.candidate.rule.name))

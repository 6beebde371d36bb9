"""Rules of depth in words, for people."""

from review.presentation.language import Words
from review.scheduling.depth_rules import DepthHoursIn, DepthIn, DepthTier


def shown_depth(depth: DepthIn | None, words: Words) -> str:
    """Which pictures are looked at, and at which hours others; None: all."""
    if depth is None:
        return words("depth.all")
    hours = [f"{one.from_}–{one.until} {_pictures(one, words)}" for one in depth.hours]
    return " · ".join([_pictures(depth, words), *hours])


def shown_tier(tier: DepthTier, words: Words) -> str:
    """Which hosts are in the tier."""
    parts = []
    if (tier.least_confirmed, tier.most_confirmed) != (None, None):
        span = _span(tier.least_confirmed, tier.most_confirmed)
        parts.append(words("depth.confirmed", days=tier.within_days, span=span))
    if (tier.least_days_known, tier.most_days_known) != (None, None):
        parts.append(words("depth.known", span=_span(tier.least_days_known, tier.most_days_known)))
    return " · ".join(parts)


def _pictures(one: DepthIn | DepthHoursIn, words: Words) -> str:
    if one.pictures == "sampled":
        return words("depth.sampled", n=one.every_s)
    return words("depth.none") if one.pictures == "none" else words("depth.all")


def _span(low: int | None, high: int | None) -> str:
    if high is None:
        return f"≥ {low}"
    return f"≤ {high}" if low is None else f"{low}–{high}"

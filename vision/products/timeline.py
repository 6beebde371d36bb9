"""Fuses what was seen, read and heard into which product is on sale from when to when, how surely, and why.

Pure: evidence in, spans out. Within a kind the latest evidence speaks: a picture of B now outweighs one of A before.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class EvidenceKind(StrEnum):
    """Where evidence for a product comes from."""

    EVENT = "event"
    CODE = "code"
    PICTURE = "picture"
    LIKENESS = "likeness"
    WRITTEN = "written"
    SPOKEN = "spoken"


SIGHT = frozenset({EvidenceKind.CODE, EvidenceKind.PICTURE, EvidenceKind.LIKENESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason to think that a product is on sale; `strength` in [0, 1] is how clear it is among its kind.

    It holds in `[start_ms, end_ms]` and fades after that. Evidence of one kind with one `start_ms` is one look.
    """

    kind: EvidenceKind
    product_id: str
    start_ms: int
    end_ms: int
    strength: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSaleState:
    """What is on sale at a moment; `product_id` None: not known. `because` names the evidence, strongest first."""

    product_id: str | None
    since_ms: int
    confidence: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSaleSpan:
    """A product on sale in `[start_ms, end_ms)`; `product_id` None: not known. `confidence` is the span's mean."""

    product_id: str | None
    start_ms: int
    end_ms: int
    confidence: float
    because: tuple[str, ...]


UNKNOWN = OnSaleState(product_id=None, since_ms=0, confidence=0.0, because=())

# What clear evidence of a kind weighs, and after how long it weighs half; the platform's event holds until the next.
_WEIGHT: Mapping[EvidenceKind, float] = {
    EvidenceKind.EVENT: 6.0,
    EvidenceKind.CODE: 4.0,
    EvidenceKind.SPOKEN: 3.0,
    EvidenceKind.PICTURE: 2.5,
    EvidenceKind.WRITTEN: 1.5,
    EvidenceKind.LIKENESS: 1.0,
}
_HALF_LIFE_MS: Mapping[EvidenceKind, float] = {
    EvidenceKind.EVENT: float("inf"),
    EvidenceKind.CODE: 15_000,
    EvidenceKind.SPOKEN: 12_000,
    EvidenceKind.PICTURE: 10_000,
    EvidenceKind.WRITTEN: 10_000,
    EvidenceKind.LIKENESS: 10_000,
}
# How much is left of evidence when the same kind speaks for another product.
_SUPERSEDED = 0.2
# By how much a challenger must lead, and what it must weigh at least.
_LEAD, _ENOUGH = 1.25, 0.8
# The doubt that is always there.
_DOUBT = 0.5
# How long a product stays after the last that spoke for it.
REACH_MS = 120_000


class ProductTimeline:
    """The evidence of one stream, kept as long as it can matter; evidence may arrive late."""

    def __init__(self) -> None:
        self._evidence: list[Evidence] = []
        self._newest_ms = 0
        self.has_sight = False

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What is kept, in the order of its start."""
        return tuple(self._evidence)

    def note(self, evidence: Evidence) -> None:
        """Adds evidence; what is older than anything may reach is forgotten, save the last platform event."""
        insort(self._evidence, evidence, key=_moment)
        self.has_sight = self.has_sight or evidence.kind in SIGHT
        self._newest_ms = max(self._newest_ms, evidence.start_ms)
        if self._newest_ms - self._evidence[0].start_ms > 2 * REACH_MS:
            self._evidence = _within_reach(self._evidence, self._newest_ms)

    def at(self, at_ms: int) -> OnSaleState:
        """What is on sale at this moment, by evidence up to then."""
        return on_sale_at(self._evidence, at_ms)


def on_sale_at(evidence: Sequence[Evidence], at_ms: int) -> OnSaleState:
    """What is on sale at `at_ms`; evidence is in the order of its start."""
    known = _within_reach(evidence[: bisect_right(evidence, at_ms, key=_moment)], at_ms)
    state = UNKNOWN
    moments = sorted({one.start_ms for one in known} | {at_ms})
    for moment in moments:
        state = _next(state, known[: bisect_right(known, moment, key=_moment)], moment)
    return state


def spans(evidence: Iterable[Evidence], *, until_ms: int, step_ms: int = 1_000) -> tuple[OnSaleSpan, ...]:
    """The whole timeline up to `until_ms`; evidence in any order, each moment judged by what was known by then."""
    known = sorted(evidence, key=_moment)
    found: list[OnSaleSpan] = []
    parts: list[OnSaleState] = []
    state = UNKNOWN
    start_ms = 0
    moments = sorted({one.start_ms for one in known if one.start_ms < until_ms} | set(range(0, until_ms, step_ms)))
    for moment in moments:
        lately = _within_reach(known[: bisect_right(known, moment, key=_moment)], moment)
        after = _next(state, lately, moment)
        if parts and after.product_id != state.product_id:
            found.append(_span(parts, start_ms, moment))
            parts, start_ms = [], moment
        parts.append(after)
        state = after
    if parts:
        found.append(_span(parts, start_ms, until_ms))
    return tuple(found)


def _span(parts: Sequence[OnSaleState], start_ms: int, end_ms: int) -> OnSaleSpan:
    best = max(parts, key=lambda part: part.confidence)
    return OnSaleSpan(
        product_id=parts[0].product_id,
        start_ms=start_ms,
        end_ms=end_ms,
        confidence=round(sum(part.confidence for part in parts) / len(parts), 3),
        because=best.because,
    )


def _next(before: OnSaleState, known: Sequence[Evidence], at_ms: int) -> OnSaleState:
    """The standing at this moment: a challenger must lead clearly, what stood stays while anything speaks for it."""
    scores, reasons = _scores(known, at_ms)
    ranked = sorted(scores, key=lambda product: (-scores[product], product))
    first = ranked[0] if ranked else None
    second = scores[ranked[1]] if len(ranked) > 1 else 0.0
    product = before.product_id
    if first is not None and first != product:
        leads = scores[first] > _LEAD * max(second, scores.get(product or "", 0.0))
        if leads and scores[first] >= _ENOUGH:
            product = first
    against = max((score for other, score in scores.items() if other != product), default=0.0)
    own = scores.get(product or "", 0.0)
    confidence = round(own / (own + against + _DOUBT), 3)
    if product is None or not confidence:
        return OnSaleState(product_id=None, since_ms=_since(before, None, at_ms), confidence=0.0, because=())
    return OnSaleState(
        product_id=product,
        since_ms=_since(before, product, at_ms),
        confidence=confidence,
        because=tuple(dict.fromkeys(reason for _, reason in sorted(reasons[product], key=lambda r: (-r[0], r[1])))),
    )


def _since(before: OnSaleState, product: str | None, at_ms: int) -> int:
    return before.since_ms if before.product_id == product else at_ms


def _scores(known: Sequence[Evidence], at_ms: int) -> tuple[dict[str, float], dict[str, list[tuple[float, str]]]]:
    """How much speaks for each product now, and what."""
    latest: dict[EvidenceKind, int] = {}
    best: dict[tuple[str, EvidenceKind], tuple[float, str]] = {}
    for one in reversed(known):
        superseded = latest.setdefault(one.kind, one.start_ms) != one.start_ms
        if one.kind is EvidenceKind.EVENT and superseded:
            continue
        weight = _WEIGHT[one.kind] * one.strength * _faded(one, at_ms) * (_SUPERSEDED if superseded else 1.0)
        place = (one.product_id, one.kind)
        if weight > best.get(place, (0.0, ""))[0]:
            best[place] = (weight, one.reason)
    scores: dict[str, float] = defaultdict(float)
    reasons: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (product, _), (weight, reason) in sorted(best.items()):
        scores[product] += weight
        reasons[product].append((weight, reason))
    return scores, reasons


def _faded(one: Evidence, at_ms: int) -> float:
    return float(0.5 ** (max(0, at_ms - one.end_ms) / _HALF_LIFE_MS[one.kind]))


def _moment(one: Evidence) -> int:
    return one.start_ms


def _within_reach(evidence: Sequence[Evidence], at_ms: int) -> list[Evidence]:
    events = [one for one in evidence if one.kind is EvidenceKind.EVENT]
    last = [one for one in events if one.start_ms == events[-1].start_ms]
    return [one for one in evidence if at_ms - one.end_ms <= REACH_MS or one in last]

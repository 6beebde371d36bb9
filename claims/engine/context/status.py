"""The assertion status of a claim: every context tried at its place, and what was found, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from claims.engine.context.denial import denied
from claims.engine.context.question import asked
from claims.engine.context.scope import clause_start, closes, leads_through, reaches
from claims.engine.context.supposition import supposed
from claims.engine.context.triggers import Applied, Place, Span, spans_of, triggers_of
from claims.engine.window import Window
from claims.policy.messages import Message, Messages
from claims.policy.schema import ContextRule
from claims.text.normalise import is_boundary
from claims.types import ExemptionTrial

_TURN_REACH = 24


@dataclass(frozen=True, slots=True)
class Tried:
    """One context tried on one claim: `applied` is None where it does not hold."""

    rule: ContextRule
    applied: Applied | None

    def trial(self, messages: Messages) -> ExemptionTrial:
        """The trial as findings show it."""
        rule = self.rule
        if self.applied is None:
            return unmet(rule, messages)
        where = messages.same_clause if self.applied.own_clause else messages.next_clause
        why = f"{rule.zh} {rule.why}: {self.applied.cue} ({where.both()})"
        return ExemptionTrial(id=rule.id, applies=True, why=why)


def unmet(rule: ContextRule, messages: Messages) -> ExemptionTrial:
    """The trial of a context that does not hold, as findings show it."""
    return _unmet(rule.id, rule.zh, rule.why, messages.no_cue.zh, messages.no_cue.en)


@lru_cache(maxsize=4096)
def _unmet(rule_id: str, name: str, why: str, zh: str, en: str) -> ExemptionTrial:
    """The trial of a context that does not hold: of each claim most don't, and it is told of all alike."""
    return ExemptionTrial(id=rule_id, applies=False, why=f"{Message(zh=zh, en=en).both(name=name)}: {why}")


def try_context(rule: ContextRule, window: Window, place: Place) -> Tried:
    """The trial of one context at one place; KeyError for those that a record decides."""
    found = _DIRECTIONS[rule.direction](rule, window, place)
    if found is None:
        return Tried(rule, None)
    left, right = window.clause(place.start, place.end)
    spans, cue = found
    return Tried(rule, Applied(cue, all(left <= s and e <= right for s, e in spans)))


Found = tuple[tuple[Span, ...], str]


def _one(window: Window, span: Span | None) -> Found | None:
    return None if span is None else ((span,), window.text[slice(*span)])


def _forward(rule: ContextRule, window: Window, place: Place) -> Found | None:
    if (rule.not_asked and asks(window, place)) or _is_revoked(rule, window, place):
        return None
    if any(place.start <= s and e <= place.end for s, e in spans_of(window, rule.excluded_by)):
        return None
    return _one(window, before(rule, window, place) or (between(rule, window, place) if rule.inside else None))


def _backward(rule: ContextRule, window: Window, place: Place) -> Found | None:
    if _is_revoked(rule, window, place):
        return None
    found = (after(rule, rule.trigger, rule.reach, window, at) for at in _ends(rule, window, place))
    return _one(window, next((span for span in found if span is not None and not place.is_of(*span)), None))


def _ends(rule: ContextRule, window: Window, place: Place) -> list[int]:
    """Where the claim ends, and where a part of it does that other clauses follow: a denial may stand in between."""
    if not rule.denies:
        return [place.end]
    parts = [e for _, e in place.slots if any(is_boundary(c) for c in window.text[e : place.end])]
    return [place.end, *parts]


def _either(rule: ContextRule, window: Window, place: Place) -> Found | None:
    if any(place.start <= s and e <= place.end for s, e in spans_of(window, rule.excluded_by)):
        return None
    found = before(rule, window, place) or after(rule, rule.trigger, rule.reach, window, place.end)
    return _one(window, found or _inside(rule, window, place))


def _pair(rule: ContextRule, window: Window, place: Place) -> Found | None:
    if _is_revoked(rule, window, place):
        return None
    first = before(rule, window, place)
    second = first and after(rule, rule.trigger_after, rule.reach_after, window, place.end)
    if not first or not second:
        return None
    return (first, second), f"{window.text[slice(*first)]} … {window.text[slice(*second)]}"


def _clause(rule: ContextRule, window: Window, place: Place) -> Found | None:
    left, right = window.clause(place.start, place.end)
    found = triggers_of(window, rule.trigger, rule.pseudo)
    return _one(window, next((span for span in found if left <= span[0] and span[1] <= right), None))


def _overlap(rule: ContextRule, window: Window, place: Place) -> Found | None:
    found = triggers_of(window, rule.trigger, rule.pseudo)
    return _one(window, next((span for span in found if span[0] < place.end and place.start < span[1]), None))


def _denied(rule: ContextRule, window: Window, place: Place) -> Found | None:
    found = denied(rule, window, place)
    return None if found is None else (found, window.text[slice(*found[0])])


def _asked(rule: ContextRule, window: Window, place: Place) -> Found | None:
    return _one(window, asked(rule, window, place))


def _supposed(rule: ContextRule, window: Window, place: Place) -> Found | None:
    return _one(window, supposed(rule, window, place))


_DIRECTIONS: dict[str, Callable[[ContextRule, Window, Place], Found | None]] = {
    "forward": _forward,
    "backward": _backward,
    "either": _either,
    "pair": _pair,
    "clause": _clause,
    "overlap": _overlap,
    "denied": _denied,
    "asked": _asked,
    "supposed": _supposed,
}


def before(rule: ContextRule, window: Window, place: Place) -> Span | None:
    """The nearest trigger that ends before the claim, within scope and with no terminator between."""
    terminators = spans_of(window, rule.terminator)
    for start, end in reversed(triggers_of(window, rule.trigger, rule.pseudo)):
        if end > place.start or (rule.starts_clause and start > 0 and not is_boundary(window.text[start - 1])):
            continue
        if not reaches(window.text, end, place.start, rule.reach, rule.scope == "sentence"):
            continue
        if rule.through and not leads_through(window, end, place.start, rule.through, rule.scope == "sentence"):
            continue
        if any(end <= s and e <= place.start for s, e in terminators):
            continue
        if rule.contains and not any(end <= s and e <= place.start for s, e in spans_of(window, rule.contains)):
            continue
        if rule.denies and _is_denied(rule, window, start):
            continue
        return start, end
    return None


def after(rule: ContextRule, names: str | None, reach: int, window: Window, at: int) -> Span | None:
    """The nearest trigger that begins behind the claim, within scope, with which its clause closes if that is asked."""
    sentence = rule.scope == "sentence" or rule.direction == "pair"
    for start, end in triggers_of(window, names, rule.pseudo):
        if start < at or not reaches(window.text, at, start, reach, sentence):
            continue
        left = _said_from(rule, window, at, start)
        if left is None:
            continue
        if rule.through_after and not leads_through(window, max(at, left), start, rule.through_after, sentence):
            continue
        if rule.closing and not closes(window, end, rule.closing):
            continue
        if any(end <= s <= end + _TURN_REACH for s, _ in spans_of(window, rule.turned_by)):
            continue
        return start, end
    return None


def _said_from(rule: ContextRule, window: Window, at: int, trigger: int) -> int | None:
    """Where what leads to a trigger behind the claim begins; None where words that point back at it are wanting."""
    if rule.refers:
        return max((e for s, e in spans_of(window, rule.refers) if at <= s and e <= trigger), default=None)
    if not rule.bare_clause:
        return at
    start = clause_start(window, trigger)
    next_clause = sum(is_boundary(c) for c in window.text[at:start].rstrip(",")) == 0
    return start if next_clause or rule.direction == "pair" else None


def between(rule: ContextRule, window: Window, place: Place) -> Span | None:
    """A trigger between the words that made the claim, which leads to its next word: 血糖不会降下来."""
    for start, end in triggers_of(window, rule.trigger, rule.pseudo):
        if not (place.start < start and end <= place.end) or place.is_of(start, end):
            continue
        following = next((s for s, _ in place.slots if s >= end), place.end)
        through = rule.through is None or leads_through(window, end, following, rule.through)
        if through and not any(is_boundary(c) for c in window.text[end:following]):
            return start, end
    return None


def asks(window: Window, place: Place) -> bool:
    """True if the claim's clause ends as a question does, which makes its negation one of manner (不是最好的吗)."""
    _, right = window.clause(place.start, place.end)
    return any(e == right for _, e in spans_of(window, "asks_by_particle")) or window.text[right : right + 1] == "?"


def _is_denied(rule: ContextRule, window: Window, at: int) -> bool:
    """True if another trigger of the same context stands right before the one at `at`: two negations make none.

    With words between them they are of two clauses, said or heard without a pause: 不是药不能治病.
    """
    return any(end == at for _, end in triggers_of(window, rule.trigger, rule.pseudo))


def _is_revoked(rule: ContextRule, window: Window, place: Place) -> bool:
    """True where words near the claim take back what the trigger would say: 抗癌俩字我不说,懂的都懂."""
    left, right = place.start - rule.reach_after, place.end + rule.reach_after
    return any(left <= start and start <= right for start, _ in spans_of(window, rule.revoked_by))


def _inside(rule: ContextRule, window: Window, place: Place) -> Span | None:
    """A trigger within the claim's span but outside the words that made it."""
    for start, end in spans_of(window, rule.trigger):
        if place.start <= start and end <= place.end and not place.is_of(start, end):
            return start, end
    return None

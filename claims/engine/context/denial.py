"""Whether what follows a claim denies it: called false, or denied by a clause that says nothing else or points back.

A clause denies by negations that do not cancel each other: 没有不行的 affirms.
"""

from collections.abc import Iterator

from claims.engine.context.scope import closes, leads_through
from claims.engine.context.triggers import Place, Span, spans_of, triggers_of
from claims.engine.window import Window
from claims.policy.schema import ContextRule
from claims.text.normalise import is_boundary, is_strong_boundary

# Of the clauses behind a claim, how many may deny it: by themselves, by pointing back, or what others say.
_NEXT, _POINTING, _QUOTED = 1, 3, 3
_NEGATION_REACH = 2


def denied(rule: ContextRule, window: Window, place: Place) -> tuple[Span, ...] | None:
    """The words that deny the claim, behind it or between its own clauses; None where nothing does."""
    is_reported = _is_reported(rule, window, place)
    for at in _ends(window, place):
        for number, (start, end) in enumerate(_clauses(window, at, rule.reach)):
            found = _called_false(rule, window, number, (start, end), is_reported) or _denies(
                window, number, (start, end), is_reported
            )
            if found is None or place.is_of(*found):
                continue
            if not _is_turned(rule, window, found[1]):
                return (found,)
    return None


def _ends(window: Window, place: Place) -> list[int]:
    """Where the claim ends, and where a part of it does that other clauses follow: a denial may stand in between."""
    parts = [e for _, e in place.slots if any(is_boundary(c) for c in window.text[e : place.end])]
    return [place.end, *parts]


def _clauses(window: Window, at: int, reach: int) -> Iterator[Span]:
    """The rest of the claim's clause, and the clauses behind it that begin within reach; at most one full stop on."""
    text, start, stops = window.text, at, 0
    while start <= min(len(text), at + reach):
        end = next((i for i in range(start, len(text)) if is_boundary(text[i])), len(text))
        yield start, end
        if end >= len(text):
            return
        stops += text[end] == "。"
        if stops > 1:
            return
        start = next((i for i in range(end, len(text)) if not is_boundary(text[i])), len(text))


def _is_reported(rule: ContextRule, window: Window, place: Place) -> bool:
    """True if somebody else is said to say the claim, in its sentence and before it."""
    left = place.start
    while left > 0 and not is_strong_boundary(window.text[left - 1]) and place.start - left < rule.reach_after:
        left -= 1
    reports = triggers_of(window, rule.reported, "own_report")
    return any(left <= s and e <= place.start for s, e in reports)


def _called_false(rule: ContextRule, window: Window, number: int, clause: Span, is_reported: bool) -> Span | None:
    """A predicate of falsity that closes its clause, unless it is itself negated: 这可不是骗人的."""
    start, end = clause
    for s, e in triggers_of(window, rule.trigger, rule.pseudo):
        if not (start <= s and e <= end) or not closes(window, e, rule.closing):
            continue
        if any(start <= ns and s - _NEGATION_REACH <= ne <= s for ns, ne in _negations(window)):
            continue
        near = number == 0 or (number <= _NEXT and _is_bare(window, start, s)) or _points_back(window, start, s)
        if near or (is_reported and number <= _QUOTED):
            return s, e
    return None


def _denies(window: Window, number: int, clause: Span, is_reported: bool) -> Span | None:
    """The negation of a clause that is nothing but a denial, or that speaks of what it points back at."""
    start, end = clause
    if any(start <= s and e <= end for s, e in spans_of(window, "affirming")):
        return None
    negations = [n for n in _negations(window) if start <= n[0] and n[1] <= end]
    if len(negations) % 2 == 0:
        return None
    first = negations[0]
    if number > _POINTING:
        return None
    if _points_back(window, start, first[0]):
        return first
    bare = leads_through(window, start, end, "bare|negator|assent|particle|closing")
    return first if bare and number > 0 and (number <= _NEXT or is_reported) else None


def _negations(window: Window) -> list[Span]:
    """The negators, the longest where several begin or one holds another."""
    spans = triggers_of(window, "negator", "not_negator|not_denied")
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s[0], -s[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _is_bare(window: Window, start: int, end: int) -> bool:
    return leads_through(window, start, end, "bare|anaphor")


def _points_back(window: Window, start: int, end: int) -> bool:
    """True if words such as 这种话 stand in [start, end)."""
    return any(start <= s and e <= end for s, e in spans_of(window, "referring"))


def _is_turned(rule: ContextRule, window: Window, at: int) -> bool:
    """True where the next words take the denial back, or wink at it."""
    words = (*spans_of(window, rule.turned_by), *spans_of(window, rule.revoked_by))
    return any(at <= s <= at + _TURN_REACH for s, _ in words)


_TURN_REACH = 24

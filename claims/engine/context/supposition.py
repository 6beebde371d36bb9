"""Whether a claim is only supposed, as the condition of an if."""

from claims.engine.context.scope import clause_end, reaches
from claims.engine.context.triggers import Place, Span, spans_of, triggers_of
from claims.engine.window import Window
from claims.policy.schema import ContextRule

_WOULD_FOLLOW = 8


def supposed(rule: ContextRule, window: Window, place: Place) -> Span | None:
    """The conditional word under which the claim is only supposed.

    Either the condition holds the whole claim and something follows from it, or the claim stands in what would follow
    (`opening`: 那我得…). Not where the condition is about the viewer (`terminator`), unless others' talk is supposed
    (`reported`: 要是有人跟你说…); nor where the speaker stakes something on it (`revoked_by`: 要是不是全网最低我赔你).
    """
    left, right = window.sentence(place.start, place.end)
    subjects, reports = spans_of(window, rule.terminator), spans_of(window, rule.reported)
    for start, end in reversed(triggers_of(window, rule.trigger, rule.pseudo)):
        if not left <= start or end > place.start:
            continue
        is_reported = any(end <= s and e <= place.start for s, e in reports)
        if not is_reported and any(end <= s and e <= place.start for s, e in subjects):
            continue
        close = _condition_end(window, end, place.end, right)
        near = reaches(window.text, end, place.start, rule.reach, rule.scope == "sentence")
        held = near and place.end <= close and _something_follows(window, close)
        if not held and not _would_follow(rule, window, close, place):
            continue
        pledges = spans_of(window, rule.revoked_by)
        if any(place.end <= s < max(close, place.end) + rule.reach_after for s, _ in pledges):
            continue
        return start, end
    return None


def _condition_end(window: Window, start: int, claim_end: int, right: int) -> int:
    """Where the condition that begins at `start` gives way to what follows from it."""
    breaks = [i for i in range(start, right) if window.text[i] in ",。!?;:、"]
    then = [s for s, _ in triggers_of(window, "consequence", "no_consequence") if start <= s < right]
    weak = [s for s, _ in triggers_of(window, "consequence_weak", "no_consequence") if start <= s < right]
    first = min([*breaks, *then, *weak], default=right)
    if first not in weak:
        return first
    comma = window.text.find(",", claim_end, right)
    follows = any(s == comma + 1 for s, _ in triggers_of(window, "then", "no_then"))
    return comma if comma >= 0 and (follows or _is_counterfactual(window, comma + 1)) else first


def _is_counterfactual(window: Window, at: int) -> bool:
    """True where what would follow never came: 要是护膝就能治,骨科早关门了."""
    end = clause_end(window, at)
    return any(at <= s and e <= end for s, e in spans_of(window, "counterfactual"))


def _something_follows(window: Window, close: int) -> bool:
    rest = window.text[close:]
    bare = [window.text[s:e] for s, e in spans_of(window, "consequence_bare") if s == close]
    for word in bare:
        rest = rest.removeprefix(word)
    return rest.strip("。!?;,、") != ""


def _would_follow(rule: ContextRule, window: Window, close: int, place: Place) -> bool:
    return any(
        close <= s and e <= place.start and place.start - e <= _WOULD_FOLLOW for s, e in spans_of(window, rule.opening)
    )

"""Contexts of a claim that has no exact place: what a reader proposes stands on a passage, not on words."""

from collections.abc import Iterator

from claims.engine.context.scope import clause_end, clause_start, closes, leads_through
from claims.engine.context.status import unmet
from claims.engine.context.triggers import Span, spans_of, triggers_of
from claims.engine.window import Window
from claims.policy.policy import Policy
from claims.policy.schema import ClassFile, ContextRule
from claims.text.normalise import is_boundary
from claims.types import ExemptionTrial

_NEEDLESS_REACH = 2


def trials_anywhere(window: Window, start: int, end: int, file: ClassFile, policy: Policy) -> Iterator[ExemptionTrial]:
    """The class's exemptions that count wherever in [start, end) their trigger stands, each tried."""
    for rule in policy.context.exemptions:
        if not rule.anywhere or rule.id in file.drop_exemptions:
            continue
        if not rule.always and rule.id not in file.exemptions:
            continue
        cue = _cue(rule, window, start, end)
        if cue is None:
            yield unmet(rule, policy.messages)
        else:
            yield ExemptionTrial(id=rule.id, applies=True, why=f"{rule.zh} {rule.why}: {cue}")


def _cue(rule: ContextRule, window: Window, start: int, end: int) -> str | None:
    if rule.direction == "asked":
        return _answered_no(window, start, end)
    if rule.direction == "pair":
        firsts = [s for s in triggers_of(window, rule.trigger, rule.pseudo) if start <= s[0] and s[1] <= end]
        seconds = _cue_spans(rule, rule.trigger_after, window, start, end)
        pair = next(((f, s) for f in firsts for s in seconds if f[1] <= s[0]), None)
        return f"{window.text[slice(*pair[0])]} … {window.text[slice(*pair[1])]}" if pair else None
    found = next(iter(_cue_spans(rule, rule.trigger, window, start, end)), None)
    return None if found is None else window.text[slice(*found)]


def _cue_spans(rule: ContextRule, names: str | None, window: Window, start: int, end: int) -> list[Span]:
    """The triggers in [start, end) that say something by themselves: a whole denial fills its clause."""
    needless = [e for _, e in spans_of(window, "needless")]
    # 不能讲 is how innuendo begins: words about saying deny nothing by themselves.
    saying = spans_of(window, "saying") if rule.denies else ()
    return [
        (s, e)
        for s, e in triggers_of(window, names, rule.pseudo)
        if start <= s
        and e <= end
        and not any(s - _NEEDLESS_REACH <= before <= s for before in needless)
        and not any(s <= left and right <= e for left, right in saying)
        and (not rule.closing or closes(window, e, rule.closing))
        and (not rule.through_after or leads_through(window, clause_start(window, s), s, rule.through_after))
    ]


def _answered_no(window: Window, start: int, end: int) -> str | None:
    """The no that follows a question, or None."""
    noes = spans_of(window, "answer_no")
    for at in range(start, end):
        if at and not is_boundary(window.text[at]) and is_boundary(window.text[at - 1]):
            before = at - 1
            while before > start and is_boundary(window.text[before - 1]):
                before -= 1
            asked = "?" in window.text[before:at] or any(
                e == before for _, e in (*spans_of(window, "asks_by_particle"), *spans_of(window, "asks_by_negation"))
            )
            said = next((window.text[s:e] for s, e in noes if s == at and e <= clause_end(window, at)), None)
            if asked and said is not None:
                return said
    return None

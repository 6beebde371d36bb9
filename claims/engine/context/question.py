"""Whether a claim is only asked, and what the answer makes of it."""

from claims.engine.context.scope import clause_end, leads_through
from claims.engine.context.triggers import Place, Span, spans_of, triggers_of
from claims.engine.window import Window
from claims.policy.schema import ContextRule
from claims.text.normalise import is_boundary
from claims.text.words import is_second_half

_ANSWER_REACH = 16
_TURN = 6
_ANSWERED_WITHIN = 2
# A word of asking may begin within the claim's first words: 有没有 before 有效.
_INTO_THE_CLAIM = 2


def asked(rule: ContextRule, window: Window, place: Place) -> Span | None:
    """The words that make the claim a question, unless the next words affirm it or it asserts by asking."""
    said_last = place.slots[-1] if place.slots else (place.start, place.end)
    left, right = window.clause(*said_last)
    if _within(window, rule.revoked_by, left, right) or _denies_by_asking(window, place, left):
        return None
    particle = next((e for s, e in spans_of(window, "asks_at_once") if s == place.end), None)
    found = _doubled(window, place) or _head(rule, window, place, left) or _tail(window, place, left, right)
    if particle is not None:
        found, right = found or (place.end, particle), particle
    if found is None and window.text[right : right + 1] == "?":
        found = (right, right + 1)
    return None if found is None or affirmed(window, right) else found


def _within(window: Window, names: str | None, left: int, right: int) -> bool:
    return any(left <= s and e <= right for s, e in triggers_of(window, names, "not_rhetorical"))


def _denies_by_asking(window: Window, place: Place, left: int) -> bool:
    """True for 谁说不能治: who asks so says that it can."""
    heads = [e for s, e in spans_of(window, "denying_head") if left <= s and e <= place.start]
    return any(e <= s and end <= place.start for e in heads for s, end in spans_of(window, "bare_negation"))


def _head(rule: ContextRule, window: Window, place: Place, left: int) -> Span | None:
    """A word of asking that stands before the claim in its clause, or within it: 是不是, 多少, 对失眠有没有用."""
    heads = triggers_of(window, rule.trigger, rule.pseudo)
    return next((s for s in heads if left <= s[0] and _asks_of(s, window, place)), None)


def _asks_of(head: Span, window: Window, place: Place) -> bool:
    """True before the claim; within it only a verb that is said and denied asks, as 跌多少 does not."""
    if head[1] <= place.start + _INTO_THE_CLAIM:
        return True
    said = window.text[slice(*head)]
    return place.start <= head[0] and head[1] <= place.end and said[:1] == said[2:3]


def _tail(window: Window, place: Place, left: int, right: int) -> Span | None:
    """What closes a clause as a question: a particle, or a bare negation after a verb (能降血压不)."""
    ends = [s for s in triggers_of(window, "asks_by_particle", "no_particle") if s[1] == right]
    if ends:
        return ends[0]
    negations = [s for s in spans_of(window, "asks_by_negation") if s[1] == right]
    openers = triggers_of(window, "asked_verb", "no_asked_verb")
    return next((n for n in negations if n[0] == place.end or any(left <= s and e <= n[0] for s, e in openers)), None)


def _doubled(window: Window, place: Place) -> Span | None:
    """Where the claim stands on one side of a negation that asks: 防脱不防脱, 好不好, 拉不拉肚子.

    是鹅绒不是鸭毛 asks nothing: it goes on with what it is not.
    """
    text, said = window.text, window.text[place.start : place.end]
    goes_on = [e for s, e in spans_of(window, "goes_on") if s == place.end]
    if goes_on and not any(_ends_soon(window, e) for e in goes_on):
        return None
    for start, end in spans_of(window, "doubled_by"):
        if start == place.end and text[end : end + 1] in {said[:1], said[-1:]}:
            return start, end
    return asks_by_doubling(window, place.start)


def asks_by_doubling(window: Window, at: int) -> Span | None:
    """The negation that begins there, where it is the second half of a question: 能[不]能拆, 有[没]有烧."""
    spans = (span for span in spans_of(window, "doubled_by") if span[0] == at)
    return next((span for span in spans if is_second_half(window.text, *span)), None)


def _ends_soon(window: Window, at: int) -> bool:
    return leads_through(window, at, clause_end(window, at), "particle")


def affirmed(window: Window, at: int) -> bool:
    """True if what follows a question that ends at `at` says yes, at once or a clause later, or names the effect."""
    at = _next_clause(window, at)
    no = [s for s, _ in spans_of(window, "answer_no") if at <= s < at + _ANSWER_REACH]
    yes = [s for s, _ in triggers_of(window, "answer_yes", "answer_no") if at <= s <= at + 1]
    at_once = bool(yes) and (not no or min(no) - min(yes) > _TURN)
    return at_once or _answered_by_effect(window, at) or _says_yes_later(window, at)


def _next_clause(window: Window, at: int) -> int:
    return next((i for i in range(at, len(window.text)) if not is_boundary(window.text[i])), len(window.text))


def _answered_by_effect(window: Window, at: int) -> bool:
    """True where the answer says what use did, and nothing else: 斑去哪了?抹没的呗."""
    used = {end for start, end in spans_of(window, "@by_use") if start == at}
    return any(
        start in used and leads_through(window, end, clause_end(window, end), "particle|closing")
        for start, end in spans_of(window, "@to_an_end")
    )


def _says_yes_later(window: Window, at: int) -> bool:
    """True for a clause of nothing but a yes, one or two clauses on, with no no before it: 那我就不藏着了,是."""
    noes = {start for start, _ in spans_of(window, "answer_no")}
    for _ in range(_ANSWERED_WITHIN):
        if at in noes:
            return False
        at = _next_clause(window, clause_end(window, at))
        if at < len(window.text) and leads_through(window, at, clause_end(window, at), "answer_yes|particle"):
            return True
    return False

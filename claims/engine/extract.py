"""From a window to candidate claims: rules whose patterns match and whose near misses don't."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.engine.checkers.base import Candidate
from claims.engine.window import Window
from claims.passports.passport import Passport
from claims.policy.match import PatternMatch, find_pattern
from claims.policy.pattern import Pattern
from claims.policy.policy import CompiledRule, Policy
from claims.policy.schema import ClassFile, Rule
from claims.text.normalise import is_boundary


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A rule's match in the focus; `dropped` says why it is no claim, None where it is one."""

    candidate: Candidate
    dropped: str | None


def recognise(window: Window, passport: Passport | None, policy: Policy) -> Iterator[Candidate]:
    """Every candidate that ends in the focus and is not explained by a near miss."""
    for compiled, patterns in policy.rule_index.possible(window.located, window.focus_start, window.focus_end):
        if category_allows(policy.class_files[compiled.class_id], compiled.rule, passport):
            yield from (r.candidate for r in match_rule(window, compiled, patterns) if r.dropped is None)


def category_allows(file: ClassFile, rule: Rule | None, passport: Passport | None) -> bool:
    """True if the rule holds for products of the passport's category; without a passport, if it holds for all.

    `rule` None: of the class as such.
    """
    wanted = (rule.categories if rule is not None else ()) or file.categories
    if passport is None:
        return "*" in wanted
    return passport.in_category(*wanted) and not (file.not_categories and passport.in_category(*file.not_categories))


def match_rule(
    window: Window, compiled: CompiledRule, patterns: Sequence[Pattern] | None = None
) -> Iterator[Recognised]:
    """Every match of one rule that ends in the focus, with the reason if it is dropped.

    `patterns`: those of the rule's that may match here, in its order; None: any of them.
    """
    found: list[PatternMatch] = []
    for pattern in compiled.patterns if patterns is None else patterns:
        found += [m for m in find_pattern(pattern, window.located) if window.focus_start < m.end <= window.focus_end]
    if not found:
        return
    misses = [m for pattern in compiled.unless for m in find_pattern(pattern, window.located)]
    for match in found:
        miss = next((m for m in misses if m.start < match.end and match.start < m.end), None)
        dropped = None
        if miss is not None:
            dropped = f"near miss {window.text[miss.start : miss.end]!r}"
        elif _only_sounds(match, window):
            dropped = "only sounds alike"
        candidate = Candidate(rule=compiled, match=match, start=match.start, end=match.end)
        yield Recognised(candidate=candidate, dropped=dropped)


_LONG_SOUND = 4


def _only_sounds(match: PatternMatch, window: Window) -> bool:
    """True if nothing but likeness of sound speaks for the match: context must confirm what was mis-heard."""
    sounded = [s for s in match.slots if (s.start, s.end) in window.misheard]
    if not sounded:
        return False
    if any(s.end - s.start >= _LONG_SOUND for s in sounded):
        return False
    exact = [s for s in match.slots if (s.start, s.end) not in window.misheard and s.end > s.start]
    return not exact


def longest(candidates: list[Candidate], text: str) -> list[Candidate]:
    """Without candidates that lie wholly in a longer one of their class and clause: that says more of the same.

    One that is protected gives way to another protected one alone.
    """
    return [
        one
        for one in candidates
        if not any(
            other.start <= one.start
            and one.end <= other.end
            and other.end - other.start > one.end - one.start
            and other.rule.class_id == one.rule.class_id
            and other.rule.rule.protected >= one.rule.rule.protected
            and not any(is_boundary(c) for c in text[other.start : one.start] + text[one.end : other.end])
            for other in candidates
        )
    ]

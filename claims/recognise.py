"""From a window to candidate claims: rules whose patterns match and whose near misses don't."""

from collections.abc import Iterator

from claims.judges.base import Candidate
from claims.match import PatternMatch, find_pattern
from claims.passport import Passport
from claims.policy import CompiledRule, Policy
from claims.policy_models import ClassFile, Rule
from claims.window import Window


def recognise(window: Window, passport: Passport | None, policy: Policy) -> Iterator[Candidate]:
    """Every candidate that ends in the focus and is not explained by a near miss."""
    for compiled in policy.rules:
        if not _category_allows(policy.class_files[compiled.class_id], compiled.rule, passport):
            continue
        yield from _candidates(window, compiled)


def _category_allows(file: ClassFile, rule: Rule, passport: Passport | None) -> bool:
    wanted = rule.categories or file.categories
    if passport is None:
        return "*" in wanted
    return passport.in_category(*wanted) and not (file.not_categories and passport.in_category(*file.not_categories))


def _candidates(window: Window, compiled: CompiledRule) -> Iterator[Candidate]:
    found: list[PatternMatch] = []
    for pattern in compiled.patterns:
        found += [m for m in find_pattern(pattern, window.located) if window.focus_start < m.end <= window.focus_end]
    if not found:
        return
    misses = [m for pattern in compiled.unless for m in find_pattern(pattern, window.located)]
    for match in found:
        if any(miss.start < match.end and match.start < miss.end for miss in misses):
            continue
        if _only_sounds(match, window):
            continue
        yield Candidate(rule=compiled, match=match, start=match.start, end=match.end)


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

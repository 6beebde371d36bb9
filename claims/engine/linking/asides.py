"""Of whom or what else a sentence speaks, and how: other links, older models, rivals, buyers, slips, denials."""

import re
from collections.abc import Sequence
from functools import lru_cache

from claims.engine.context import Place, affirmed, clause_end, try_context
from claims.engine.window import Window
from claims.policy.linking import Aside, LinkingFile
from claims.policy.policy import Policy
from claims.text.normalise import is_boundary, is_strong_boundary

_TALKED = 30


def asides_of(begin: int, end: int, window: Window, words: LinkingFile) -> dict[str, float]:
    """Of whom or what else the sentence speaks, and in what way."""
    text = window.text
    start, ends = next(((h.offset, h.end) for h in window.passages if h.offset <= begin < h.end), (0, len(text)))
    left = max(start, begin - _TALKED)
    for at in range(begin - 1, left, -1):
        if is_strong_boundary(text[at]):
            left = at + 1
            break
    before, behind = text[left:begin], text[end : end + _TALKED]
    stop = next((at for at, char in enumerate(behind) if is_strong_boundary(char)), len(behind))
    clause = next((at for at, char in enumerate(behind) if is_boundary(char)), len(behind))
    own_clause = max((at + 1 for at, char in enumerate(before) if is_boundary(char)), default=0)
    found: dict[str, float] = {}
    for name, aside in words.asides.items():
        in_before, in_behind = _patterns(aside)
        if in_before is not None and in_before.search(before, own_clause):
            found[f"{name} before"] = 1.0
        elif in_before is not None and in_before.search(before):
            found[f"{name} earlier"] = 1.0
        if in_behind is not None and in_behind.search(behind, 0, clause):
            found[f"{name} behind"] = 1.0
        elif in_behind is not None and in_behind.search(behind, 0, stop):
            found[f"{name} later"] = 1.0
    if any(affirmed(window, at) for at in {clause_end(window, end), ends}):
        found["then affirmed"] = 1.0
    return found


def has_aside(begin: int, end: int, window: Window, words: LinkingFile, names: Sequence[str]) -> bool:
    """True where one of the asides of these names stands anywhere about it."""
    return any(aside.partition(" ")[0] in names for aside in asides_of(begin, end, window, words))


def contexts_of(begin: int, end: int, window: Window, policy: Policy) -> dict[str, float]:
    """The contexts that hold for these words, of those that are weighed."""
    place = Place(begin, end, ((begin, end),))
    weighed = (policy.exemptions[name] for name in policy.linking.weighed)
    return {f"context {c.id}": 1.0 for c in weighed if try_context(c, window, place).applied is not None}


def aside_features(begin: int, end: int, window: Window, policy: Policy) -> dict[str, float]:
    """The asides and the weighed contexts of these words."""
    return asides_of(begin, end, window, policy.linking) | contexts_of(begin, end, window, policy)


def asides_in(text: str, words: LinkingFile) -> dict[str, float]:
    """Of whom or what else a passage speaks anywhere in it."""
    found: dict[str, float] = {}
    for name, aside in words.asides.items():
        if any(pattern is not None and pattern.search(text) for pattern in _patterns(aside)):
            found[f"{name} anywhere"] = 1.0
    return found


@lru_cache(maxsize=64)
def _compiled(words: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True)))) if words else None


def _patterns(aside: Aside) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    return _compiled(tuple(aside.before)), _compiled(tuple(aside.after))

"""Where the names of attributes stand about a number, and how closely they belong to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from claims.engine.linking.mentions import Mention
from claims.engine.window import Window
from claims.policy.linking import LinkingFile
from claims.text.normalise import is_boundary, is_strong_boundary

_BEFORE, _AFTER = 60, 12
_CLOSE_AFTER, _SHORT_REACH = 7, 6


class Closeness(IntEnum):
    """How closely a name belongs to a number, the closest highest."""

    NONE = 0
    PASSAGE = 1
    SENTENCE = 2
    BEHIND = 3
    CLAUSE = 4
    ADJACENT = 5


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """The closest name: how close, less its distance in characters, its length; `barred`: it is another number's."""

    closeness: Closeness = Closeness.NONE
    nearness: int = -_BEFORE
    size: int = 0
    barred: bool = False


NOT_NAMED = Named()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The words about a number, as far as names are looked for: before it, behind it, and its passage's start.

    `next_at`: where in the words behind it the next number begins, if they reach so far.
    """

    before: str
    behind: str
    own: int
    clause: int
    barred: int
    next_at: int | None
    between: re.Pattern[str]

    def closest(self, names: Iterable[str]) -> Named:
        """The closest of the names."""
        best = NOT_NAMED
        for name in names:
            if len(name) == 1:
                best = max(best, self._short(name))
                continue
            at = self.before.rfind(name)
            if at >= 0:
                best = max(best, self._before(at, name))
            at = self.behind.find(name)
            if 0 <= at <= _CLOSE_AFTER:
                best = max(best, self._behind(at, name))
        return best

    def _short(self, name: str) -> Named:
        """A name of one character counts only right beside the number: 长一米四, 一米四长."""
        if self.behind.startswith(name):
            return Named(Closeness.BEHIND, 0, 1)
        found = self._before(self.before.rfind(name), name) if name in self.before[-_SHORT_REACH:] else NOT_NAMED
        return found if found.closeness is Closeness.ADJACENT else NOT_NAMED

    def _before(self, at: int, name: str) -> Named:
        end = at + len(name)
        distance = len(self.before) - end
        barred = end <= self.barred or self._closes_a_number(at, end)
        if not barred and self.between.fullmatch(self.before, end):
            return Named(Closeness.ADJACENT, -distance, len(name))
        if at >= self.clause:
            closeness = Closeness.SENTENCE if barred else Closeness.CLAUSE
        else:
            closeness = Closeness.SENTENCE if at >= self.own and not barred else Closeness.PASSAGE
        return Named(closeness, -distance, len(name), barred)

    def _closes_a_number(self, at: int, end: int) -> bool:
        """True where the name at [at, end) stands right behind another number, and a clause ends after it."""
        return 0 < self.barred == at and any(is_boundary(char) for char in self.before[end:])

    def _behind(self, at: int, name: str) -> Named:
        if at + len(name) == self.next_at and any(is_boundary(char) for char in self.behind[:at]):
            return Named(Closeness.SENTENCE, -at, len(name), barred=True)
        return Named(Closeness.BEHIND, -at, len(name))


def surroundings(begin: int, end: int, others: Iterable[Mention], window: Window, words: LinkingFile) -> Surroundings:
    """What stands about the words at [begin, end); names of another number are `barred`."""
    text = window.text
    first = max(0, begin - _BEFORE)
    for heard in window.passages:
        if heard.offset <= begin < heard.end:
            own = heard.offset
            break
    else:
        own = first
    clause = begin
    while clause > first and not is_boundary(text[clause - 1]):
        clause -= 1
    barred = max((o.end for o in others if o.end <= begin and o.place is None), default=0)
    behind = text[end : end + _AFTER]
    stop = next((at for at, char in enumerate(behind) if is_strong_boundary(char)), len(behind))
    number = next((o.start for o in others if o.start >= end), len(text)) - end
    return Surroundings(
        before=text[first:begin],
        behind=behind[: min(stop, number)],
        own=max(0, own - first),
        clause=clause - first,
        barred=max(0, barred - first),
        next_at=number if number <= stop else None,
        between=_between(words.between),
    )


@lru_cache(maxsize=8)
def _between(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(f"(?:{'|'.join(map(re.escape, longest_first))}| )*")

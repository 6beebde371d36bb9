"""Where the triggers of a context stand, without those that only look like one."""

from collections.abc import Sequence
from dataclasses import dataclass

from claims.engine.window import Window

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: its span, and the spans of the words that made it."""

    start: int
    end: int
    slots: tuple[Span, ...]

    def is_of(self, start: int, end: int) -> bool:
        """True where [start, end) touches a word that made the claim: 以前没有,以后也没有 does not deny itself."""
        return any(s < end and start < e for s, e in self.slots)


@dataclass(frozen=True, slots=True)
class Applied:
    """The trigger by which a context holds, and whether it stands in the claim's own clause."""

    cue: str
    own_clause: bool


def spans_of(window: Window, names: str | None) -> tuple[Span, ...]:
    """Every [start, end) of the policy's word lists of these names (joined by `|`, concepts with @), by start."""
    if not names:
        return ()
    found = [window.located.spans(name) for name in concepts_of(names)]
    return found[0] if len(found) == 1 else tuple(sorted(span for spans in found for span in spans))


def concepts_of(names: str) -> list[str]:
    """What is located in a window under these names: a context's lists, or with @ concepts of the lexicon."""
    return [name[1:] if name[0] == "@" else f"cue:{name}" for name in names.split("|")]


def triggers_of(window: Window, names: str | None, pseudo: str | None) -> list[Span]:
    """The triggers that no longer pseudo-trigger covers, by start."""
    covers = spans_of(window, pseudo)
    return [span for span in spans_of(window, names) if not _is_covered(span, covers)]


def _is_covered(span: Span, covers: Sequence[Span]) -> bool:
    return any(s <= span[0] and span[1] <= e and (e - s) > (span[1] - span[0]) for s, e in covers)

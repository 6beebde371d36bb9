"""Why media stayed out, from what was noted while it did; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.types import Gap, GapKind

_SKIPPED = "the timestamps skip"
_SILENCE = "silence"
_MOST_WHYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What was learnt at `at_ms` on the wall clock, and held since the note before. `kind` None: silence."""

    kind: GapKind | None
    why: str
    at_ms: int


def joined(notes: Sequence[Note], note: Note) -> list[Note]:
    """The notes with this one; the same again only moves its time on, so that an hour's outage stays short."""
    if notes and (notes[-1].kind, notes[-1].why) == (note.kind, note.why):
        return [*notes[:-1], note]
    return [*notes, note]


def one_cause(notes: Sequence[Note], start_ms: int, end_ms: int) -> list[Gap]:
    """The gap as one, by the first note that tells a cause; where none does, the timestamps themselves skipped."""
    kind = next((note.kind for note in notes if note.kind is not None), None)
    if kind is None:
        kind = GapKind.NETWORK if notes else GapKind.PUBLISHER
    whys = dict.fromkeys(note.why for note in notes if note.kind in (kind, None))
    return [Gap(kind=kind, start_ms=start_ms, end_ms=end_ms, why=_text_of(whys) or _SKIPPED)]


def causes(notes: Sequence[Note], start_ms: int, end_ms: int, now_ms: int) -> list[Gap]:
    """The gap `[start_ms, end_ms)`, which ended at `now_ms` on the wall clock, cut where the cause changed.

    A note tells of the time up to it, the last one of the rest, too; silence belongs to the next cause that is known,
    and to the network if none is. The pieces fill the gap exactly.
    """
    known = _known(notes)
    pieces: list[Gap] = []
    at_ms = start_ms
    for index, note in enumerate(known):
        until_ms = end_ms if index == len(known) - 1 else min(max(end_ms - (now_ms - note.at_ms), at_ms), end_ms)
        assert note.kind is not None
        if until_ms > at_ms:
            if pieces and pieces[-1].kind is note.kind:
                before = pieces.pop()
                why = _text_of(dict.fromkeys([*before.why.split("; "), note.why]))
                pieces.append(Gap(kind=note.kind, start_ms=before.start_ms, end_ms=until_ms, why=why))
            else:
                pieces.append(Gap(kind=note.kind, start_ms=at_ms, end_ms=until_ms, why=note.why))
        at_ms = until_ms
    return pieces or one_cause(notes, start_ms, end_ms)


def _known(notes: Sequence[Note]) -> list[Note]:
    known: list[Note] = []
    kind: GapKind | None = None
    for note in reversed(notes):
        kind = note.kind or kind
        known.append(Note(kind=kind or GapKind.NETWORK, why=note.why or _SILENCE, at_ms=note.at_ms))
    return known[::-1]


def _text_of(whys: dict[str, None]) -> str:
    return "; ".join(list(whys)[:_MOST_WHYS])

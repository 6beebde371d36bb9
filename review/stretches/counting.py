"""What is counted of the stretches that are not told yet: a pure fold over what segments gave, each counted once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from ingest.recording.ledger import Coverage
from review.stretches.types import Condition, Signal, Span, StretchTerms, Understood

# An utterance of at most 12 s is cut in its later half, so that words are known six seconds after they were said.
LATE_MS = 8_000
# Segments that lie so far apart have something missing between them.
_ROUNDING_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was heard, read and found in a stretch, and how long it was black or frozen."""

    speech_ms: int = 0
    heard: int = 0
    heard_characters: int = 0
    pictures: int = 0
    read: int = 0
    read_characters: int = 0
    black_ms: int = 0
    frozen_ms: int = 0
    flags: int = 0
    notes: int = 0

    def plus(self, **more: int) -> "Counts":
        """The counts with these added."""
        return replace(self, **{name: getattr(self, name) + value for name, value in more.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A stretch of which nothing more is to come."""

    start_ms: int
    end_ms: int
    counts: Counts

    def to_json(self, coverage: Coverage) -> dict[str, object]:
        """The body that is told: what was heard, what was read, what was covered, and what was found."""
        counts = self.counts
        gaps = [
            {
                "kind": gap.kind.value,
                "start_ms": max(gap.start_ms, self.start_ms),
                "end_ms": min(gap.end_ms, self.end_ms),
                "why": gap.why,
            }
            for gap in coverage.gaps
            if gap.start_ms < self.end_ms and gap.end_ms > self.start_ms
        ]
        missed_ms = sum(int(str(gap["end_ms"])) - int(str(gap["start_ms"])) for gap in gaps)
        return {
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "heard": {
                "speech_ms": counts.speech_ms,
                "passages": counts.heard,
                "characters": counts.heard_characters,
            },
            "read": {"pictures": counts.pictures, "texts": counts.read, "characters": counts.read_characters},
            "picture": {"black_ms": counts.black_ms, "frozen_ms": counts.frozen_ms},
            "covered": {"analysed_ms": self.end_ms - self.start_ms - missed_ms, "gaps": gaps},
            "found": {"flags": counts.flags, "notes": counts.notes},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A condition that begins or ends at this moment of the stream clock."""

    condition: Condition
    begins: bool
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A stream's counts between two segments.

    `told_ms`: up to where stretches were told. `until_ms`: up to where segments were counted; `seen_ms`: when the last
    picture was looked at. `silent_ms`, `black_ms`, `frozen_ms`: since when nobody speaks, or the picture is black or
    frozen; None: it is not. `ailing`: conditions that were told to have begun. `open`: counts by the number of their
    stretch.
    """

    length_ms: int
    sequence: int = -1
    told_ms: int = 0
    until_ms: int = 0
    seen_ms: int = 0
    silent_ms: int = 0
    black_ms: int | None = None
    frozen_ms: int | None = None
    ailing: tuple[Condition, ...] = ()
    open: Mapping[int, Counts] = field(default_factory=dict)

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        values = dict(state)
        values["ailing"] = tuple(Condition(name) for name in values["ailing"])
        values["open"] = {int(number): Counts(**counts) for number, counts in values["open"].items()}
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The tally as it is stored between two segments."""
        values: dict[str, Any] = {column.name: getattr(self, column.name) for column in fields(self)}
        values["ailing"] = [condition.value for condition in self.ailing]
        values["open"] = {str(number): asdict(counts) for number, counts in self.open.items()}
        return values

    def count(self, signal: Signal, understood: Understood) -> "Tally":
        """The tally with a segment; of one that was counted before, only what was not understood then."""
        counted = self.understand(understood)
        if signal.sequence <= self.sequence:
            return counted
        counted = counted._add_spans("speech_ms", signal.spoken)
        counted = counted._add_spans("black_ms", signal.black)
        counted = counted._add_spans("frozen_ms", signal.frozen)
        if signal.pictures:
            counted = counted._add(signal.start_ms, pictures=signal.pictures)
        return replace(
            counted,
            sequence=signal.sequence,
            until_ms=max(self.until_ms, signal.end_ms),
            silent_ms=self._silent(signal),
            seen_ms=signal.seen_ms,
            black_ms=signal.black_since_ms,
            frozen_ms=signal.frozen_since_ms,
        )

    def understand(self, understood: Understood) -> "Tally":
        """The tally with what was understood; where its stretch was told before, it counts in the next one."""
        counted = self
        for end_ms, characters in understood.heard:
            counted = counted._add(end_ms, heard=1, heard_characters=characters)
        for start_ms, characters in understood.read:
            counted = counted._add(start_ms, read=1, read_characters=characters)
        for start_ms in understood.flags:
            counted = counted._add(start_ms, flags=1)
        for start_ms in understood.notes:
            counted = counted._add(start_ms, notes=1)
        return counted

    def turns(self, terms: StretchTerms) -> tuple["Tally", tuple[Turn, ...]]:
        """What begins and ends to ail the broadcast, and the tally that knows it."""
        found: list[Turn] = []
        for condition, since_ms, now_ms, least_ms in (
            (Condition.NO_SPEECH, self.silent_ms, self.until_ms, terms.no_speech_ms),
            (Condition.BLACK_PICTURE, self.black_ms, self.seen_ms, terms.black_ms),
            (Condition.FROZEN_PICTURE, self.frozen_ms, self.seen_ms, terms.frozen_ms),
        ):
            holds = since_ms is not None and now_ms - since_ms >= least_ms
            if holds and condition not in self.ailing:
                found.append(Turn(condition=condition, begins=True, at_ms=since_ms or 0))
            elif not holds and condition in self.ailing:
                found.append(Turn(condition=condition, begins=False, at_ms=now_ms if since_ms is None else since_ms))
        ended = {turn.condition for turn in found if not turn.begins}
        began = tuple(turn.condition for turn in found if turn.begins)
        return replace(self, ailing=(*(c for c in self.ailing if c not in ended), *began)), tuple(found)

    def close(self, settled_ms: int) -> tuple["Tally", tuple[Closed, ...]]:
        """The stretches that end up to here, and the tally of those behind them."""
        tally, closed = self._close([*range(self.told_ms + self.length_ms, settled_ms + 1, self.length_ms)])
        return tally, tuple(closed)

    def close_all(self, end_ms: int) -> tuple["Tally", tuple[Closed, ...]]:
        """Every stretch up to the end of the broadcast, of which the last may be shorter."""
        ends = [*range(self.told_ms + self.length_ms, end_ms, self.length_ms)]
        if end_ms > self.told_ms:
            ends.append(end_ms)
        tally, closed = self._close(ends)
        if closed:
            # What lies behind the end, by a rounding, has no stretch of its own.
            last = closed[-1].counts
            for behind in tally.open.values():
                last = last.plus(**asdict(behind))
            closed[-1] = replace(closed[-1], counts=last)
        return replace(tally, open={}), tuple(closed)

    def _close(self, ends: list[int]) -> tuple["Tally", list[Closed]]:
        counts = dict(self.open)
        closed: list[Closed] = []
        start_ms = self.told_ms
        for end_ms in ends:
            of_it = counts.pop(start_ms // self.length_ms, Counts())
            closed.append(Closed(start_ms=start_ms, end_ms=end_ms, counts=of_it))
            start_ms = end_ms
        return replace(self, told_ms=start_ms, open=counts), closed

    def _add(self, at_ms: int, **more: int) -> "Tally":
        number = max(at_ms, self.told_ms) // self.length_ms
        counts = dict(self.open)
        counts[number] = counts.get(number, Counts()).plus(**more)
        return replace(self, open=counts)

    def _add_spans(self, name: str, spans: Iterable[Span]) -> "Tally":
        counted = self
        for span in spans:
            start_ms = span.start_ms
            while start_ms < span.end_ms:
                border_ms = (start_ms // self.length_ms + 1) * self.length_ms
                end_ms = min(span.end_ms, border_ms)
                counted = counted._add(start_ms, **{name: end_ms - start_ms})
                start_ms = end_ms
        return counted

    def _silent(self, signal: Signal) -> int:
        """Since when nobody speaks: what was not received or not read may have been anything."""
        if not signal.analysed:
            return signal.end_ms
        last_ms = max((span.end_ms for span in signal.spoken), default=None)
        if last_ms is not None:
            return last_ms
        if signal.start_ms - self.until_ms > _ROUNDING_MS:
            return signal.start_ms
        return self.silent_ms

"""Which waiting cuts are recognised together, and when: a pure scheduler that is told the time.

Start-time fair queueing over streams. Each stream carries the window time that it has been served; the stream that
had least leads the next batch with its oldest cut, and others whose next cut is of the same bucket ride along, as
long as they are not far ahead. So a flood of one stream neither starves the others nor is held back when it is alone.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from asr.batching.buckets import bucket_ms
from asr.errors import SpeechSettingsError, WrongAudioError
from asr.recogniser import FULL_WINDOW_MS, LONGEST_CUT_MS, SAMPLES_PER_MS, Cut

LEAD_MS = FULL_WINDOW_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherSettings:
    """How long a cut waits for company, and how much audio may wait.

    A cut is due `budget_ms` after it was taken in; a full bucket goes at once. Audio takes 64 kB a second of memory.
    """

    batch_size: int = 8
    budget_ms: int = 200
    stream_limit_ms: int = 120_000
    limit_ms: int = 1_800_000

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.budget_ms < 0:
            raise SpeechSettingsError(f"batch_size {self.batch_size} must be ≥ 1 and budget_ms {self.budget_ms} ≥ 0")
        if not LONGEST_CUT_MS <= self.stream_limit_ms <= self.limit_ms:
            raise SpeechSettingsError(
                f"stream_limit_ms {self.stream_limit_ms} must hold the longest cut ({LONGEST_CUT_MS}) and lie within"
                f" limit_ms {self.limit_ms}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a cut was taken in (`ticket`; None: refused, keep it and offer it again), and what room is left."""

    ticket: int | None
    room_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCall:
    """Cuts of one bucket for one encoder call, with the tickets they were given."""

    window_ms: int
    tickets: tuple[int, ...]
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    ticket: int
    cut: Cut
    length_ms: int
    window_ms: int
    due_ms: int


@dataclass(slots=True)
class _Line:
    """One stream's waiting cuts, oldest first, and the window time it has been served."""

    waiting: deque[_Waiting]
    waiting_ms: int
    served_ms: int


class Batcher:
    """Takes cuts in, gives calls out: every cut exactly once, those of one stream in their order.

    While two streams both have something due, neither is served more than `LEAD_MS` and one window beyond the other,
    apart from what it had been ahead or behind before. Times are any clock's milliseconds that never go back.
    """

    def __init__(self, settings: BatcherSettings | None = None) -> None:
        self._settings = settings or BatcherSettings()
        self._lines: dict[str, _Line] = {}
        self._waiting_ms = 0
        self._next_ticket = 0
        self._virtual_ms = 0

    @property
    def waiting_count(self) -> int:
        """How many cuts wait."""
        return sum(len(line.waiting) for line in self._lines.values())

    def room_ms(self, stream_id: str) -> int:
        """How much more audio of this stream is taken in now.

        The fuller the whole, the less a stream may hold: never more than what is left free, so that a newcomer finds
        room even when others flood.
        """
        free_ms = self._settings.limit_ms - self._waiting_ms
        own_ms = self._lines[stream_id].waiting_ms if stream_id in self._lines else 0
        if not own_ms:
            return min(self._settings.stream_limit_ms, free_ms)
        return max(0, min(self._settings.stream_limit_ms - own_ms, (free_ms - own_ms) // 2))

    def offer(self, cut: Cut, now_ms: int) -> Admission:
        """Takes the cut in or refuses it; raises WrongAudioError if it is empty or longer than a window holds."""
        length_ms = -(-len(cut.samples) // SAMPLES_PER_MS)
        if not 0 < length_ms <= LONGEST_CUT_MS:
            raise WrongAudioError(
                f"a cut of stream {cut.stream_id!r} at {cut.start_ms} ms is {length_ms} ms long;"
                f" it must not be empty, and be at most {LONGEST_CUT_MS} ms"
            )
        if length_ms > self.room_ms(cut.stream_id):
            return Admission(ticket=None, room_ms=self.room_ms(cut.stream_id))
        line = self._lines.setdefault(cut.stream_id, _Line(deque(), 0, 0))
        if not line.waiting:
            line.served_ms = max(line.served_ms, self._virtual_ms)
        ticket = self._next_ticket
        self._next_ticket += 1
        due_ms = now_ms + self._settings.budget_ms
        line.waiting.append(
            _Waiting(ticket=ticket, cut=cut, length_ms=length_ms, window_ms=bucket_ms(length_ms), due_ms=due_ms)
        )
        line.waiting_ms += length_ms
        self._waiting_ms += length_ms
        return Admission(ticket=ticket, room_ms=self.room_ms(cut.stream_id))

    def next_due_ms(self) -> int | None:
        """When `take` will next have something even if nobody comes; None if nothing waits."""
        return min((line.waiting[0].due_ms for line in self._lines.values() if line.waiting), default=None)

    def take(self, now_ms: int) -> SharedCall | None:
        """The cuts to recognise now; None if none is due and no bucket is full."""
        full = self._full_windows()
        leaders = [
            line
            for line in self._lines.values()
            if line.waiting and (line.waiting[0].due_ms <= now_ms or line.waiting[0].window_ms in full)
        ]
        if not leaders:
            return None
        leader = min(leaders, key=_turn)
        window_ms = leader.waiting[0].window_ms
        self._virtual_ms = max(self._virtual_ms, leader.served_ms)
        taken = [self._serve(leader)]
        while len(taken) < self._settings.batch_size and (rider := self._rider(window_ms)):
            taken.append(self._serve(rider))
        self._forget_idle()
        return SharedCall(
            window_ms=window_ms, tickets=tuple(one.ticket for one in taken), cuts=tuple(one.cut for one in taken)
        )

    def _rider(self, window_ms: int) -> _Line | None:
        """Whose next cut may come along: of the same bucket, and not far ahead of anybody else who waits."""
        alike = [line for line in self._lines.values() if line.waiting and line.waiting[0].window_ms == window_ms]
        rider = min(alike, key=_turn, default=None)
        if rider is None:
            return None
        others_ms = [line.served_ms for line in self._lines.values() if line.waiting and line is not rider]
        return rider if rider.served_ms <= min(others_ms, default=rider.served_ms) + LEAD_MS else None

    def _serve(self, line: _Line) -> _Waiting:
        one = line.waiting.popleft()
        line.waiting_ms -= one.length_ms
        line.served_ms += one.window_ms
        self._waiting_ms -= one.length_ms
        return one

    def _full_windows(self) -> set[int]:
        counts: dict[int, int] = {}
        for window_ms in self._takable_windows():
            counts[window_ms] = counts.get(window_ms, 0) + 1
        return {window_ms for window_ms, count in counts.items() if count >= self._settings.batch_size}

    def _takable_windows(self) -> Iterator[int]:
        """The bucket of each cut that could go now: the first of each stream and those like it right behind."""
        for line in self._lines.values():
            for one in line.waiting:
                if one.window_ms != line.waiting[0].window_ms:
                    break
                yield one.window_ms

    def _forget_idle(self) -> None:
        """A stream that has nothing waiting keeps its place only while it is ahead, so that leaving gains nothing."""
        for stream_id in [
            name for name, line in self._lines.items() if not line.waiting and line.served_ms <= self._virtual_ms
        ]:
            del self._lines[stream_id]


def _turn(line: _Line) -> tuple[int, int]:
    """Who comes first: who was served least, and of equals who waits longest."""
    return line.served_ms, line.waiting[0].ticket

"""The ledger: every millisecond of a broadcast was analysed, waits for it, or is a gap with a cause; pure.

`analysed + waiting + gaps = span`, exactly, for any sequence of entries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.types import Gap, GapKind

# Neighbours whose containers round to a millisecond lie apart by this much with nothing missing.
_ROUNDING_MS = 10
_UNEXPLAINED = "nothing was written down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a broadcast was really analysed.

    `span_ms` is all of it so far, `waiting_ms` what was received and is still to be analysed. The gaps lie in order,
    apart from one another.
    """

    span_ms: int
    analysed_ms: int
    waiting_ms: int
    gaps: tuple[Gap, ...]

    @property
    def gap_ms(self) -> int:
        """All that was never analysed."""
        return sum(gap.length_ms for gap in self.gaps)

    @property
    def by_kind(self) -> Mapping[GapKind, int]:
        """The lost milliseconds by cause, the largest first."""
        sums: dict[GapKind, int] = {}
        for gap in self.gaps:
            sums[gap.kind] = sums.get(gap.kind, 0) + gap.length_ms
        return dict(sorted(sums.items(), key=lambda entry: -entry[1]))

    @property
    def per_mille(self) -> int:
        """The analysed share in thousandths, rounded down: 1000 only if nothing is missing."""
        return self.analysed_ms * 1000 // self.span_ms if self.span_ms else 0


NOTHING = Coverage(span_ms=0, analysed_ms=0, waiting_ms=0, gaps=())


class Ledger:
    """The entries of one stream, in the order of the broadcast."""

    def __init__(self, so_far: Coverage = NOTHING) -> None:
        self._settled_ms = so_far.span_ms - so_far.waiting_ms
        self._gaps = list(so_far.gaps)
        self._known: list[Gap] = []

    @property
    def settled_ms(self) -> int:
        """Up to where every millisecond is accounted for."""
        return self._settled_ms

    def know(self, gaps: Iterable[Gap]) -> None:
        """Takes causes that the recording tells, to be used once the ledger comes to their place."""
        self._known += gaps

    def analysed(self, start_ms: int, end_ms: int, shed: Sequence[Gap] = ()) -> None:
        """A segment was analysed, except for the stretches in `shed`."""
        self._reach(start_ms)
        for gap in sorted(shed, key=lambda gap: gap.start_ms):
            self._settled_ms = max(self._settled_ms, min(gap.start_ms, end_ms))
            self._lose(min(gap.end_ms, end_ms), gap.kind, gap.why)
        self._settled_ms = max(self._settled_ms, end_ms)

    def lost(self, gap: Gap) -> None:
        """A segment, or any other stretch, was not analysed."""
        self._reach(gap.start_ms)
        self._lose(gap.end_ms, gap.kind, gap.why)

    def close(self, end_ms: int, kind: GapKind = GapKind.CRASH, why: str = "the analysis ended before") -> Coverage:
        """The final account: known gaps up to the end, and what still waits is lost for this reason."""
        self._explain(max([end_ms, *(gap.end_ms for gap in self._known)]), kind, why)
        return self.coverage()

    def coverage(self, recorded_ms: int = 0) -> Coverage:
        """The account so far, of a broadcast that is recorded up to `recorded_ms`."""
        span_ms = max(recorded_ms, self._settled_ms)
        gap_ms = sum(gap.length_ms for gap in self._gaps)
        return Coverage(
            span_ms=span_ms,
            analysed_ms=self._settled_ms - gap_ms,
            waiting_ms=span_ms - self._settled_ms,
            gaps=tuple(self._gaps),
        )

    def _reach(self, start_ms: int) -> None:
        """Accounts for what lies before a new entry; a rounding hole belongs to what came before it."""
        if 0 < start_ms - self._settled_ms <= _ROUNDING_MS and not any(g.start_ms < start_ms for g in self._known):
            self._settled_ms = start_ms
        self._explain(start_ms, GapKind.CRASH, _UNEXPLAINED)

    def _explain(self, until_ms: int, kind: GapKind, why: str) -> None:
        self._known.sort(key=lambda gap: gap.start_ms)
        while self._known and self._known[0].start_ms < until_ms:
            gap = self._known.pop(0)
            self._lose(min(gap.start_ms, until_ms), kind, why)
            self._lose(min(gap.end_ms, until_ms), gap.kind, gap.why)
        self._lose(until_ms, kind, why)

    def _lose(self, until_ms: int, kind: GapKind, why: str) -> None:
        if until_ms <= self._settled_ms:
            return
        start_ms, self._settled_ms = self._settled_ms, until_ms
        last = self._gaps[-1] if self._gaps else None
        if last is not None and (last.kind, last.why, last.end_ms) == (kind, why, start_ms):
            start_ms = self._gaps.pop().start_ms
        self._gaps.append(Gap(kind=kind, start_ms=start_ms, end_ms=until_ms, why=why))

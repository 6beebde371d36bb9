"""Whether everything that was in simulated broadcasts is in the database: once, in order, and accounted for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.stress_shard import Simulation, finding_of
from review.stores import Stores
from review.streams.types import FindingQuery, StreamState


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a run. Delays: from a segment's close to its finding being stored.

    `statements_per_s`: of the workers that were there at the end; `worker_mb`: the memory of the largest of them.
    `refused`: why one broadcast more was. `wrong`: what is lost, doubled, disordered or unfinished, in words.
    """

    streams: int
    segments: int
    findings: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    dropped: int
    moves: int
    least_coverage: float
    seconds: float
    refused: str
    wrong: tuple[str, ...]
    statements_per_s: int = 0
    worker_mb: int = 0

    def row(self) -> dict[str, object]:
        """As the bench prints it."""
        return {
            "streams": self.streams,
            "segments": self.segments,
            "findings": self.findings,
            "received_to_stored_p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "p99_ms": self.p99_ms,
            "dropped": self.dropped,
            "moves": self.moves,
            "least_coverage": round(self.least_coverage, 4),
            "statements_per_s": self.statements_per_s,
            "worker_mb": self.worker_mb,
            "seconds": round(self.seconds, 1),
            "faults": len(self.wrong),
            "one_more": self.refused or "was accepted",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What may not be passed; None: anything may."""

    p50_ms: int | None = None
    p95_ms: int | None = None
    p99_ms: int | None = None
    dropped: int | None = None

    def passed(self, report: Report) -> list[str]:
        """Each limit that was passed, in words."""
        return [
            f"{name} is {found}, the limit is {most}"
            for name in ("p50_ms", "p95_ms", "p99_ms", "dropped")
            if (most := getattr(self, name)) is not None and (found := getattr(report, name)) > most
        ]


def report(
    stores: Stores,
    sim: Simulation,
    ordered: Sequence[str],
    *,
    duration_ms: int,
    delays_ms: Sequence[int],
    refused: str = "",
    seconds: float = 0,
    statements: int = 0,
    worker_bytes: int = 0,
) -> Report:
    """Looks at what is stored of the ordered broadcasts. `delays_ms` in ascending order."""
    looks = [_Look.of(stores, sim, stream_id, duration_ms) for stream_id in ordered]
    return Report(
        streams=len(ordered),
        segments=sum(look.segments for look in looks),
        findings=sum(look.findings for look in looks),
        p50_ms=_percentile(delays_ms, 50),
        p95_ms=_percentile(delays_ms, 95),
        p99_ms=_percentile(delays_ms, 99),
        dropped=sum(look.dropped for look in looks),
        moves=sum(look.moves for look in looks),
        least_coverage=min((look.coverage for look in looks), default=0),
        seconds=seconds,
        refused=refused,
        statements_per_s=round(statements / seconds) if seconds else 0,
        worker_mb=round(worker_bytes / 1e6),
        wrong=tuple(f"{look.stream_id}: {what}" for look in looks for what in look.faults),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    stream_id: str
    segments: int
    findings: int
    dropped: int
    moves: int
    coverage: float
    faults: tuple[str, ...]

    @classmethod
    def of(cls, stores: Stores, sim: Simulation, stream_id: str, duration_ms: int) -> "_Look":
        """What is stored of one broadcast."""
        count = duration_ms // sim.segment_ms
        coverage, cursor, lease = (
            stores.streams.coverage(stream_id),
            stores.streams.cursor(stream_id),
            stores.leases.lease(stream_id),
        )
        lost = [(gap.start_ms // sim.segment_ms, gap.length_ms // sim.segment_ms) for gap in coverage.gaps]
        shed = {first + offset for first, length in lost for offset in range(length)}
        found = [
            each.finding
            for each in stores.streams.findings(FindingQuery(stream_id=stream_id, limit=count + 1)).findings
        ]
        expected = [finding_of(sim, stream_id, n) for n in range(0, count, sim.finding_every) if n not in shed]

        def faults() -> Iterator[str]:
            stream = stores.streams.stream(stream_id)
            if stream.state is not StreamState.ENDED:
                yield f"is {stream.state.value} ({stream.error})"
            if (coverage.analysed_ms + coverage.gap_ms, coverage.waiting_ms) != (duration_ms, 0):
                yield f"of {duration_ms} ms the ledger accounts for {coverage.analysed_ms + coverage.gap_ms}"
            if (coverage.segment_count, cursor) != (count, count - 1):
                yield f"{coverage.segment_count} segments of {count} are stored, up to number {cursor}"
            if missing := {f.finding_id for f in expected} - {f.finding_id for f in found}:
                yield f"{len(missing)} findings are lost"
            if len(found) > len(expected) - len(missing):
                yield "there are findings of nothing, or some twice"
            if [f.start_ms for f in found] != sorted(f.start_ms for f in found):
                yield "findings are not in the order of the broadcast"

        return cls(
            stream_id=stream_id,
            segments=coverage.segment_count,
            findings=len(found),
            dropped=len(shed),
            moves=0 if lease is None else max(0, lease.token - 2),
            coverage=coverage.analysed_ms / duration_ms,
            faults=tuple(faults()),
        )


def _percentile(ascending: Sequence[int], percent: int) -> int:
    return ascending[min(len(ascending) - 1, len(ascending) * percent // 100)] if ascending else 0

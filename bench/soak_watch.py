"""What must hold all the way through a soak: the ledger, the findings, the events, memory and open files."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.stress_shard import Simulation, finding_of
from bench.webhook_receiver import Receiver
from review.events.types import Event
from review.stores import Stores
from review.streams.types import FindingQuery, StoredFinding, StreamState

# A process is judged by its memory only if it was looked at so often; the first looks are its beginning.
_LOOKS, _BEGINNING = 24, 0.34
_MORE_RSS = 1.15
_MORE_RSS_BYTES = 12_000_000
_MORE_FILES = 6
_PAGE = 1_000
OVER = (StreamState.ENDED, StreamState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is stored of one broadcast. `wrong`: what is lost, doubled or unaccounted for, in words."""

    segments: int
    findings: int
    dropped: int
    moves: int
    wrong: tuple[str, ...]


def look_at(stores: Stores, sim: Simulation, stream_id: str, *, is_over: bool, lasts: int | None = None) -> Look:
    """What is stored of this broadcast, and what of it is not as it must be.

    One on air is looked at by parts, while it is written to: what stands there may be more than what was there a
    moment before, and never less, twice, or of nothing. `lasts`: how many segments one that is over must have; None: it
    was stopped, perhaps between the receiving of a segment and its analysis.
    """
    before, ledger, after = (
        stores.streams.cursor(stream_id),
        stores.streams.ledger(stream_id),
        stores.streams.cursor(stream_id),
    )
    segments = 0 if before is None else before + 1
    latest = segments if after is None else after + 1
    ids = [each.finding.finding_id for each in _findings(stores, stream_id)]
    ending = segments if is_over else 1 + (stores.streams.cursor(stream_id) or latest)
    shed = {
        gap.start_ms // sim.segment_ms + offset
        for gap in ledger.gaps
        for offset in range(gap.length_ms // sim.segment_ms)
    }
    must = {finding_of(sim, stream_id, n).finding_id for n in range(0, segments, sim.finding_every) if n not in shed}
    may = must | {finding_of(sim, stream_id, n).finding_id for n in range(segments, ending + 1)}
    accounted_ms = ledger.analysed_ms + ledger.gap_ms + ledger.waiting_ms

    def wrong() -> Iterator[str]:
        if accounted_ms != ledger.span_ms:
            yield f"of {ledger.span_ms} ms the ledger accounts for {accounted_ms}"
        if not segments * sim.segment_ms <= ledger.span_ms <= (latest + 1) * sim.segment_ms:
            yield f"{segments} to {latest} segments are stored, and the ledger is of {ledger.span_ms} ms"
        if missing := must - set(ids):
            yield f"{len(missing)} findings are lost"
        if len(ids) != len(set(ids)):
            yield "a finding is there twice"
        if is_over and set(ids) - may:
            yield "there are findings of nothing"
        if is_over and not segments <= ledger.segment_count <= segments + (lasts is None):
            yield f"{ledger.segment_count} segments are counted of {segments}"
        if is_over and lasts is not None and (segments, ledger.span_ms) != (lasts, lasts * sim.segment_ms):
            yield f"{segments} segments of {lasts} are there, and the ledger is of {ledger.span_ms} ms"

    lease = stores.leases.lease(stream_id)
    moves = 0 if lease is None else max(0, lease.token - 2)
    return Look(segments=segments, findings=len(ids), dropped=len(shed), moves=moves, wrong=tuple(wrong()))


def _findings(stores: Stores, stream_id: str) -> Sequence[StoredFinding]:
    return stores.streams.findings(FindingQuery(stream_id=stream_id, limit=100_000)).findings


def log_of(stores: Stores, tenant: str) -> list[Event]:
    """Every event of the customer, in order."""
    events: list[Event] = []
    while page := stores.events.after(tenant, events[-1].sequence if events else 0, _PAGE):
        events += page
    return events


def wrong_with_events(events: Sequence[Event], receiver: Receiver, findings: int) -> Iterator[str]:
    """What the customer was not told, was told otherwise than it stands in the log, or under two ids."""
    log = {event.id: event.to_json() for event in events}
    if [event.sequence for event in events] != sorted({event.sequence for event in events}):
        yield "events are numbered twice, or out of order"
    if lost := log.keys() - receiver.accepted.keys():
        yield f"{len(lost)} events were never delivered"
    if more := receiver.accepted.keys() - log.keys():
        yield f"{len(more)} events were delivered that are not in the log"
    if any(json.loads(body) != log[name] for name, body in receiver.accepted.items() if name in log):
        yield "events were delivered otherwise than they stand in the log"
    if any(len(ids) > 1 for ids in receiver.seen.values()):
        yield "an event was sent under two ids"
    created = sum(event.kind == "finding.created" for event in events)
    if created != findings:
        yield f"{findings} findings are stored, and {created} were told"


@dataclass
class Meters:
    """Memory (bytes) and open files of each process, look by look."""

    rss: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    files: dict[tuple[str, int], list[int]] = field(default_factory=dict)

    def note(self, name: str, pid: int) -> None:
        """Looks at the process, if it is there."""
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            open_files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return
        rss = next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0)
        if rss:
            self.rss.setdefault((name, pid), []).append(rss)
            self.files.setdefault((name, pid), []).append(open_files)

    def wrong(self) -> Iterator[str]:
        """What grows: the last third of the looks at a process beside those after its beginning."""
        for (name, pid), looks in self.rss.items():
            if len(looks) >= _LOOKS:
                early, late = _early_and_late(looks)
                if late > early * _MORE_RSS + _MORE_RSS_BYTES:
                    yield f"{name} ({pid}) grew from {early / 1e6:.0f} to {late / 1e6:.0f} MB"
                early, late = _early_and_late(self.files[name, pid])
                if late > early + _MORE_FILES:
                    yield f"{name} ({pid}) had {early:.0f} files open, and later {late:.0f}"

    def judged(self) -> dict[str, tuple[float, float, float, float]]:
        """Of the longest lived process of each name: memory early and late in MB, files early and late."""
        found: dict[str, tuple[float, float, float, float]] = {}
        for (name, pid), looks in sorted(self.rss.items(), key=lambda pair: len(pair[1])):
            if len(looks) >= _LOOKS:
                memory = [round(value / 1e6, 1) for value in _early_and_late(looks)]
                found[name] = (memory[0], memory[1], *_early_and_late(self.files[name, pid]))
        return found


def _early_and_late(looks: Sequence[int]) -> tuple[float, float]:
    settled = looks[int(len(looks) * _BEGINNING) :]
    third = max(1, len(settled) // 3)
    return median(settled[:third]), median(settled[-third:])


def numbered(faults: Iterable[str], most: int = 50) -> list[str]:
    """So many of these at most, and how many more there are."""
    listed = list(faults)
    return listed[:most] + ([f"and {len(listed) - most} more"] if len(listed) > most else [])

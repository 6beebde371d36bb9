"""What fault tests share: a capture that runs beside the test, and what must hold of every recording."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av

from ingest.capture.capture import capture
from ingest.capture.sources import CaptureLimits
from ingest.recording.chain import verify_chain
from ingest.recording.ledger import Coverage, Ledger
from ingest.recording.manifest import ManifestTail, read_manifest
from ingest.recording.ring import read_trims
from ingest.types import EndPolicy, EndReason, GapKind, Segment
from net.guard import NetPolicy
from net.http import HttpLimits
from tests.ingest.servers import wait_until
from tests.ingest.support import run_ffmpeg, wall_ms

LOOPBACK = NetPolicy.parse(["127.0.0.1"])
BRISK = CaptureLimits(stall_limit_s=2, http=HttpLimits(connect_s=1.5, read_s=1.5, body_s=10))


@dataclass(slots=True)
class Running:
    """A capture in a thread of its own."""

    folder: Path
    segments: list[Segment] = field(default_factory=list)
    ends: list[EndReason] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def wait(self, count: int, *, epoch: int = 0, deadline_s: float = 25.0) -> None:
        """Returns once so many segments of this epoch or later ones are recorded."""

        def enough() -> bool:
            assert not self.errors, self.errors
            return sum(segment.epoch >= epoch for segment in self.segments) >= count

        wait_until(enough, f"{count} segments of epoch {epoch}; there are {self.segments}", deadline_s)

    def run(self, source: str, options: dict[str, object]) -> None:
        try:
            for segment in capture(
                source,
                stream_id="s1",
                folder=self.folder,
                policy=LOOPBACK,
                stop=self.stopping.is_set,
                now_ms=wall_ms,
                on_end=self.ends.append,
                **options,  # type: ignore[arg-type]
            ):
                self.segments.append(segment)
        except Exception as error:
            self.errors.append(error)
        finally:
            self.over.set()


@contextmanager
def capturing(source: str, folder: Path, **options: object) -> Iterator[Running]:
    """A capture beside the test; afterwards it is stopped, and what must hold of its recording holds."""
    running = Running(folder)
    chosen: dict[str, object] = {"limits": BRISK, "end": EndPolicy(start_s=10, away_s=20)} | options
    thread = threading.Thread(target=running.run, args=(source, chosen))
    thread.start()
    try:
        yield running
    finally:
        running.stopping.set()
        thread.join()
    assert not running.errors, running.errors
    assert_sound(folder)


def assert_sound(folder: Path) -> Coverage:
    """The chain holds, every hole has a written cause, the ledger sums, and no packet stands there twice."""
    verify_chain(folder)
    segments = read_manifest(folder)
    coverage = ledger_of(folder)
    assert coverage.analysed_ms + coverage.gap_ms == coverage.span_ms
    assert coverage.waiting_ms == 0
    assert not [gap for gap in coverage.gaps if gap.why == "nothing was written down"], coverage.gaps
    kept = [segment for segment in segments if segment.sequence not in read_trims(folder)]
    twice = [packet for packet, count in Counter(packets(kept)).items() if count > 1]
    assert twice == []
    assert not list(folder.glob("*.part"))
    return coverage


def ledger_of(folder: Path) -> Coverage:
    """The account of a recording whose every segment was analysed."""
    ledger = Ledger()
    recorded_ms, gaps = ManifestTail(folder).read()
    ledger.know(gaps)
    for segment in read_manifest(folder):
        ledger.analysed(segment.start_ms, segment.end_ms)
    return ledger.close(recorded_ms)


def lost(folder: Path) -> dict[GapKind, int]:
    """The lost milliseconds by cause."""
    return dict(ledger_of(folder).by_kind)


def packets(segments: list[Segment], kind: str = "video") -> list[tuple[int, str]]:
    """Every packet by its epoch and its bytes, as one place and content: a picture that counts is never the same."""
    return [(s.epoch, f"{told}@{at}") for s in segments for told, at in _packets(s.path, kind)]


def picture_packets(path: Path) -> list[str]:
    """The bytes of every picture's packet in a media file, hashed."""
    return [told for told, _ in _packets(path, "video")]


def _packets(path: Path, kind: str) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = []
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size and packet.stream.type == kind:
                found.append((hashlib.sha256(bytes(packet)).hexdigest(), packet.pts))
    return found


def contents(segments: list[Segment]) -> list[str]:
    """Every picture's packet in order, by its bytes."""
    return [told.partition("@")[0] for _, told in packets(segments)]


def stored(*paths: Path) -> list[str]:
    """The same of media files."""
    return [told for path in paths for told in picture_packets(path)]


def shifted(media: Path, target: Path, offset_s: float, *cut: str) -> bytes:
    """The talk as a transport stream whose timestamps start at this offset."""
    run_ffmpeg(*cut, "-i", media / "talk.mp4", "-c", "copy", "-output_ts_offset", str(offset_s), target)
    return target.read_bytes()

"""What both ways of screening tell about a segment and about the end, in the same words."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from claims.types import Finding, Passage
from cluster.errors import NothingToScreen
from cluster.types import Ended, Event, Found, Marked, OnSale, Prepared, Progress, Understood, Warned
from ingest.recording.ledger import Coverage
from net.errors import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one segment, or the end of the stream, gave."""

    passages: list[Passage]
    findings: list[Finding]
    clipped: list[Finding]
    coverage: Coverage
    seen: list[OnSale | Marked] = field(default_factory=list)

    def events(self) -> Iterator[Event]:
        """Passages first, then what was seen and found in them, then the clips that became ready."""
        yield from (Understood(passage=p) for p in self.passages)
        yield from self.seen
        yield from (Found(finding=f) for f in (*self.findings, *self.clipped))


@dataclass(slots=True)
class ScreeningEvents:
    """How far the analysis has come, and which halves of the broadcast there were."""

    source: str
    analysed_ms: int = 0
    has_audio: bool = False
    has_video: bool = False

    def segment(self, prepared: Prepared, outcome: Outcome, recorded_ms: int) -> Iterator[Event]:
        """The events of one analysed segment."""
        if prepared.error is not None:
            yield Warned(text=prepared.error)
            yield Progress(analysed_ms=self.analysed_ms, recorded_ms=recorded_ms, coverage=outcome.coverage)
            return
        self.has_audio = self.has_audio or prepared.has_audio
        self.has_video = self.has_video or prepared.has_video
        self.analysed_ms = prepared.segment.end_ms
        yield from outcome.events()
        yield Progress(analysed_ms=self.analysed_ms, recorded_ms=recorded_ms, coverage=outcome.coverage)

    def end(self, outcome: Outcome, reason: str) -> Iterator[Event]:
        """The events of the end; NothingToScreen where neither sound nor picture could be read."""
        yield from outcome.events()
        name = shown(self.source)
        if not self.has_audio and not self.has_video:
            raise NothingToScreen(name)
        if not self.has_audio:
            yield Warned(text=f"{name}: has no audio; only the screen was checked")
        if not self.has_video:
            yield Warned(text=f"{name}: has no video; only the speech was checked")
        yield Ended(reason=reason, analysed_ms=self.analysed_ms, coverage=outcome.coverage)

"""What `zhenyan screen` shows while it runs: findings, transcript, progress."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Self, TextIO

import click

from claims.types import Disposition, Finding
from cli.shell.file_modes import create
from cli.shell.records import write_finding
from cli.shell.tables import open_console
from cli.shell.terminal import on_one_line
from cluster.types import Ended, Event, Found, Progress, Understood, Warned
from ingest.recording.ledger import Coverage


class Printer:
    """Writes findings and transcript, and shows progress on a terminal."""

    def __init__(self, transcript: Path | None, *, wait_for_clips: bool) -> None:
        self._transcript_path = transcript
        self._transcript: TextIO | None = None
        self._wait_for_clips = wait_for_clips
        self._printed: dict[str, Finding] = {}
        self._held: dict[str, Finding] = {}
        console = open_console(to_errors=True)
        self._status = console.status("waiting for the first segment") if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._status:
            self._status.stop()
        for finding in self._held.values():
            self._print(finding)
        if self._transcript:
            self._transcript.close()

    def take(self, event: Event) -> None:
        """Shows one event."""
        # Opened by the first event, so that a source that gives nothing leaves no empty file.
        if self._transcript_path and self._transcript is None:
            self._transcript = create(self._transcript_path)
        if isinstance(event, Found):
            self._found(event.finding)
        elif isinstance(event, Understood) and self._transcript:
            self._transcript.write(json.dumps(event.passage.model_dump(), ensure_ascii=False) + "\n")
            self._transcript.flush()
        elif isinstance(event, Warned):
            click.echo(f"zhenyan: {on_one_line(event.text)}", err=True)
        elif isinstance(event, Progress) and self._status:
            lag_s = (event.recorded_ms - event.analysed_ms) / 1000
            flagged = sum(f.disposition is Disposition.FLAG for f in self._printed.values())
            lost_s = event.coverage.gap_ms / 1000
            self._status.update(
                f"analysed {event.analysed_ms / 1000:.0f} s, {lag_s:.0f} s behind the recording, "
                f"{lost_s:.0f} s lost, {flagged} flagged"
            )
        elif isinstance(event, Ended):
            if self._status:
                self._status.stop()
            click.echo(f"zhenyan: {coverage_line(event.coverage)}", err=True)

    def _found(self, finding: Finding) -> None:
        printed = self._printed.get(finding.finding_id)
        if printed is not None:
            is_changed = printed.disposition is not finding.disposition or (
                finding.second_reading is not None and printed.second_reading != finding.second_reading
            )
            if is_changed or len(finding.witnesses) > len(printed.witnesses):
                self._print(replace(finding, clip=finding.clip or printed.clip))
            return
        if self._wait_for_clips and finding.clip is None:
            self._held[finding.finding_id] = finding
            return
        self._held.pop(finding.finding_id, None)
        self._print(finding)

    def _print(self, finding: Finding) -> None:
        self._printed[finding.finding_id] = finding
        write_finding(finding)


def coverage_line(coverage: Coverage) -> str:
    """How much of the broadcast was really analysed, in one line: without it "no finding" says nothing."""
    share = f"{coverage.per_mille // 10}.{coverage.per_mille % 10} %"
    line = f"coverage {share} of {_spoken(coverage.span_ms)}"
    gaps = ", ".join(f"{kind} {_seconds(length_ms)} s" for kind, length_ms in coverage.by_kind.items())
    return f"{line}: gaps {gaps}" if gaps else line


def _spoken(length_ms: int) -> str:
    minutes, seconds = divmod(length_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _seconds(length_ms: int) -> str:
    """Whole seconds, but a gap is never told as none."""
    return f"{length_ms / 1000:.0f}" if length_ms >= 1000 else f"{max(length_ms, 100) / 1000:.1f}"

"""The demo's final comparison: what was found against what its script says must be found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from claims.types import Finding
from cli.broadcast.script import BroadcastScript, Expected, lay_out

_SLACK_MS = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One spoken line or overlay, what it must give and what was flagged there."""

    id: str
    text: str
    expected: tuple[Expected, ...]
    found: tuple[Finding, ...]

    @property
    def right(self) -> bool:
        """All that is expected was flagged with the right verdict; where nothing is, nothing was."""
        if not self.expected:
            return not self.found
        return all(any(_meets(finding, wanted) for finding in self.found) for wanted in self.expected)

    def shown(self) -> str:
        """The line with its findings, for a person."""
        mark = "ok   " if self.right else "WRONG"
        wanted = ", ".join(e.class_id for e in self.expected) or "nothing"
        got = ", ".join(f"{f.class_id} {f.verdict}" for f in self.found) or "nothing"
        return f"{mark} {self.id:8} {self.text}\n               expected {wanted}; found {got}"


def compare(script: BroadcastScript, flagged: Sequence[Finding]) -> list[Line]:
    """Every line and overlay of the script with the flags that fall on it.

    A flag belongs to the line or overlay of its channel with which it shares the most time; one that was said and
    shown belongs to both.
    """
    flagged = [
        replace(f, channel=w.channel, start_ms=w.start_ms, end_ms=w.end_ms, quote=w.quote)
        for f in flagged
        for w in f.witnesses
    ]
    layout = lay_out(script)
    speech = [(line.id, line.text, line.expected, layout.lines[line.id]) for line in script.lines]
    screen = [
        (f"{o.kind}@{o.from_line}", " / ".join(o.text), o.expected, place)
        for o, place in zip(script.screen, layout.overlays, strict=True)
    ]
    lines: list[Line] = []
    for channel, entries in (("speech", speech), ("screen", screen)):
        owned: dict[str, list[Finding]] = {entry[0]: [] for entry in entries}
        for finding in flagged:
            if finding.channel == channel:
                owner = max(
                    entries,
                    key=lambda e: (
                        _suits(finding, e[2]) if channel == "screen" else 0,
                        _shared(finding, e[3].start_ms, e[3].end_ms),
                    ),
                )
                owned[owner[0]].append(finding)
        lines += [Line(id=i, text=t, expected=e, found=tuple(owned[i])) for i, t, e, _ in entries]
    return lines


def _shared(finding: Finding, start_ms: int, end_ms: int) -> int:
    return min(finding.end_ms + _SLACK_MS, end_ms) - max(finding.start_ms - _SLACK_MS, start_ms)


def _suits(finding: Finding, expected: tuple[Expected, ...]) -> int:
    """Overlays stand at the same time; a flag is the one's that expects it, if any does."""
    return int(any(_meets(finding, wanted) for wanted in expected))


def _meets(finding: Finding, wanted: Expected) -> bool:
    if finding.class_id in wanted.also_right:
        return True
    return finding.class_id == wanted.class_id and finding.verdict == wanted.verdict
